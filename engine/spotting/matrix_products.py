"""Matrix products and convolutions over rows with gradients, by whatever is quick on this machine.

MLX's Linux wheel carries the reference BLAS, which is some twenty times slower than numpy's (as
``engine/model/matrix_products.py`` found for inference), and pooling is made of products. So there the product and
those of its gradient are numpy's; on a Mac they are MLX's own.
"""

import sys
from typing import Any, Final, cast

import mlx.core as mx
import numpy as np

_ON_HOST: Final = sys.platform != "darwin"
_WORTH_THE_WAY: Final = 250_000
"""Multiply-adds below which handing arrays over costs more than it saves."""


def product(first: mx.array, second: mx.array) -> mx.array:
    """``first @ second``: (..., n, k) with (k, m), or with (..., k, m) of the same leading axes; differentiable."""
    if not by_numpy() or first.size * second.shape[-1] < _WORTH_THE_WAY:
        return first @ second
    if second.ndim == 2 and first.ndim > 2:
        return _by_host(first.reshape(-1, first.shape[-1]), second).reshape(*first.shape[:-1], second.shape[-1])
    return _by_host(first, second)


def convolved(rows: mx.array, weight: mx.array) -> mx.array:
    """Rows (batch, t, inputs) and ``weight`` (outputs, kernel, inputs) -> (batch, t - kernel + 1, outputs)."""
    if not by_numpy():
        return mx.conv1d(rows, weight)
    found: Any = _convolved_on_host(rows, weight)
    return cast(mx.array, found)


def by_numpy() -> bool:
    """Whether it is numpy that multiplies here."""
    return _ON_HOST and mx.default_device().type == mx.DeviceType.cpu


def _by_host(first: mx.array, second: mx.array) -> mx.array:
    found: Any = _of_host(first, second)
    return cast(mx.array, found)


def _multiplied(first: mx.array, second: mx.array) -> mx.array:
    return mx.array(np.matmul(np.asarray(first), np.asarray(second)))


@mx.custom_function
def _of_host(first: mx.array, second: mx.array) -> mx.array:
    return _multiplied(first, second)


@_of_host.vjp
def _gradients(given: Any, slope: mx.array, _: mx.array) -> tuple[mx.array, mx.array]:
    first, second = given
    return _multiplied(slope, second.swapaxes(-1, -2)), _multiplied(first.swapaxes(-1, -2), slope)


def _unfolded(rows: Any, kernel: int) -> Any:
    """(batch, t, inputs) -> (batch * (t - kernel + 1), kernel * inputs)."""
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(rows), kernel, axis=1)
    return windows.transpose(0, 1, 3, 2).reshape(-1, kernel * rows.shape[2])


@mx.custom_function
def _convolved_on_host(rows: mx.array, weight: mx.array) -> mx.array:
    outputs, kernel, _ = weight.shape
    flat = np.asarray(weight).reshape(outputs, -1)
    return mx.array((_unfolded(rows, kernel) @ flat.T).reshape(rows.shape[0], -1, outputs))


@_convolved_on_host.vjp
def _slopes_of_convolution(given: Any, slope: mx.array, _: mx.array) -> tuple[mx.array, mx.array]:
    rows, weight = given
    outputs, kernel, inputs = weight.shape
    steep = np.asarray(slope)
    by_weight = steep.reshape(-1, outputs).T @ _unfolded(rows, kernel)
    around = np.pad(steep, [(0, 0), (kernel - 1, kernel - 1), (0, 0)])
    turned = np.asarray(weight)[:, ::-1].transpose(1, 0, 2).reshape(kernel * outputs, inputs)
    by_rows = (_unfolded(around, kernel) @ turned).reshape(rows.shape)
    return mx.array(by_rows), mx.array(by_weight.reshape(weight.shape))
