"""Products and convolutions by numpy are MLX's own, and so are their gradients."""

import mlx.core as mx
import numpy as np
import pytest

from engine.spotting import matrix_products
from tests.unit.engine.spotting.seeded import drawn

CASES = {
    "rows by a matrix": (matrix_products.product, mx.matmul, (2, 7, 5), (5, 3)),
    "matrices by matrices": (matrix_products.product, mx.matmul, (2, 4, 7, 5), (2, 4, 5, 3)),
    "convolution": (matrix_products.convolved, mx.conv1d, (2, 20, 3), (4, 6, 3)),
}


@pytest.mark.parametrize("case", CASES)
def test_by_numpy_values_and_gradients_are_those_of_mlx(monkeypatch, case):
    monkeypatch.setattr(matrix_products, "_WORTH_THE_WAY", 0)
    monkeypatch.setattr(matrix_products, "_ON_HOST", True)
    ours, theirs, *shapes = CASES[case]
    given = [drawn(n, *shape) for n, shape in enumerate(shapes)]
    slopes = []
    for way in (ours, theirs):
        value, slope = mx.value_and_grad(lambda a, b, way=way: (way(a, b) ** 2).sum(), argnums=(0, 1))(*given)
        slopes.append([value, *slope])
    for mine, other in zip(*slopes, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)
