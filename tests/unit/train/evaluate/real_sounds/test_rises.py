"""Judging a scorer on crowds that rise after their own rest."""

import numpy as np
import pytest

from engine.live.spike_detector import SpikeSettings
from train.data.real_sounds.reel_truth import ReelTruth, Rise
from train.evaluate.real_sounds.reels import Track
from train.evaluate.real_sounds.rises import rise_figures

T_S = np.arange(0, 300, 0.25)
SETTINGS = SpikeSettings(on=0.6, off=0.4, min_duration_s=0.5)
LONG = Rise(0.0, 45.0, 55.0, 12.0, "goal.ogg")
SHORT = Rise(55.0, 100.0, 102.0, 9.0, "ooh.ogg")
STEADY = Rise(102.0, 147.0, 177.0, 0.0, "bed.ogg", steady=True)
TRUTH = ReelTruth(0, 177.0, rises=(LONG, SHORT, STEADY))


def heard(*answers):
    scores = np.full(len(T_S), 0.1)
    for first, last, answer in answers:
        scores[(first <= T_S) & (last > T_S)] = answer
    return rise_figures([Track(TRUTH, T_S, scores)], SETTINGS)


def test_a_listener_who_rises_with_every_crowd_is_perfect():
    found = heard((45, 55, 0.9), (100, 102, 0.9))
    assert (found.after_against_before, found.rises, found.above_rest) == (1.0, 2, 2)
    assert (found.long_rises, found.alarmed, found.false_alarms) == (1, 1, 0)
    assert found.steady_minutes == pytest.approx((45 + 45 + 75) / 60)


def test_a_rise_below_the_alarm_line_is_above_its_rest_and_no_alarm():
    found = heard((45, 55, 0.5))
    assert (found.above_rest, found.alarmed) == (1, 0)


def test_an_alarm_in_a_steady_match_is_a_false_one():
    assert heard((150, 155, 0.9)).false_alarms == 1


def test_an_alarm_just_after_a_rise_is_not_counted_against_the_next_rest():
    assert heard((53, 60, 0.9)).false_alarms == 0


def test_a_rise_no_higher_than_its_rest_is_not_heard():
    found = heard((35, 40, 0.3), (45, 55, 0.2), (100, 102, 0.2))
    assert found.above_rest == 1
