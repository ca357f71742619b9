"""Work that asks a network now and then: by itself, or many pieces of work in step that ask together.

A stream computes what is its own and hands over what only the network can do. So the same code serves one source and
many, whose questions of one kind become one batch.
"""

from collections import defaultdict
from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

import numpy as np

from engine.model.network import Array, Network

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """A question to the network: one of its functions, and what to give it."""

    function: Literal["columns", "embed", "logits", "tag_logits"]
    values: Array


Work: TypeAlias = Generator[Ask, Array, T]
"""Yields what it asks, is sent the answer, returns its result."""


def alone(work: Work[T], network: Network) -> T:
    """Answer one piece of work to its end."""
    try:
        ask = next(work)
        while True:
            ask = work.send(_answer(ask, network))
    except StopIteration as end:
        result: T = end.value
        return result


def together(works: Sequence[Work[T]], network: Network) -> list[T]:
    """Answer all to their ends, in rounds; what is asked alike in a round is asked at once. Results in their order."""
    results: dict[int, T] = {}
    answers: dict[int, Array | None] = dict.fromkeys(range(len(works)))
    while answers:
        asked: defaultdict[Hashable, list[tuple[int, Ask]]] = defaultdict(list)
        for i, answer in answers.items():
            try:
                ask = next(works[i]) if answer is None else works[i].send(answer)
            except StopIteration as end:
                results[i] = end.value
            else:
                alike = ask.values.shape if ask.function == "columns" else ask.values.shape[1:]
                asked[ask.function, alike].append((i, ask))
        answers = {}
        for group in asked.values():
            answers.update(zip((i for i, _ in group), _answers([ask for _, ask in group], network), strict=True))
    return [results[i] for i in range(len(works))]


def _answer(ask: Ask, network: Network) -> Array:
    match ask.function:
        case "columns":
            return network.columns(ask.values)
        case "embed":
            return network.embed(ask.values)
        case "logits":
            return network.logits(ask.values)
        case "tag_logits":
            return network.tag_logits(ask.values)


def _answers(asks: Sequence[Ask], network: Network) -> list[Array]:
    """Answers to questions that fit together."""
    if len(asks) == 1:
        return [_answer(asks[0], network)]
    if asks[0].function == "columns":
        return list(network.columns_of_segments(np.stack([ask.values for ask in asks])))
    joined = _answer(Ask(asks[0].function, np.concatenate([ask.values for ask in asks])), network)
    return np.split(joined, np.cumsum([len(ask.values) for ask in asks[:-1]]))
