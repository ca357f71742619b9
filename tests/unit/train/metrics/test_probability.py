"""Probabilities: by hand, and what must hold for any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.metrics.probability import (
    brier,
    brier_skill,
    equal_mass_edges,
    expected_calibration_error,
    reliability,
)


def found(predicted, truth, bins=10):
    predicted = np.asarray(predicted, float)
    return reliability(predicted, np.asarray(truth, bool), equal_mass_edges(predicted, bins))


def test_a_certain_and_right_prediction_is_perfect():
    result = found([0, 0, 1, 1], [0, 0, 1, 1], bins=2)
    assert (brier(result), brier_skill(result), expected_calibration_error(result)) == (0.0, 1.0, 0.0)


def test_always_saying_the_share_has_no_skill_and_no_error_of_calibration():
    result = found([0.25] * 8, [1, 1, 0, 0, 0, 0, 0, 0])
    assert brier_skill(result) == pytest.approx(0.0)
    assert expected_calibration_error(result) == pytest.approx(0.0)


def test_calibration_error_by_hand():
    result = found([0.1, 0.1, 0.9, 0.9], [0, 1, 1, 1], bins=2)
    assert expected_calibration_error(result) == pytest.approx((2 * 0.4 + 2 * 0.1) / 4)
    assert brier(result) == pytest.approx((0.01 + 0.81 + 0.01 + 0.01) / 4)


def test_bins_hold_about_as_many_moments_each():
    predicted = np.linspace(0, 0.01, 1000)
    counts = reliability(predicted, predicted > 1, equal_mass_edges(predicted, 10)).moments
    assert counts.min() >= 99


def test_a_probability_above_one_is_refused():
    with pytest.raises(ValueError, match="outside"):
        found([1.1, 0.5], [1, 0])


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80))
def test_calibration_error_is_a_distance_between_zero_and_one(rows):
    result = found([row[0] for row in rows], [row[1] for row in rows])
    assert 0.0 <= expected_calibration_error(result) <= 1.0 + 1e-12
    assert result.moments.sum() == len(rows)


def test_saying_what_never_happens_is_worse_than_always_saying_the_share():
    result = found([1, 1, 0, 0], [0, 0, 1, 0], bins=2)
    assert brier_skill(result) == pytest.approx(1.0 - 0.75 / (0.25 * 0.75))


def test_without_moments_or_with_one_kind_alone_there_is_no_figure():
    nothing = found([], [])
    assert np.isnan([expected_calibration_error(nothing), brier(nothing), brier_skill(nothing)]).all()
    assert np.isnan(brier_skill(found([0.2, 0.4], [0, 0])))


def test_so_many_bins_have_one_edge_less_and_an_edge_belongs_to_the_bin_above():
    assert equal_mass_edges(np.arange(5) / 4, 4).tolist() == [0.25, 0.5, 0.75]
    assert equal_mass_edges(np.zeros(0), 4).tolist() == []
    bins = reliability(np.array([0.0, 0.25, 0.5, 1.0]), np.array([False, True, True, True]), np.array([0.25, 0.75]))
    assert bins.moments.tolist() == [1.0, 2.0, 1.0]
    assert bins.predicted.tolist() == [0.0, 0.75, 1.0]
    assert bins.true.tolist() == [0.0, 2.0, 1.0]


@pytest.mark.parametrize("outside", [-0.01, 1.01, float("nan")])
def test_what_is_no_probability_is_refused(outside):
    with pytest.raises(ValueError, match="outside"):
        reliability(np.array([0.5, outside]), np.array([True, False]), np.zeros(0))
