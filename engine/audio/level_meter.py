"""How loud it is, whether it is clipped, and whether anything is connected at all."""

from dataclasses import dataclass

import numpy as np

from engine.audio.hop_levels import CLIPPED_RUN, FULL_SCALE, LEVEL_FLOOR_DB, decibels
from engine.core import grid
from engine.core.signals import Samples

_CELL = grid.HOP


@dataclass(frozen=True, slots=True)
class Level:
    """Loudness of a stretch of ``samples`` samples.

    ``rms_db`` and ``peak_db`` are dBFS (a full-scale sine has an RMS of -3.01), at least ``LEVEL_FLOOR_DB``.
    ``clipped_samples`` counts samples in runs of clipping, a run being counted when it has become long enough.
    ``silent_run_samples`` is how many exact zeros the stretch ended with, those before it included.
    """

    samples: int
    rms_db: float
    peak_db: float
    clipped_samples: int
    silent_run_samples: int


class LevelMeter:
    """Measures sound as it comes; ``take`` ends a stretch and begins the next.

    What it says depends on the samples alone, to the bit, never on how they were cut: squares are summed in cells of
    fixed places within the stretch, and runs go on from block to block and from stretch to stretch.
    """

    def __init__(self) -> None:
        self._rail_run = 0
        self._silent_run = 0
        self._samples = 0
        self._peak = 0.0
        self._clipped = 0
        self._squares = 0.0
        self._rest = np.zeros(0, np.float64)

    @property
    def silent_run_samples(self) -> int:
        """Exact zeros since the last sample that was not zero: a dead input, for nothing in a ground is that quiet."""
        return self._silent_run

    def push(self, samples: Samples) -> None:
        """Add finite float32 of shape (n,), full scale 1."""
        if len(samples) == 0:
            return
        loudness = np.abs(samples)
        self._samples += len(samples)
        self._peak = max(self._peak, float(loudness.max()))
        self._count_rail(loudness >= FULL_SCALE)
        sounding = np.flatnonzero(samples)
        self._silent_run = (
            self._silent_run + len(samples) if len(sounding) == 0 else len(samples) - 1 - int(sounding[-1])
        )
        self._add_squares(samples)

    def take(self) -> Level:
        """The level since the last ``take``; of a stretch without samples, the floor."""
        squares = self._squares + float(np.square(self._rest).sum())
        level = Level(
            self._samples,
            decibels(squares / self._samples) if self._samples else LEVEL_FLOOR_DB,
            decibels(self._peak**2),
            self._clipped,
            self._silent_run,
        )
        self._samples, self._peak, self._clipped, self._squares = 0, 0.0, 0, 0.0
        self._rest = np.zeros(0, np.float64)
        return level

    def _add_squares(self, samples: Samples) -> None:
        waiting = np.concatenate([self._rest, samples.astype(np.float64)])
        whole = len(waiting) // _CELL * _CELL
        # Row by row, so that the order of additions is the same however many cells came at once.
        for cell in np.square(waiting[:whole].reshape(-1, _CELL)).sum(axis=1):
            self._squares += float(cell)
        self._rest = waiting[whole:]

    def _count_rail(self, rail: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        if not rail.any():
            self._rail_run = 0
            return
        edges = np.flatnonzero(np.diff(np.concatenate(([False], rail, [False])).astype(np.int8)))
        for begin, end in edges.reshape(-1, 2):
            before = self._rail_run if begin == 0 else 0
            run = before + int(end - begin)
            if run >= CLIPPED_RUN:
                self._clipped += run - (before if before >= CLIPPED_RUN else 0)
        self._rail_run = run if end == len(rail) else 0
