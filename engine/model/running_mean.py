"""A mean that forgets, for many frames at once, with the same bits however the frames come."""

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256
"""Frames of a block. Blocks are counted from the first frame ever, so a frame's place in one is always the same."""


class RunningMean:
    """The plain mean of the values so far, until an exponential one that gives a new value ``slowest`` forgets faster.

    That is mean += share * (value - mean) with a share of 1 / n, later ``slowest``. Frame by frame in Python this took
    longer than the encoder. Within a block it is, with kept_i the product of the block's (1 - share) up to i,

        mean_i = kept_i * (mean before the block + sum over j up to i of share_j / kept_j * value_j),

    where the sum is added up in order. A block is short enough that kept stays far from 0.
    """

    def __init__(self, width: int, slowest: float) -> None:
        self._slowest = slowest
        self._seen = 0
        self._mean: NDArray[np.float64] = np.zeros(width)
        self._before = self._mean
        self._sum: NDArray[np.float64] = np.zeros((1, width))
        self._kept: NDArray[np.float64] = np.zeros((_BLOCK, 1))
        self._weights = self._kept

    def push(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the next values (n, width); return the mean with each of them (n, width)."""
        means = np.empty_like(values)
        first = 0
        while first < len(values):
            place = self._seen % _BLOCK
            if place == 0:
                self._begin_block()
            last = min(first + _BLOCK - place, len(values))
            rows = slice(place, place + last - first)
            sums = np.add.accumulate(np.concatenate([self._sum, values[first:last] * self._weights[rows]]))
            np.multiply(sums[1:] + self._before, self._kept[rows], out=means[first:last])
            self._sum, self._mean = sums[-1:], means[last - 1]
            self._seen += last - first
            first = last
        return means

    def _begin_block(self) -> None:
        self._before = self._mean.copy()
        self._sum = np.zeros_like(self._sum)
        ages = np.arange(self._seen + 1, self._seen + 1 + _BLOCK)
        shares = np.maximum(self._slowest, 1.0 / ages)
        # Before the first frame there is no mean that could be kept.
        kept = np.asarray(np.cumprod(np.where(ages == 1, 1.0, 1.0 - shares)), np.float64)
        self._kept, self._weights = kept[:, None], (shares / kept)[:, None]
