"""Alarms judged against events, and operating points among thresholds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import UsageError
from engine.core.signals import Alarm, Health, Reading, Spike
from engine.live.spike_detector import SpikeDetector, SpikeSettings, at_threshold
from train.metrics.alarms import AlarmCounts, DangerEvent, Stretch, count_alarms, decisions_s, detect
from train.metrics.threshold_sweep import (
    false_per_hour_at,
    operating_points,
    points,
    shipped_default,
    sweep,
    within_budget,
)


def event(t_s, goal=False, reaction_s=None):
    return DangerEvent(t_s, t_s - 5, t_s + 10, goal, reaction_s)


def test_an_alarm_within_reach_catches_and_says_how_late_it_was():
    counts = count_alarms([103.0], [event(100, goal=True, reaction_s=101.0)])
    assert (counts.caught, counts.goals_caught, counts.reacted_caught, counts.false) == (1, 1, 1, 0)
    assert (counts.delays_s, counts.reaction_delays_s) == ((3.0,), (2.0,))


def test_reach_has_two_ends_and_both_count():
    assert count_alarms([95.0], [event(100)]).caught == count_alarms([110.0], [event(100)]).caught == 1
    assert count_alarms([94.9], [event(100)]).false == count_alarms([110.1], [event(100)]).false == 1


def test_one_alarm_may_catch_a_shot_and_its_rebound():
    assert count_alarms([104.0], [event(100), event(103, goal=True)]).caught == 2


def test_two_alarms_for_one_event_are_one_catch_and_no_false_alarm():
    counts = count_alarms([99.0, 105.0], [event(100)])
    assert (counts.caught, counts.false, counts.delays_s) == (1, 0, (-1.0,))


def test_false_alarms_on_a_reaction_to_something_else_are_counted_apart():
    counts = count_alarms([50.0, 200.0], [event(100)], [Stretch(198, 205)])
    assert (counts.false, counts.false_on_reaction, counts.false_on_nothing) == (2, 1, 1)


@given(
    st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.55, 0.7, 0.9, float("nan")]), max_size=120),
    st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    st.sampled_from([0.0, 2.0, 10.0]),
    st.sampled_from([0.0, 0.3, 1.7]),
)
def test_leaving_out_readings_that_cannot_matter_changes_nothing(values, merge_s, refractory_s, min_duration_s):
    settings = SpikeSettings(0.6, 0.5, min_duration_s, refractory_s, merge_s)
    pressure = np.array(values)
    t_s = np.arange(len(values)) * 0.43
    detector, every = SpikeDetector(settings), []
    for t, value in zip(t_s, values, strict=True):
        every += detector.push(Reading(t, None if np.isnan(value) else value, 0, 0, Health.LISTENING))
    if values:
        every += detector.finish(t_s[-1])
    assert detect(t_s, pressure, settings) == [found for found in every if isinstance(found, Alarm | Spike)]


def test_another_threshold_keeps_the_proportion_of_the_hysteresis():
    settings = at_threshold(SpikeSettings(on=0.8, off=0.6), 0.4)
    assert (settings.on, settings.off) == (0.4, pytest.approx(0.3))


def rises(*heights):
    """One rise of five seconds every minute, of these heights."""
    t_s = np.arange(0, 60 * len(heights), 0.5)
    pressure = np.zeros(len(t_s))
    for minute, height in enumerate(heights):
        pressure[(t_s >= 60 * minute + 20) & (t_s < 60 * minute + 25)] = height
    return t_s, pressure


MATCHES = [
    (rises(0.9, 0.7, 0.3), [event(20), event(140)]),
    (rises(0.8, 0.6, 0.5), [event(20, goal=True)]),
]


def swept():
    def counts_at(match, threshold):
        (t_s, pressure), events = MATCHES[match]
        alarms = decisions_s(t_s, pressure, at_threshold(SpikeSettings(), threshold))
        return count_alarms(alarms, events), len(alarms)

    return sweep([0.85, 0.75, 0.65, 0.55, 0.25], [0.05, 0.05], counts_at)


def test_thresholds_trade_recall_for_false_alarms():
    found = points(swept(), np.ones(2))
    assert [point.recall for point in found] == pytest.approx([1 / 3, 2 / 3, 2 / 3, 2 / 3, 1])
    assert [point.false_per_match for point in found] == [0, 0, 0.5, 1, 1.5]
    assert [point.goal_recall for point in found] == [0, 1, 1, 1, 1]


def test_a_budget_takes_the_best_recall_it_allows():
    found = points(swept(), np.ones(2))
    assert within_budget(found, 1).threshold == 0.75
    assert within_budget(found, 2).threshold == 0.25
    assert within_budget(found, -1) is None
    assert list(operating_points(found, [1, 2])) == [1, 2]


def test_a_match_drawn_twice_counts_twice():
    found = points(swept(), np.array([0.0, 2.0]))
    assert found[-1].false_per_match == 2
    assert found[0].recall == 0


def test_false_alarms_an_hour_at_a_recall_that_is_not_reached_are_unknown():
    found = points(swept(), np.ones(2))
    assert false_per_hour_at(found, 0.6) == 0
    assert false_per_hour_at(found, 1.0) == pytest.approx(30)
    assert np.isnan(false_per_hour_at(found[:4], 0.9))


def test_the_default_has_the_best_f1_within_five_false_alarms():
    assert shipped_default(points(swept(), np.ones(2))).threshold == 0.75


def test_weights_that_keep_no_budget_are_refused():
    with pytest.raises(UsageError, match="at most 0 false alarms"):
        shipped_default(points(swept(), np.ones(2))[3:], [0])


def test_everything_about_a_match_is_counted():
    events = [event(100, goal=True, reaction_s=101.0), event(200, reaction_s=202.0), event(300)]
    judged = count_alarms([300.0, 500.0, 103.0, 400.0], events, [Stretch(400.0, 410.0), Stretch(490.0, 500.0)])
    assert (judged.events, judged.caught, judged.goals, judged.goals_caught) == (3, 2, 1, 1)
    assert (judged.reacted, judged.reacted_caught, judged.false, judged.false_on_reaction) == (2, 1, 2, 2)
    assert judged.false_on_nothing == 0
    assert (judged.delays_s, judged.reaction_delays_s) == ((3.0, 0.0), (2.0,))


def test_where_nobody_knows_when_the_crowd_reacted_nobody_says_on_what_an_alarm_was_false():
    judged = count_alarms([50.0], [], None)
    assert judged.false == 1
    assert np.isnan(judged.false_on_reaction)


def test_an_operating_point_by_hand():
    """Four hours in two matches: of five events four caught, of seven alarms five good, of two false one on nothing."""
    one = AlarmCounts(3, 2, 1, 1, 2, 1, 2, 1.0, (), ())
    two = AlarmCounts(2, 2, 1, 0, 1, 1, 0, 0.0, (), ())
    found = sweep([0.5], [1.5, 2.5], lambda match, threshold: ((one, 5), (two, 2))[match])
    (point,) = points(found, np.ones(2))
    assert (point.threshold, point.recall, point.goal_recall) == (0.5, 4 / 5, 1 / 2)
    assert point.reacted_recall == pytest.approx(2 / 3)
    assert point.precision == pytest.approx(5 / 7)
    assert point.f1 == pytest.approx(2 * (4 / 5) * (5 / 7) / (4 / 5 + 5 / 7))
    assert (point.false_per_match, point.false_per_hour) == (1.0, 0.5)
    assert (point.false_on_reaction_per_match, point.false_on_nothing_per_match) == (0.5, 0.5)
    (by_hours,) = points(found, np.ones(2), match_hours=2.0)
    assert by_hours.false_per_match == 1.0
    (by_hours,) = points(found, np.ones(2), match_hours=4.0)
    assert by_hours.false_per_match == 2.0


def test_without_events_or_alarms_shares_are_unknown_and_f1_is_nothing():
    nothing = AlarmCounts(0, 0, 0, 0, 0, 0, 0, 0.0, (), ())
    (point,) = points(sweep([0.5], [1.0], lambda match, threshold: (nothing, 0)), np.ones(1))
    assert np.isnan([point.recall, point.goal_recall, point.reacted_recall, point.precision]).all()
    assert point.f1 == 0.0


def test_a_budget_of_each_kind_is_kept_to_the_last_alarm():
    found = points(swept(), np.ones(2))
    assert within_budget(found, 1.5).threshold == 0.25
    assert within_budget(found, 1.4).threshold == 0.75
    assert within_budget(found, 9, on_nothing=1.5).threshold == 0.25
    assert within_budget(found, 9, on_nothing=1.4).threshold == 0.75
    assert within_budget(found, 9, on_reaction=0.0).threshold == 0.25
    assert within_budget(found, 9, recall=lambda point: float("nan")) is None
