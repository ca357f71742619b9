"""The mean that forgets, against the recurrence that it stands for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.model.running_mean import RunningMean

VALUES = np.random.default_rng(4).normal(-40.0, 9.0, (3000, 3))


def test_it_is_the_recurrence():
    slowest, mean = 0.0015, np.zeros(3)
    means = RunningMean(3, slowest).push(VALUES)
    for n, (value, found) in enumerate(zip(VALUES, means, strict=True), start=1):
        mean = mean + max(slowest, 1.0 / n) * (value - mean)
        np.testing.assert_allclose(found, mean, rtol=1e-12)


@given(cuts=st.lists(st.integers(0, 400), max_size=30))
def test_the_same_bits_however_the_values_come(cuts: list[int]):
    mean = RunningMean(3, 0.01)
    pieces = [mean.push(piece) for piece in np.split(VALUES, np.minimum(np.cumsum(cuts, dtype=int), len(VALUES)))]
    np.testing.assert_array_equal(np.concatenate(pieces), RunningMean(3, 0.01).push(VALUES))
