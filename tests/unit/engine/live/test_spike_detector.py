"""The spike detector: each rule, each reason."""

import pytest

from engine.core.errors import UsageError
from engine.core.heard_tags import CauseSettings, Heard
from engine.core.signals import Alarm, Health, Reading, Rejected, Spike
from engine.live.spike_detector import SpikeDetector, SpikeSettings, at_threshold, measured_lines

SETTINGS = SpikeSettings(on=0.7, off=0.5, min_duration_s=1.0, refractory_s=10.0, merge_s=2.0)


def _run(*stretches: tuple[float, float | None], settings: SpikeSettings = SETTINGS) -> list:
    """Stretches of (seconds, pressure), a reading every tenth of a second; then the sound ends."""
    detector = SpikeDetector(settings)
    t, decided = 0.0, []
    for seconds, pressure in stretches:
        for _ in range(round(seconds * 10)):
            t = round(t + 0.1, 3)
            decided += detector.push(Reading(t, pressure, -30.0, -20.0, Health.LISTENING))
    return decided + detector.finish(t)


def test_a_spike_is_announced_when_certain_and_complete_when_over():
    alarm, spike = _run((5, 0.1), (0.5, 0.6), (3, 0.9), (5, 0.2))
    assert alarm == Alarm(5.1, 6.6, 0.9)
    assert spike == Spike(onset=5.1, peak=5.6, end=8.5, peak_pressure=0.9, decided_at=6.6)


def test_the_announcement_says_how_high_it_has_been_though_it_has_fallen_since():
    alarm, _ = _run((5, 0.1), (0.4, 0.9), (3, 0.6), (5, 0.2))
    assert alarm == Alarm(5.1, 6.1, 0.9)


@pytest.mark.parametrize(
    ("stretches", "reason"),
    [
        ([(5, 0.1), (3, 0.65), (5, 0.1)], "below_threshold"),
        ([(5, 0.1), (0.5, 0.9), (5, 0.1)], "too_short"),
        ([(5, 0.1), (0.5, 0.9)], "interrupted"),
        ([(5, 0.1), (0.5, 0.9), (1, None)], "interrupted"),
    ],
)
def test_what_is_not_reported_says_why(stretches, reason):
    (rejected,) = _run(*stretches)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == reason
    assert rejected.onset == pytest.approx(5.1)


def test_a_rise_soon_after_a_spike_is_the_same_event():
    decided = _run((1, 0.1), (3, 0.9), (4, 0.1), (3, 0.9), (5, 0.1))
    assert [type(event) for event in decided] == [Alarm, Spike, Rejected]
    assert decided[-1].reason == "refractory"


def test_a_rise_that_outlasts_the_refractory_time_is_reported_late():
    decided = _run((1, 0.1), (3, 0.9), (4, 0.1), (9, 0.9), (5, 0.1))
    assert [type(event) for event in decided] == [Alarm, Spike, Alarm, Spike]
    assert decided[2].onset == pytest.approx(8.1)
    assert decided[2].decided_at == pytest.approx(14.0)


def test_short_dips_do_not_cut_a_spike():
    decided = _run((1, 0.1), (3, 0.9), (1.5, 0.3), (3, 0.8), (5, 0.1))
    assert [type(event) for event in decided] == [Alarm, Spike]
    assert decided[1].end == pytest.approx(8.5)


def test_wobbling_between_the_thresholds_is_one_spike():
    assert len(_run((1, 0.1), *[(0.4, 0.9), (0.4, 0.55)] * 20, (5, 0.1))) == 2


def test_a_spike_that_loses_its_sound_is_closed_where_it_was_last_seen():
    *_, spike = _run((1, 0.1), (3, 0.9), (10, None))
    assert isinstance(spike, Spike)
    assert spike.end == pytest.approx(4.0)


def test_no_decision_looks_ahead():
    short = _run((1, 0.1), (2, 0.9))
    longer = _run((1, 0.1), (2, 0.9), (3, 0.9), (5, 0.0))
    assert short[0] == longer[0]


@pytest.mark.parametrize("wrong", [{"on": 0.4, "off": 0.5}, {"on": 1.2}, {"off": -0.1}, {"merge_s": -1.0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UsageError):
        SpikeSettings(**wrong)


def _reading(t: float, pressure: float | None) -> Reading:
    return Reading(t, pressure, -30.0, -20.0, Health.LISTENING)


def test_without_settings_the_documented_ones_hold():
    assert SpikeSettings() == SpikeSettings(on=0.7, off=0.5, min_duration_s=1.0, refractory_s=5.0, merge_s=3.0)


@pytest.mark.parametrize("extreme", [{"on": 1.0}, {"off": 0.0}, {"on": 0.5}, {"merge_s": 0.0, "refractory_s": 0.0}])
def test_the_ends_of_the_allowed_ranges_are_allowed(extreme):
    SpikeSettings(**extreme)


@pytest.mark.parametrize("name", ["min_duration_s", "refractory_s", "merge_s"])
def test_an_endless_duration_is_refused(name):
    with pytest.raises(UsageError, match=name):
        SpikeSettings(**{name: float("inf")})


def test_another_threshold_keeps_the_proportion_of_the_lower_one():
    moved = at_threshold(SpikeSettings(on=0.8, off=0.6), 0.4)
    assert (moved.on, moved.off) == pytest.approx((0.4, 0.3))
    assert at_threshold(SpikeSettings(on=0.0, off=0.0), 0.4).off == 0.0
    assert at_threshold(SpikeSettings(on=0.7, off=0.7), 0.09).off == 0.09  # 0.09 * 0.7 / 0.7 is a little more


def test_of_a_weights_operating_points_those_that_say_both_numbers_are_taken():
    points = [
        {"false_per_match": 2, "threshold": 0.5},
        {"false_per_match": 0.5, "threshold": 1},
        {"false_per_match": 4.0, "threshold": 0.0},
        {"false_per_match": 4.0, "threshold": 1.1},
        {"false_per_match": "4", "threshold": 0.4},
        {"false_per_match": 4.0},
        [4.0, 0.4],
    ]
    assert measured_lines(points) == [(2.0, 0.5), (0.5, 1.0)]


def test_a_spike_is_active_from_its_announcement_to_its_end():
    detector = SpikeDetector(SETTINGS)
    active = []
    for t, pressure in [(1.0, 0.1), (2.0, 0.9), (3.0, 0.9), (4.0, 0.2), (6.0, 0.2)]:
        detector.push(_reading(t, pressure))
        active.append(detector.active)
    assert active == [False, False, True, True, False]


def test_the_thresholds_themselves_count_as_reached():
    """0.7 begins it, 0.5 keeps it up; a second is long enough, a dip of two is not too long, ten are quiet enough."""
    detector = SpikeDetector(SETTINGS)
    decided = []
    steps = [(1.0, 0.7), (1.5, 0.7), (2.0, 0.7), (4.0, 0.5), (6.0, 0.49), (6.5, 0.49), (13.0, 0.7), (14.0, 0.7)]
    for t, pressure in steps:
        decided += detector.push(_reading(t, pressure))
    assert decided == [Alarm(1.0, 2.0, 0.7), Spike(1.0, 1.0, 4.0, 0.7, 2.0), Alarm(13.0, 14.0, 0.7)]


def test_the_time_above_the_line_counts_from_when_it_was_reached_again():
    """A dip below the lower line starts the count anew; one between the lines does not."""
    detector = SpikeDetector(SETTINGS)
    decided = []
    for t, pressure in [(1.0, 0.9), (1.5, 0.3), (2.0, 0.9), (2.5, 0.6), (2.75, 0.9), (3.0, 0.9)]:
        decided += detector.push(_reading(t, pressure))
    assert decided == [Alarm(1.0, 3.0, 0.9)]


def _run_hearing(*stretches: tuple[float, float, Heard | None], field: str = "tags", **more: CauseSettings) -> list:
    """Stretches of (seconds, pressure, what is heard), a reading every tenth of a second; then the sound ends."""
    detector = SpikeDetector(SETTINGS, **more)
    t, decided = 0.0, []
    for seconds, pressure, heard in stretches:
        for _ in range(round(seconds * 10)):
            t = round(t + 0.1, 3)
            decided += detector.push(Reading(t, pressure, -30.0, -20.0, Health.LISTENING, **{field: heard}))
    return decided + detector.finish(t)


CHANT, CHEER, BOTH = {"chant": 0.9, "cheer": 0.1}, {"chant": 0.2, "cheer": 0.8}, {"chant": 0.5, "cheer": 0.5}


@pytest.mark.parametrize("field", ["tags", "heard"])
def test_a_spike_is_of_what_was_heard_from_its_onset_until_it_was_decided(field):
    alarm, spike = _run_hearing((5, 0.1, CHANT), (2, 0.9, CHEER), (3, 0.9, CHANT), (5, 0.1, CHANT), field=field)
    assert alarm.decided_at == pytest.approx(6.1)
    assert (alarm.what, alarm.what_probability) == ("cheer", pytest.approx(0.8))
    assert (spike.what, spike.what_probability) == (alarm.what, alarm.what_probability)


def test_a_spike_of_two_equally_likely_causes_is_unclear():
    alarm, _ = _run_hearing((5, 0.1, BOTH), (2, 0.9, BOTH), (5, 0.1, BOTH))
    assert (alarm.what, alarm.what_probability) == ("unclear", pytest.approx(0.5))
    (named, _) = _run_hearing((2, 0.9, BOTH), cause=CauseSettings(margin=0.0))
    assert named.what == "chant"


def test_the_chant_of_minutes_before_is_not_the_cause_of_the_cry_over_it():
    alarm, _ = _run_hearing((120, 0.6, CHANT), (5, 0.9, CHEER), cause=CauseSettings(within_s=1.0))
    assert alarm.onset == pytest.approx(0.1)
    assert (alarm.what, alarm.decided_at) == ("cheer", pytest.approx(121.1))


def test_a_spike_decided_between_two_looks_is_of_what_was_heard_last():
    detector = SpikeDetector(SpikeSettings(0.7, 0.5, 0.0))
    detector.push(Reading(1.0, 0.1, -30.0, -20.0, Health.LISTENING, tags=CHEER))
    (alarm,) = detector.push(Reading(1.1, 0.9, -30.0, -20.0, Health.LISTENING))
    assert alarm.what == "cheer"


def test_what_was_heard_before_a_loss_is_no_cause():
    detector = SpikeDetector(SpikeSettings(0.7, 0.5, 0.0))
    detector.push(Reading(1.0, 0.1, -30.0, -20.0, Health.LISTENING, tags=CHEER))
    detector.push(Reading(1.1, None, -30.0, -20.0, Health.LOST))
    (alarm,) = detector.push(Reading(1.2, 0.9, -30.0, -20.0, Health.LISTENING))
    assert alarm.what is None


def test_what_is_heard_after_the_decision_changes_nothing():
    first, _ = _run_hearing((1, 0.1, CHANT), (1.5, 0.9, CHEER), (9, 0.9, CHEER))
    other, _ = _run_hearing((1, 0.1, CHANT), (1.5, 0.9, CHEER), (9, 0.9, CHANT))
    assert first == other


def test_without_tags_a_spike_is_of_nothing():
    alarm, spike = _run_hearing((2, 0.9, None), (5, 0.1, None))
    assert alarm.what is alarm.what_probability is spike.what is spike.what_probability is None
