"""What a network is to whoever feeds it, whatever computes it."""

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.encoders.encoder import Values
from engine.encoders.network_description import Net, Tensors

FEW_AT_ONCE: Final = 4
"""Inputs that go through a network together on a processor: more take memory and no less time."""
MANY_AT_ONCE: Final = 16
"""On a GPU, which would be idle otherwise. Both divide a block of rows."""


Number = TypeVar("Number", bound=np.generic)


class ComputedNet(Protocol):
    """A network with its tensors, ready to compute."""

    at_once: int

    def __call__(self, inputs: NDArray[np.float32]) -> Values:
        """(n, height, width, channels), n at most ``at_once`` -> (n, width)."""
        ...


Compute: TypeAlias = Callable[[Net, Tensors], ComputedNet]
"""The tensors are taken out as they are built in, so that a large network is not held twice."""


def in_groups(net: ComputedNet, prepared: Callable[[NDArray[Number]], Values], rows: NDArray[Number]) -> Values:
    """What ``net`` makes of ``prepared`` rows, as many at once as it likes."""
    groups = range(0, len(rows), net.at_once)
    return np.concatenate([net(prepared(rows[first : first + net.at_once])) for first in groups])
