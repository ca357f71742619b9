"""Intervals by match."""

import numpy as np
import pytest

from train.metrics.bootstrap import Interval, Resampled, draws_of, interval, resample_figures

rng = np.random.default_rng


def mean_of(values):
    values = np.asarray(values, float)
    return lambda weights: float(weights @ values / weights.sum())


def test_matches_that_agree_leave_no_doubt():
    assert interval(mean_of([0.5] * 6), draws_of(6, 200, rng(1))) == Interval(0.5, 0.5, 0.5)


def test_the_interval_has_the_width_that_theory_gives_the_mean():
    values = rng(2).normal(0, 1, 100)
    found = interval(mean_of(values), draws_of(100, 4000, rng(3)))
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 10, rel=0.1)


def test_one_match_has_no_interval():
    assert interval(mean_of([0.3]), draws_of(1, 50, rng(1))) == Interval(0.3)


def test_what_is_not_defined_is_none():
    assert interval(lambda weights: float("nan"), draws_of(4, 50, rng(1))) == Interval(None)


def test_draws_without_the_event_are_left_out():
    def share_where_there_is_any(weights):
        return 0.7 if weights[0] else float("nan")

    assert interval(share_where_there_is_any, draws_of(3, 300, rng(1))) == Interval(0.7, pytest.approx(0.7), 0.7)


def test_a_match_drawn_counts_as_a_whole():
    draws = draws_of(5, 100, rng(4))
    assert (draws.sum(axis=1) == 5).all()


def test_two_matches_have_an_interval():
    found = interval(mean_of([0.0, 1.0]), draws_of(2, 400, rng(1)))
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)


def test_a_figure_defined_in_half_of_the_draws_has_an_interval_and_one_in_fewer_has_none():
    def found(defined: int):
        draws = np.ones((10, 3))
        draws[defined:, 0] = 0.0
        return interval(lambda weights: 0.7 if weights[0] else float("nan"), draws)

    assert found(5) == Interval(0.7, 0.7, 0.7)
    assert found(4) == Interval(0.7)


def test_the_difference_of_two_listeners_is_taken_draw_by_draw():
    draws = draws_of(6, 300, rng(5))
    values = rng(6).normal(0, 1, 6)
    better = resample_figures(lambda weights: {"mean": mean_of(values + 0.25)(weights)}, draws)
    worse = resample_figures(lambda weights: {"mean": mean_of(values)(weights)}, draws)
    found = better.difference(worse, "mean")
    assert (found.value, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))


def test_the_interval_holds_the_middle_95_of_100_draws():
    found = Resampled({"": 0.5}, {"": np.linspace(0.0, 1.0, 1001)}, matches=9).interval("")
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.025, 0.975))
