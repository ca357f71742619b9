"""Rows with a running index, of which the oldest are forgotten."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_SMALLEST_ROOM = 64


class Ring:
    """Float32 rows of one shape, numbered from ``start`` on.

    They lie in one array with room behind them, so that appending copies the new rows alone; now and then those that
    are kept are moved to the front, or to a larger array.
    """

    def __init__(self, start: int, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._room: Array = np.empty((_SMALLEST_ROOM, *shape), np.float32)
        self._origin = start
        self._first = self._last = 0

    @property
    def end(self) -> int:
        """Index one past the newest row."""
        return self._origin + self._last

    def append(self, rows: Array) -> None:
        """Add the newest rows (n, *shape)."""
        if self._last + len(rows) > len(self._room):
            self._make_room(len(rows))
        self._room[self._last : self._last + len(rows)] = rows
        self._last += len(rows)

    def between(self, first: int, last: int) -> Array:
        """The rows [first, last), until the next ``append``."""
        return self._room[first - self._origin : last - self._origin]

    def take(self, indices: NDArray[np.int64]) -> Array:
        """The rows at ``indices``, whose shape comes first in the result's."""
        return self._room[indices - self._origin]

    def means(self, firsts: NDArray[np.int64], count: int) -> Array:
        """Mean of ``count`` rows from each of ``firsts`` on; no running sums, which drift."""
        out = np.empty((len(firsts), *self.shape), np.float32)
        for i, first in enumerate((firsts - self._origin).tolist()):
            np.add.reduce(self._room[first : first + count], axis=0, out=out[i])
        out /= count
        return out

    def drop_before(self, index: int) -> None:
        """Rows before ``index`` are needed no longer."""
        self._first = min(max(self._first, index - self._origin), self._last)

    def _make_room(self, rows: int) -> None:
        """Room for ``rows`` more behind those that are kept, with half of it to spare: moving is seldom then."""
        kept = self._room[self._first : self._last]
        needed = len(kept) + rows
        size = max(_SMALLEST_ROOM, needed + needed // 2)
        target = self._room if 2 * needed <= len(self._room) <= 2 * size else np.empty((size, *self.shape), np.float32)
        target[: len(kept)] = kept.copy() if target is self._room else kept
        self._room = target
        self._origin += self._first
        self._first, self._last = 0, len(kept)
