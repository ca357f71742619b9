"""Sums and maxima over overlapping windows, by doubling: a window of 40 takes six passes, not forty.

Two neighbouring sums of n give one of 2 n. That costs as little as differences of a cumulative sum, and nothing
cancels: a window far into a half is as exact as the first.
"""

from collections.abc import Callable

import mlx.core as mx

Combine = Callable[[mx.array, mx.array], mx.array]


def window_count(rows: int, window: int, stride: int) -> int:
    """How many windows of ``window`` rows begin within ``rows`` rows, ``stride`` apart, and end there."""
    return max(0, (rows - window) // stride + 1)


def sliding_sum(values: mx.array, window: int) -> mx.array:
    """Sums of ``window`` neighbours along axis 1: (batch, n, ...) -> (batch, n - window + 1, ...)."""
    count = values.shape[1] - window + 1
    total: mx.array | None = None
    begun, size, power, left = 0, 1, values, window
    while left:
        if left & 1:
            part = power[:, begun : begun + count]
            total = part if total is None else total + part
            begun += size
        left >>= 1
        if left:
            power = power[:, :-size] + power[:, size:]
            size *= 2
    assert total is not None
    return total


def sliding_max(values: mx.array, window: int) -> mx.array:
    """Maxima of ``window`` neighbours along axis 1: (batch, n, ...) -> (batch, n - window + 1, ...)."""
    count, size = values.shape[1] - window + 1, 1
    while size * 2 <= window:
        values = mx.maximum(values[:, :-size], values[:, size:])
        size *= 2
    return mx.maximum(values[:, :count], values[:, window - size : window - size + count])


def by_stride(rows: mx.array, window: int, stride: int) -> tuple[mx.array, int, int]:
    """Rows (batch, t, d) in blocks of ``stride``, (batch, n, stride, d), and how many blocks a window has; where the
    stride does not divide the window, in blocks of one row. The third value is how many blocks apart windows begin.
    """
    block = stride if window % stride == 0 else 1
    used = (window_count(rows.shape[1], window, stride) - 1) * stride + window
    batch, _, width = rows.shape
    return rows[:, :used].reshape(batch, used // block, block, width), window // block, stride // block
