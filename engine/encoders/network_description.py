"""A convolutional network written down as data, so that MLX and ONNX Runtime compute the same one.

A network reads (n, height, width, channels) and gives the mean of its last feature map over both axes, (n, width).
Normalisation is folded into the weights and biases of the convolutions when weights are converted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Activation: TypeAlias = Literal["none", "relu", "relu6", "hard_swish"]
Tensors: TypeAlias = dict[str, NDArray[np.float32]]
"""``NAME.weight`` and ``NAME.bias`` of every convolution; of a ``Squeeze`` those of ``NAME.first`` and ``NAME.second``.

A convolution's weight is (outputs, kernel, kernel, inputs / groups), a squeeze's (outputs, inputs).
"""


@dataclass(frozen=True, slots=True)
class Conv:
    """A square convolution with a bias, and what follows it. ``pads``: zeros before and after, on both axes."""

    name: str
    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    pads: tuple[int, int] = (0, 0)
    groups: int = 1
    activation: Activation = "none"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of its tensors, by their names."""
        weight = (self.outputs, self.kernel, self.kernel, self.inputs // self.groups)
        return {f"{self.name}.weight": weight, f"{self.name}.bias": (self.outputs,)}


@dataclass(frozen=True, slots=True)
class MaxPool:
    """The largest of a square, of values that are never below 0; ``pads`` as in ``Conv``."""

    kernel: int
    stride: int
    pads: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Squeeze:
    """Squeeze and excitation (Hu et al., 2018): each channel times a share that is made of all channels' means."""

    name: str
    channels: int
    squeezed: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of its tensors, by their names."""
        return {
            f"{self.name}.first.weight": (self.squeezed, self.channels),
            f"{self.name}.first.bias": (self.squeezed,),
            f"{self.name}.second.weight": (self.channels, self.squeezed),
            f"{self.name}.second.bias": (self.channels,),
        }


@dataclass(frozen=True, slots=True)
class Residual:
    """What ``body`` makes of the input, plus the input itself or what ``shortcut`` makes of it."""

    body: "tuple[Layer, ...]"
    shortcut: "tuple[Layer, ...]" = ()
    activation: Activation = "none"


Layer: TypeAlias = Conv | MaxPool | Squeeze | Residual


@dataclass(frozen=True, slots=True)
class Net:
    """``channels`` in, ``width`` numbers out."""

    layers: tuple[Layer, ...]
    channels: int
    width: int


def same(kernel: int, stride: int = 1) -> tuple[int, int]:
    """TensorFlow's padding SAME, of an even size where the stride is 2: the odd zero comes after."""
    missing = kernel - stride
    return missing // 2, missing - missing // 2


def flat(layers: tuple[Layer, ...]) -> Iterator[Conv | Squeeze]:
    """All that have tensors, in order."""
    for layer in layers:
        if isinstance(layer, Residual):
            yield from flat(layer.body)
            yield from flat(layer.shortcut)
        elif not isinstance(layer, MaxPool):
            yield layer


def shapes(net: Net) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor by its name."""
    return shapes_of(net.layers)


def shapes_of(layers: tuple[Layer, ...]) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of some layers by its name."""
    return {name: shape for layer in flat(layers) for name, shape in layer.shapes.items()}


LARGE_BYTES: Final = 128_000_000
"""Of tensors, from which on memory counts for more than a few hundredths of the time."""


def bytes_of(layers: tuple[Layer, ...]) -> int:
    """What the tensors of some layers take in memory."""
    return 4 * sum(prod(shape) for shape in shapes_of(layers).values())


def seeded(net: Net, seed: int) -> dict[str, NDArray[np.float32]]:
    """Tensors that mean nothing, of a size that keeps values in range: for tests, and for trying out a speed."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, shape in shapes(net).items():
        spread = 0.1 if name.endswith("bias") else float(np.sqrt(1.5 / np.prod(shape[1:])))
        found[name] = (spread * rng.standard_normal(shape)).astype(np.float32)
    return found
