"""What steps of training cost, measured in turn."""

from collections.abc import Callable, Mapping
from time import process_time

import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.nn.utils import value_and_grad

Step = tuple[Module, Callable[[], mx.array]]
"""A network, and what is computed with it to be differentiated."""


def seconds_of(steps: Mapping[str, Step], rounds: int) -> dict[str, list[float]]:
    """The processor's seconds of every step, forward and back; all once in every round, so that none has it easier."""
    took: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, (model, step) in steps.items():
            gradient = value_and_grad(model, step)
            began = process_time()
            mx.eval(gradient())
            took[name].append(process_time() - began)
    return took
