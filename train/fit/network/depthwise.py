"""The depthwise 3x3 step with a gradient written by hand.

MLX's own gradient of shift-and-add scatters into a full-size array once for each of the nine taps. Written by hand it
is the same shift-and-add backwards, at the resolution of the output.
"""

from collections.abc import Callable
from functools import cache
from typing import cast

import mlx.core as mx

from engine.model.encoder import KERNEL, kernel_views

_Depthwise = Callable[[mx.array, mx.array], mx.array]


@cache
def depthwise(stride: tuple[int, int]) -> _Depthwise:
    """The step with ``stride`` (time, frequency): (n, t, f, c) and taps (9, c) -> (n, t', f', c).

    No padding in time, zeros beyond the frequency edges; the same result as ``engine.model.encoder.SeparableBlock``.
    """

    @mx.custom_function
    def step(x: mx.array, taps: mx.array) -> mx.array:
        views = kernel_views(x, stride)
        total = views[0] * taps[0]
        for view, tap in zip(views[1:], taps[1:], strict=True):
            total = total + view * tap
        return total

    @step.vjp
    def step_vjp(primals: tuple[mx.array, mx.array], gradient: mx.array, _: mx.array) -> tuple[mx.array, mx.array]:
        x, taps = primals
        by_taps = mx.stack([(view * gradient).sum(axis=(0, 1, 2)) for view in kernel_views(x, stride)])
        return _by_input(x.shape, gradient, taps, stride), by_taps

    return cast(_Depthwise, step)


def _by_input(shape: tuple[int, ...], gradient: mx.array, taps: mx.array, stride: tuple[int, int]) -> mx.array:
    """Input position p (padded by one band) gets from output q the tap p - q * stride, time and frequency alike.

    Positions of one phase of the stride share their taps, so each phase is added up at the output's own resolution
    and the phases are interleaved at the end: no work on zeros.
    """
    (time, band), (frames, bands) = stride, (shape[1], shape[2] + 2)
    steps, rows = -(-frames // time), -(-bands // band)
    early, low = (KERNEL - 1) // time, (KERNEL - 1) // band
    padded = mx.pad(
        gradient,
        [(0, 0), (early, max(steps - gradient.shape[1], 0)), (low, max(rows - gradient.shape[2], 0)), (0, 0)],
    )
    phases = []
    for dt in range(time):
        for df in range(band):
            pieces = [
                padded[:, early - i : early - i + steps, low - j : low - j + rows]
                * taps[(dt + i * time) * KERNEL + df + j * band]
                for i in range(early + 1)
                for j in range(low + 1)
                if dt + i * time < KERNEL and df + j * band < KERNEL
            ]
            phases.append(sum(pieces[1:], start=pieces[0]) if pieces else mx.zeros((shape[0], steps, rows, shape[3])))
    whole = _interleave(phases, time, band)
    return whole[:, :frames, 1 : bands - 1]


def _interleave(phases: list[mx.array], time: int, band: int) -> mx.array:
    if time == band == 1:
        return phases[0]
    n, steps, rows, channels = phases[0].shape
    rows_of = [mx.stack(phases[dt * band : (dt + 1) * band], axis=3) for dt in range(time)]
    return mx.stack(rows_of, axis=2).reshape(n, steps * time, rows * band, channels)
