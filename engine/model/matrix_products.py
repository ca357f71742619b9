"""Matrix products for inference.

MLX's Linux wheel carries the reference BLAS (6 GF/s measured, where numpy's OpenBLAS does 100 on the same core), so
large products go through numpy there. It is the same product of the same numbers in single precision; the two
libraries differ in the last bits only. On a GPU MLX does everything. Training keeps to MLX, which needs
its own operations to take gradients.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import mlx.core as mx
import numpy as np

Dense: TypeAlias = Callable[[mx.array, mx.array, mx.array], mx.array]

_WORTH_THE_WAY: Final = 250_000
"""Multiply-adds below which handing arrays over costs more than it saves."""


def mlx_dense(x: mx.array, weight: mx.array, bias: mx.array) -> mx.array:
    """``x`` (..., k) times ``weight`` (..., k, n) plus ``bias``, in MLX."""
    return x @ weight + bias


def host_dense(x: mx.array, weight: mx.array, bias: mx.array) -> mx.array:
    """The same through numpy when it is large. Not differentiable."""
    if x.size * weight.shape[-1] < _WORTH_THE_WAY:
        return mlx_dense(x, weight, bias)
    product = np.matmul(np.asarray(x), np.asarray(weight))
    product += np.asarray(bias)
    return mx.array(product)


def relu6(x: mx.array) -> mx.array:
    """Limit to [0, 6], which survives half precision."""
    return mx.clip(x, 0.0, 6.0)
