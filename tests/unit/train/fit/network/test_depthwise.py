"""The hand-written gradient of the depthwise step."""

import mlx.core as mx
import numpy as np
import pytest

from engine.model.encoder import kernel_views
from train.fit.network.depthwise import depthwise


def _own(x: mx.array, taps: mx.array, stride: tuple[int, int]) -> mx.array:
    return sum(view * tap for view, tap in zip(kernel_views(x, stride), taps, strict=True))


@pytest.mark.parametrize("stride", [(1, 1), (1, 2), (2, 1), (2, 2)])
@pytest.mark.parametrize("shape", [(21, 8), (20, 7), (22, 16)])
def test_value_and_gradient_are_those_of_mlx(stride, shape):
    rng = np.random.default_rng(1)
    x = mx.array(rng.normal(size=(2, *shape, 3)).astype(np.float32))
    taps = mx.array(rng.normal(size=(9, 3)).astype(np.float32))
    step = depthwise(stride)
    by = mx.array(rng.normal(size=step(x, taps).shape).astype(np.float32))
    np.testing.assert_allclose(step(x, taps), _own(x, taps, stride), atol=1e-5)
    ours = mx.grad(lambda x, taps: (step(x, taps) * by).sum(), argnums=(0, 1))(x, taps)
    theirs = mx.grad(lambda x, taps: (_own(x, taps, stride) * by).sum(), argnums=(0, 1))(x, taps)
    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, expected, atol=1e-4)
