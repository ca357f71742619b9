"""Crowd and words of a running match: what each adds, and that a commentary which is not there adds nothing."""

import numpy as np
import pytest

from engine.commentary.crowd_and_words import CROWD, LIVE_RULE, WINDOW_S, WORDS, CrowdAndWords
from engine.core.log_odds_fusion import SpotChannel, fuse_at, log_odds_of


def fused(pressure: float = 0.5, goal: float | None = None, hearing: bool = True, later_s: float = 1.0) -> float:
    together = CrowdAndWords()
    if goal is not None:
        together.spoken_of(100.0, goal)
    return together.at(100.0 + later_s, pressure, hearing)


def test_a_goal_that_is_spoken_of_raises_what_the_crowd_says_and_so_does_the_crowd():
    assert fused() < fused(goal=0.3) < fused(goal=0.9) < fused(0.9, goal=0.9)


def test_a_commentary_that_is_silent_late_or_lost_is_no_zero_and_leaves_the_crowd_alone():
    crowd = SpotChannel(np.array([101.0]), log_odds_of(np.array([0.5])))
    log_odds, _ = fuse_at(np.array([101.0]), {CROWD: crowd}, LIVE_RULE)
    alone = 1.0 / (1.0 + np.exp(-log_odds[0]))
    assert fused(hearing=False) == fused(goal=0.0001, hearing=False) == pytest.approx(alone)
    assert fused() < alone, "one that is heard and says nothing speaks against a goal"


def test_a_goal_that_was_told_still_counts_when_the_commentary_is_lost_a_moment_later():
    assert fused(goal=0.9, hearing=False) == fused(goal=0.9) > fused(hearing=False)


def test_words_and_cries_count_for_as_long_as_in_the_study_and_no_longer():
    assert fused(goal=0.9, later_s=WINDOW_S) > fused(goal=0.9, later_s=WINDOW_S + 0.1) == fused()
    cried = CrowdAndWords()
    cried.at(0.0, 0.95, True)
    assert cried.at(WINDOW_S, 0.2, True) == fused(0.95) and cried.at(WINDOW_S + 0.1, 0.2, True) == fused(0.2)


@pytest.mark.parametrize("pressure", [0.0, 1.0])
def test_an_index_at_its_bounds_is_no_certainty(pressure: float):
    assert 0.0 < fused(pressure) < 1.0


def test_the_constants_are_the_studys_in_the_units_of_the_index():
    """The study's own, before the calibration of the shipped weights (slope 1.200087, offset -1.861245)."""
    slope, offset, crowd = 1.200087, -1.861245, LIVE_RULE.channels[CROWD]
    assert (crowd.weight * slope, (crowd.mean - offset) / slope, (crowd.silent - offset) / slope) == pytest.approx(
        (1.7758, -0.4046, -2.8090), abs=2e-4
    )
    assert LIVE_RULE.channels[WORDS].weight == 0.4270
