"""Matrix products with gradients, by whatever is quick on this machine.

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
    if not _ON_HOST or mx.default_device().type != mx.DeviceType.cpu or first.size * second.shape[-1] < _WORTH_THE_WAY:
        return first @ second
    if second.ndim == 2 and first.ndim > 2:
        return _by_host(first.reshape(-1, first.shape[-1]), second).reshape(*first.shape[:-1], second.shape[-1])
    return _by_host(first, second)


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
