"""Rows with a running index, of which the oldest are forgotten."""

import numpy as np
from numpy.typing import NDArray

from engine.model.network import Array


class Ring:
    """Float32 rows of one shape, numbered from ``start`` on."""

    def __init__(self, start: int, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._start = start
        self._rows: Array = np.zeros((0, *shape), np.float32)

    @property
    def end(self) -> int:
        """Index one past the newest row."""
        return self._start + len(self._rows)

    def append(self, rows: Array) -> None:
        """Add the newest rows (n, *shape)."""
        self._rows = np.concatenate([self._rows, rows])

    def between(self, first: int, last: int) -> Array:
        """The rows [first, last)."""
        return self._rows[first - self._start : last - self._start]

    def take(self, indices: NDArray[np.int64]) -> Array:
        """The rows at ``indices``, whose shape comes first in the result's."""
        return self._rows[indices - self._start]

    def means(self, firsts: NDArray[np.int64], count: int) -> Array:
        """Mean of ``count`` rows from each of ``firsts`` on; no running sums, which drift."""
        out = np.empty((len(firsts), *self.shape), np.float32)
        for i, first in enumerate((firsts - self._start).tolist()):
            self._rows[first : first + count].mean(axis=0, out=out[i])
        return out

    def drop_before(self, index: int) -> None:
        """Rows before ``index`` are needed no longer."""
        if index - self._start > len(self._rows) // 2:  # seldom, so that the copying is shared by many appends
            self._rows = self._rows[max(0, index - self._start) :].copy()
            self._start = max(self._start, index)
