"""The spike detector: each rule, each reason."""

import pytest

from engine.core.errors import UsageError
from engine.core.signals import Alarm, Health, Reading, Rejected, Spike
from engine.live.spike_detector import SpikeDetector, SpikeSettings

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
