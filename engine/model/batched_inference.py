"""Work that asks a network now and then: by itself, or many pieces of work in step that ask together.

A stream computes what is its own and hands over what only the network can do. So the same code serves one source and
many, whose questions of one kind become one batch, where that changes no bit of any answer.
"""

from collections import defaultdict
from collections.abc import Generator, Hashable, Sequence
from itertools import product
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np

from engine.core import grid
from engine.model.network import Array, Network

T = TypeVar("T")
Function: TypeAlias = Literal["columns", "embed", "logits", "tag_logits"]

_AT_ONCE: Final = 8
"""Questions of a batch at most: a reading costs no less in larger ones."""
_ROWS: Final = 5
"""What is worth a batch: the readings of half a second, and the frames that they need."""


class Ask(NamedTuple):
    """A question to the network: one of its functions, and what to give it."""

    function: Function
    values: Array


Kind: TypeAlias = tuple[Function, int]
"""A function, and how many rows it is asked for."""
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


def together(works: Sequence[Work[T]], network: Network, joined: frozenset[Kind]) -> list[T | Exception]:
    """Answer all to their ends, in rounds; what is asked alike in a round is asked at once. Results in their order.

    The result of work that fails is its fault: the others go on. ``joined``: what may be asked at once, see
    ``joined_safely``.
    """
    results: dict[int, T | Exception] = {}
    answers: dict[int, Array | None] = dict.fromkeys(range(len(works)))
    while answers:
        asked: defaultdict[Hashable, list[tuple[int, Ask]]] = defaultdict(list)
        for i, answer in answers.items():
            try:
                ask = next(works[i]) if answer is None else works[i].send(answer)
            except StopIteration as end:
                results[i] = end.value
            except Exception as fault:  # noqa: BLE001 - handed on to whoever asked for this work
                results[i] = fault
            else:
                kind = (ask.function, len(ask.values))
                asked[kind if kind in joined else i].append((i, ask))
        answers = {}
        for group in asked.values():
            for first in range(0, len(group), _AT_ONCE):
                numbers, asks = zip(*group[first : first + _AT_ONCE], strict=True)
                try:
                    answers.update(zip(numbers, _answers(asks, network), strict=True))
                except Exception as fault:  # noqa: BLE001 - handed on, as above
                    results.update(dict.fromkeys(numbers, fault))
    return [results[i] for i in range(len(works))]


def joined_safely(network: Network, sources: int) -> frozenset[Kind]:
    """What ``network`` may be asked at once for up to so many sources: each answer has the bits it would have alone.

    Whether it does depends on the library and the processor: in a larger product other instructions may add up a row.
    So it is tried out here, for every size that comes up while sources are live. On a GPU nothing is joined: every
    size would have to be compiled.
    """
    if sources < 2 or getattr(network, "device", "cpu") == "gpu":
        return frozenset()
    rng, encoder = np.random.default_rng(0), network.encoder
    bands = (grid.MEL_BANDS, network.front_end.channels)
    frames = [encoder.receptive_field + more * encoder.time_stride for more in range(_ROWS)]
    shapes: list[tuple[Function, tuple[int, ...]]] = [("columns", (t, *bands)) for t in frames]
    for n in range(1, _ROWS + 1):
        shapes.append(("embed", (n, encoder.pooled_width)))
        shapes.append(("logits", (n, grid.WINDOWS, encoder.embedding)))
    unsafe: set[Kind] = set()
    for (function, shape), count in product(shapes, range(2, min(sources, _AT_ONCE) + 1)):
        asks = [Ask(function, rng.normal(size=shape).astype(np.float32)) for _ in range(count)]
        pairs = zip(_answers(asks, network), (_answer(ask, network) for ask in asks), strict=True)
        if not all(np.array_equal(many, one) for many, one in pairs):
            unsafe.add((function, shape[0]))
    return frozenset((function, shape[0]) for function, shape in shapes) - unsafe


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
    """Answers to questions of one function and shape."""
    if len(asks) == 1:
        return [_answer(asks[0], network)]
    values = np.stack([ask.values for ask in asks])
    match asks[0].function:
        case "columns":
            return list(network.columns_of_segments(values))
        case "embed":
            return list(network.embed(values))
        case "logits":
            return list(network.logits(values))
        case "tag_logits":  # asked once a second of little: there is nothing to gain
            return [network.tag_logits(ask.values) for ask in asks]
