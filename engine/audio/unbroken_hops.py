"""Where sound is unbroken: a gap, or a second of digital silence, begins anew.

What was heard on both sides of either is never glued together. Whoever keeps a history of sound asks here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.signals import AudioBlock, Samples

SILENT_HOPS: Final = 22
"""About a second of exact zeros: no room and no live microphone is that quiet."""


class WholeHops:
    """Cuts blocks into whole hops of the time grid; after a gap it goes on with the first that lies wholly behind."""

    def __init__(self) -> None:
        self.heard = 0
        """Samples of the source up to the end of the newest block."""
        self._skip = 0
        self._samples: Samples = np.zeros(0, np.float32)

    def push(self, block: AudioBlock) -> tuple[Samples, int | None]:
        """Samples (n * HOP,) that the block completes, and after a gap the number of the hop that comes next.

        They are those of the block itself where it holds whole hops and nothing else.
        """
        samples, anew_at = block.samples, None
        if block.start > self.heard:
            anew_at = -(-block.start // grid.HOP)
            self._skip = anew_at * grid.HOP - block.start
            self._samples = np.zeros(0, np.float32)
        self.heard = block.end
        if self._skip:
            skipped = min(self._skip, len(samples))
            samples, self._skip = samples[skipped:], self._skip - skipped
        joined = np.concatenate([self._samples, samples]) if len(self._samples) else samples
        rest = len(joined) % grid.HOP
        self._samples = joined[len(joined) - rest :].copy()
        return joined[: len(joined) - rest] if rest else joined, anew_at


def zero_hops(samples: Samples) -> NDArray[np.bool_]:
    """For each hop of samples (n * HOP,), whether it holds nothing but zeros: (n,)."""
    return np.asarray(~samples.reshape(-1, grid.HOP).any(axis=1))


@dataclass(frozen=True, slots=True)
class HopStretch:
    """Hops [first, last) that are silence, or sound; ``anew`` where a silence has ended with the first of them."""

    first: int
    last: int
    silent: bool
    anew: bool


class Silence:
    """Tells digital silence from sound, hop by hop; the first second of a silence still counts as sound."""

    def __init__(self) -> None:
        self._zeros = 0

    def stretches(self, zero: NDArray[np.bool_]) -> Iterator[HopStretch]:
        """The coming hops in stretches that are alike. ``zero`` (hops,): whether a hop holds nothing but zeros."""
        first = 0
        while first < len(zero):
            silent, anew, count = self._alike(zero[first:])
            yield HopStretch(first, first + count, silent, anew)
            first += count

    def _alike(self, zero: NDArray[np.bool_]) -> tuple[bool, bool, int]:
        """Whether the coming hops are silence, whether one has just ended, and how many hops are alike."""
        anew = self._zeros >= SILENT_HOPS
        if anew:
            silent = int(zero.argmin()) if not zero.all() else len(zero)
            if silent:
                return True, False, silent
            self._zeros = 0
        if not zero.any():
            self._zeros = 0
            return False, anew, len(zero)
        for i, is_zero in enumerate(zero.tolist()):
            self._zeros = self._zeros + 1 if is_zero else 0
            if self._zeros >= SILENT_HOPS:
                return False, anew, i + 1
        return False, anew, len(zero)
