"""The losses, beside what NumPy makes of their definitions."""

import mlx.core as mx
import numpy as np
import pytest

from train.fit.network.losses import binary_cross_entropy, focal

ODDS = np.array([-3.0, -0.5, 0.25, 2.0])
TARGETS = np.array([0.0, 0.3, 1.0, 0.6])
WEIGHTS = np.array([1.0, 0.0, 2.0, 0.5])


def by_definition(odds: np.ndarray, targets: np.ndarray) -> np.ndarray:
    p = 1.0 / (1.0 + np.exp(-odds))
    return -(targets * np.log(p) + (1.0 - targets) * np.log(1.0 - p))


def loss(gamma: float, weights: np.ndarray = WEIGHTS) -> float:
    calm = np.array([0.5, -1.0, 2.0, 0.0])
    logits = mx.array(np.stack([calm, calm + ODDS], axis=-1))
    return float(focal(logits, mx.array(TARGETS), mx.array(weights), gamma))


def test_cross_entropy_is_what_its_definition_says() -> None:
    found = np.array(binary_cross_entropy(mx.array(ODDS), mx.array(TARGETS)))
    assert found == pytest.approx(by_definition(ODDS, TARGETS), rel=1e-5)


def test_cross_entropy_of_large_values_is_finite() -> None:
    found = np.array(binary_cross_entropy(mx.array([1000.0, -1000.0, 1000.0]), mx.array([0.0, 1.0, 1.0])))
    assert found.tolist() == [1000.0, 1000.0, 0.0]


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0])
def test_what_is_right_already_counts_less_and_what_is_left_out_not_at_all(gamma: float) -> None:
    far = np.abs(1.0 / (1.0 + np.exp(-ODDS)) - TARGETS) ** gamma
    expected = (WEIGHTS * by_definition(ODDS, TARGETS) * far).sum() / WEIGHTS.sum()
    assert loss(gamma) == pytest.approx(expected, rel=1e-5)


def test_a_batch_of_less_than_one_moment_is_not_blown_up() -> None:
    assert loss(0.0, np.zeros(4)) == 0.0
    assert loss(0.0, WEIGHTS / 100.0) == pytest.approx(float((WEIGHTS * by_definition(ODDS, TARGETS)).sum()) / 100.0)
