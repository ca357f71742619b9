"""Spleeter's network: a U-Net for each stem, which estimates how loud that stem is at each moment and frequency.

Six times down and six times up by two, along time and frequency, with all that was seen on the way down joined to the
way up. What it is given and what it gives are magnitudes of a short-time spectrum, of two channels.
"""

from collections.abc import Mapping
from typing import Final, Protocol, TypeAlias

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

STEMS: Final = ("voice", "rest")
CHANNELS: Final = 2
LEVELS: Final = 6
MULTIPLE: Final = 2**LEVELS
"""Moments and frequencies are halved so often, so their numbers must be multiples of this."""
SLOPE: Final = 0.2
_KERNEL: Final = 5
_LAST_KERNEL: Final = 4

Tensors: TypeAlias = Mapping[str, NDArray[np.float32]]


class StemNetwork(Protocol):
    """The networks of all stems in one inference engine."""

    def estimates(self, magnitudes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Magnitudes (t, f, CHANNELS) to those of each stem (STEMS, t, f, CHANNELS)."""
        ...


def shapes(widths: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """The tensors of one stem by name, for the ``widths`` of the way down: kernels are (out, height, width, in)."""
    found: dict[str, tuple[int, ...]] = {}
    below = CHANNELS
    for level, width in enumerate(widths, 1):
        found[f"down{level}.kernel"] = (width, _KERNEL, _KERNEL, below)
        found |= {f"down{level}.{part}": (width,) for part in ("bias", "scale", "shift")}
        below = width
    ups = [*reversed(widths[:-1]), 1]
    for level, width in enumerate(ups, 1):
        found[f"up{level}.kernel"] = (width, _KERNEL, _KERNEL, below)
        found |= {f"up{level}.{part}": (width,) for part in ("bias", "scale", "shift")}
        below = 2 * width
    found["last.kernel"] = (CHANNELS, _LAST_KERNEL, _LAST_KERNEL, 1)
    found["last.bias"] = (CHANNELS,)
    del found[f"down{len(widths)}.scale"], found[f"down{len(widths)}.shift"]  # the turning point is used as it is
    return found


class MlxStems:
    """The networks in MLX, on its default device.

    Args:
        tensors: those of ``shapes`` for each stem, as ``voice.down1.kernel``.
    """

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = {name: mx.array(value) for name, value in tensors.items()}

    def estimates(self, magnitudes: NDArray[np.float32]) -> NDArray[np.float32]:
        given = mx.array(magnitudes)[None]
        return np.stack([np.array(self._estimate(stem, given)[0]) for stem in STEMS])

    def _estimate(self, stem: str, given: mx.array) -> mx.array:
        seen: list[mx.array] = []
        x = given
        for level in range(1, LEVELS + 1):
            # As TensorFlow pads for a stride of two: one before and two behind.
            padded = mx.pad(x, [(0, 0), (1, 2), (1, 2), (0, 0)])
            seen.append(mx.conv2d(padded, self._of(stem, f"down{level}.kernel"), stride=2))
            seen[-1] = seen[-1] + self._of(stem, f"down{level}.bias")
            if level < LEVELS:
                x = self._scaled(stem, f"down{level}", seen[-1])
                x = mx.maximum(x, SLOPE * x)
        x = seen.pop()
        for level in range(1, LEVELS + 1):
            x = mx.concatenate([seen.pop(), x], axis=-1) if level > 1 else x
            x = mx.conv_transpose2d(x, self._of(stem, f"up{level}.kernel"), stride=2)[:, 1:-2, 1:-2]
            x = self._scaled(stem, f"up{level}", mx.maximum(x + self._of(stem, f"up{level}.bias"), 0.0))
        x = mx.conv2d(x, self._of(stem, "last.kernel"), padding=3, dilation=2) + self._of(stem, "last.bias")
        return mx.sigmoid(x) * given

    def _scaled(self, stem: str, layer: str, x: mx.array) -> mx.array:
        return x * self._of(stem, f"{layer}.scale") + self._of(stem, f"{layer}.shift")

    def _of(self, stem: str, name: str) -> mx.array:
        return self._tensors[f"{stem}.{name}"]
