"""Scores become events as the field does it."""

import numpy as np
import pytest

from engine.spotting.config import METHODS, EventSettings
from engine.spotting.events import found_in, islands, softly_suppressed, suppressed, told_live

TWO_TOPS = np.array([0.1, 0.6, 0.9, 0.6, 0.1, 0.0, 0.2, 0.7, 0.1, 0.0])


def as_in_soccernet(scores: np.ndarray, window: float, least: float) -> list[tuple[int, float]]:
    """The loop of the published baselines, said otherwise: the highest that is left, and nothing around it any more."""
    left, found = scores.copy(), []
    while left.max() >= least:
        top = int(left.argmax())
        found.append((top, float(left[top])))
        left[int(max(top - window / 2, 0)) : int(min(top + int(window / 2), len(left)))] = -1
    return found


@pytest.mark.parametrize("apart", [2, 20, 41.0])
@pytest.mark.parametrize("least", [0.0, 0.5])
def test_suppression_leaves_what_the_published_baselines_leave(apart, least):
    scores = np.round(np.random.default_rng(3).random(500), 2)  # many ties
    assert suppressed(scores, apart, least) == as_in_soccernet(scores, apart, least)


def test_soft_suppression_keeps_a_second_top_that_suppression_drops_at_a_lower_confidence():
    assert suppressed(TWO_TOPS, 12, 0.3) == [(2, 0.9)]
    found = softly_suppressed(TWO_TOPS, 12, 0.3)
    assert found[0] == (2, 0.9)
    assert found[1] == (7, pytest.approx(0.7 * (5 / 6) ** 2))


def test_each_island_above_the_water_is_one_event_at_its_middle():
    assert islands(TWO_TOPS, 0.5) == [(2, 0.9), (7, 0.7)]
    assert islands(np.ones(4), 0.5) == [(1, 1.0)]


def test_what_is_told_live_does_not_change_when_more_is_known():
    scores = np.random.default_rng(4).random(300)
    whole = told_live(scores, 10, 0.2)
    for cut in (50, 123, 299):
        assert told_live(scores[:cut], 10, 0.2) == [each for each in whole if each[0] < cut - 1]


@pytest.mark.parametrize("method", METHODS)
def test_silence_and_a_half_without_rows_have_no_events(method):
    settings = EventSettings(method, 10.0, 0.1)
    assert found_in(np.zeros(50), settings, 2.0) == []
    assert found_in(np.zeros(0), settings, 2.0) == []


def test_a_lower_top_is_told_live_only_as_far_as_asked_from_a_higher_one():
    scores = np.zeros(40)
    scores[[5, 15, 30]] = 0.9, 0.8, 0.85
    assert [row for row, _ in told_live(scores, 10, 0.1)] == [5, 15, 30]
    assert [row for row, _ in told_live(scores, 11, 0.1)] == [5, 30]
    assert [row for row, _ in told_live(scores[::-1], 100, 0.1)] == [9, 34], "a higher one is told all the same"
