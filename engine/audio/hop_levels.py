"""What each hop of sound says about the microphone: how loud, clipped, or digitally silent.

A hop is the ``HOP`` samples from which the time grid is built, so these figures do not depend on how the sound is cut
into blocks.
"""

from math import log10
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.signals import Samples

LEVEL_FLOOR_DB: Final = -120.0
FULL_SCALE: Final = 0.999
"""A sample from here on counts as clipped: 16-bit full scale less a little, since resampling blurs the edge."""
CLIPPED_RUN: Final = 3
"""So many neighbouring samples at full scale are clipping; one or two are a peak that just fits."""
CLIPPED_FOR_HOPS: Final = 22
"""How long a clipped hop is remembered, so that the state does not flicker."""


class Hops(NamedTuple):
    """Figures of consecutive hops, arrays of shape (hops,)."""

    mean_square: NDArray[np.float64]
    peak: NDArray[np.float32]
    clipped: NDArray[np.bool_]
    zero: NDArray[np.bool_]


def measure(samples: Samples) -> Hops:
    """Measure whole hops; ``samples`` has a multiple of ``HOP`` samples."""
    rows = samples.reshape(-1, grid.HOP)
    peak = np.maximum(rows.max(axis=1), -rows.min(axis=1))
    clipped = np.zeros(len(rows), np.bool_)
    loud = peak >= FULL_SCALE
    if loud.any():
        rail = np.lib.stride_tricks.sliding_window_view(np.abs(rows[loud]) >= FULL_SCALE, CLIPPED_RUN, axis=1)
        clipped[loud] = np.logical_and.reduce(rail, axis=2).any(axis=1)
    square_sum = np.einsum("ij,ij->i", rows, rows)
    return Hops(square_sum.astype(np.float64) / grid.HOP, peak, clipped, peak == 0.0)


def decibels(mean_square: float) -> float:
    """Mean square of full scale 1 in dBFS, not below ``LEVEL_FLOOR_DB``."""
    return LEVEL_FLOOR_DB if mean_square <= 1e-12 else 10.0 * log10(mean_square)
