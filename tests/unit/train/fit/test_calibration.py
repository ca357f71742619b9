"""Probabilities that mean what they say, and thresholds that keep their budget."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from engine.core import grid
from engine.core.errors import InputError
from engine.live.spike_detector import SpikeSettings, at_threshold
from engine.model.calibration import Calibration
from engine.simulator.truth import Sounding
from tests.unit.train.segment_matches import made_up_match
from train.data.labels import Danger, GoalWindow
from train.fit.calibration import (
    FURTHER_BUDGETS,
    NEVER,
    OnReels,
    _with_further,
    calibrate,
    choose_thresholds,
    fit_platt,
    heard_line,
    on_reels,
    sane_lines,
)
from train.fit.fitted import alarm_note
from train.fit.predict import Predicted
from train.metrics.alarms import decisions_s
from train.metrics.threshold_sweep import OperatingPoint


def test_platt_finds_the_scale_that_made_the_truth():
    rng = np.random.default_rng(1)
    odds = rng.normal(0, 2, 60_000)
    truth = rng.random(60_000) < 1 / (1 + np.exp(-(0.7 * odds - 2)))
    found = fit_platt(odds, truth)
    assert found.fitted
    assert found.slope == pytest.approx(0.7, abs=0.03)
    assert found.offset == pytest.approx(-2.0, abs=0.05)


def test_the_offset_of_a_trained_share_does_not_matter_to_the_answer():
    rng = np.random.default_rng(2)
    odds = rng.normal(3, 2, 5000)
    truth = rng.random(5000) < 1 / (1 + np.exp(-(odds - 5)))
    plain, shifted = fit_platt(odds, truth), fit_platt(odds, truth, -3.0)
    assert plain.slope == pytest.approx(shifted.slope, rel=1e-3)
    assert plain.offset == pytest.approx(shifted.offset, rel=1e-3)


@pytest.mark.parametrize("scale", [1.0, 1e6, 1e-6])
def test_classes_that_can_be_told_apart_give_finite_numbers(scale):
    odds = np.array([-2.0, -1.0, 1.0, 2.0] * 10) * scale
    found = fit_platt(odds, odds > 0)
    assert np.isfinite([found.slope, found.offset]).all()
    assert found.slope > 0


def test_one_class_can_not_be_calibrated():
    with pytest.raises(InputError, match="one class"):
        fit_platt(np.zeros(5), np.zeros(5, bool))


def _predicted(seed: int) -> Predicted:
    """A network that hears every goal, and in the first match something else now and then."""
    match = made_up_match(f"drawn-{seed}", seed, minutes=20.0, simulated=True, goals=4)
    times_s = np.arange(40.0, 1200.0, 4 * grid.HOP_S)
    odds = np.random.default_rng(seed).normal(-4, 0.3, len(times_s))
    for heard in match.sounds:
        odds[(times_s > heard.onset_s + 1) & (times_s < heard.onset_s + 9)] = 3.0
    if seed == 0:
        for wrong_s in (150.0, 600.0, 900.0):
            odds[(times_s > wrong_s) & (times_s < wrong_s + 3)] = 1.0
    return Predicted(match, times_s, odds)


def test_the_threshold_is_the_one_that_tells_goals_from_the_rest():
    predicted = [_predicted(seed) for seed in range(3)]
    at_ends = [
        Predicted(one.match, one.match.end_times_s(), np.interp(one.match.end_times_s(), one.times_s, one.log_odds))
        for one in predicted
    ]
    calibration = calibrate(at_ends, 0.0)
    settings, found = choose_thresholds(predicted, calibration, Danger(), SpikeSettings())
    wrong = 1 / (1 + np.exp(-(calibration.slope * 1.0 + calibration.offset)))
    assert settings.on > wrong
    assert settings.off < settings.on
    assert found[1].recall == 1.0
    assert found[1].false_per_match == 0.0


def test_goals_alone_have_thresholds_too():
    _, found = choose_thresholds([_predicted(0)], Calibration(), GoalWindow(), SpikeSettings())
    assert found[5].goal_recall == 1.0


def test_where_nothing_is_caught_alarms_are_still_raised_now_and_then():
    one = _predicted(1)
    odds = np.where((one.times_s > 150.0) & (one.times_s < 153.0), 1.0, np.minimum(one.log_odds, -4.0))
    deaf = Predicted(one.match, one.times_s, odds)
    settings, found = choose_thresholds([deaf], Calibration(), Danger(), SpikeSettings())
    assert found[5].recall == 0.0
    assert len(decisions_s(deaf.times_s, 1 / (1 + np.exp(-odds)), settings)) == 1
    assert "no danger was caught" in alarm_note(found, settings)["alarms"]


def test_of_a_stretch_only_what_happens_in_it_counts():
    one = _predicted(1)
    last_s = one.match.on_sound.shots[0].t_s + 60.0
    heard = one.times_s <= last_s
    part = Predicted(one.match, one.times_s[heard], one.log_odds[heard], (0.0, last_s))
    assert part.hours == pytest.approx(last_s / 3600.0)
    _, found = choose_thresholds([part], Calibration(), Danger(), SpikeSettings())
    assert found[1].recall == 1.0


@pytest.mark.parametrize("jumps", [0.0, 0.02])
def test_an_index_that_never_leaves_the_line_gets_no_line(jumps: float):
    one = _predicted(1)
    # So sure at rest that any line within its reach has an alarm that never ends.
    odds = 2.0 + np.random.default_rng(3).normal(0, 0.01 + jumps, len(one.times_s))
    settings, found = choose_thresholds(
        [Predicted(one.match, one.times_s, odds)], Calibration(), Danger(), SpikeSettings()
    )
    assert settings.on == NEVER
    assert found == {}
    assert "none" in alarm_note(found, settings)["alarms"]


def test_a_line_whose_alarms_would_not_end_at_rest_is_refused():
    at_rest = np.concatenate([np.full(85, 0.05), np.full(15, 0.4)])
    lines = sane_lines(np.array([0.1, 0.3, 0.6, 0.7]), at_rest, partial(at_threshold, SpikeSettings(on=0.5, off=0.3)))
    assert lines.tolist() == [0.7]  # below 0.67 the lower level is at most 0.4, where the index rests for long
    assert sane_lines(np.array([0.1]), np.zeros(0), partial(at_threshold, SpikeSettings())).tolist() == [0.1]


def _point(threshold: float, false: float, on_nothing: float) -> OperatingPoint:
    return OperatingPoint(threshold, 0.5, 0.5, 0.5, false, false - on_nothing, on_nothing, false / 1.6, 0.5, 0.5)


def test_the_heard_line_is_the_lowest_that_both_worlds_bear():
    simulated = [_point(0.2, 12.1, 0.0), _point(0.3, 12.0, 2.1), _point(0.4, 9.0, 2.0), _point(0.5, 5.0, 0.5)]
    quiet = [OnReels(point.threshold, 0.9, 0.0) for point in simulated]
    assert heard_line(simulated, quiet) == 0.4
    loud = [OnReels(point.threshold, 0.9, 10.0 if point.threshold == 0.5 else 10.1) for point in simulated]
    assert heard_line(simulated, loud) == 0.5
    assert heard_line(simulated[:2], quiet[:2]) is None


def test_a_reel_counts_cries_with_an_alarm_and_alarms_of_other_sounds():
    kinds = ["roar", "pa_music", "ooh", "applause", "roar"]
    sounds = tuple(Sounding(kind, 60.0 + 40.0 * i, 60.0, 66.0 + 40.0 * i, 9.0) for i, kind in enumerate(kinds))
    match = replace(made_up_match("reel", 1, minutes=6.0, simulated=True, goals=0), sounds=sounds)
    times_s = np.arange(40.0, 360.0, 2 * grid.HOP_S)
    odds = np.full(len(times_s), -3.0)
    for i in (0, 1, 3):  # the first cry, the song and the applause raise alarms; two cries go unheard
        odds[(times_s > 61.0 + 40.0 * i) & (times_s < 65.0 + 40.0 * i)] = 3.0
    odds[(times_s > 255.0) & (times_s < 258.0)] = 3.0  # long after the last cry
    (row,) = on_reels([Predicted(match, times_s, odds)], Calibration(), SpikeSettings(), [0.5])
    assert row.cries_found == pytest.approx(1 / 3)
    assert row.false_per_hour == pytest.approx(2 / (match.frames * grid.HOP_S / 3600))


def test_the_line_comes_down_to_where_real_cries_are_heard():
    rng = np.random.default_rng(4)
    predicted = [_predicted(seed) for seed in range(3)]
    predicted = [replace(one, log_odds=one.log_odds + rng.normal(0, 0.5, len(one.log_odds))) for one in predicted]
    alone, _ = choose_thresholds(predicted, Calibration(), Danger(), SpikeSettings())
    sounds = (Sounding("roar", 60.0, 61.0, 66.0, 9.0),)
    match = replace(made_up_match("reel", 1, minutes=6.0, simulated=True, goals=0), sounds=sounds)
    times_s = np.arange(40.0, 360.0, 2 * grid.HOP_S)
    reel = Predicted(match, times_s, np.where((times_s > 61.0) & (times_s < 66.0), 1.0, -5.0))
    with_reels, _ = choose_thresholds(predicted, Calibration(), Danger(), SpikeSettings(), [reel])
    assert with_reels.on < alone.on


def test_lines_for_further_budgets_stand_where_more_false_alarms_find_more_cries():
    rows = [_point(0.25, 18.0, 0.0), _point(0.32, 12.0, 0.0), _point(0.38, 8.0, 0.0), _point(0.44, 5.0, 0.0)]
    rows = [replace(row, recall=0.9 - row.threshold) for row in rows]
    found = {5: rows[3], 12: rows[1]}

    def lines(*cries: float) -> dict[int, float]:
        heard = dict(zip((0.25, 0.32, 0.38, 0.44), cries, strict=True))
        return {budget: point.threshold for budget, point in _with_further(found, rows, heard).items()}

    assert lines(0.8, 0.77, 0.68, 0.63) == {5: 0.44, 8: 0.38, 12: 0.32, 18: 0.25}
    assert lines(0.77, 0.77, 0.63, 0.63) == {5: 0.44, 12: 0.32}  # no more than above it
    assert lines(0.8, 0.77, 0.78, 0.63) == {5: 0.44, 12: 0.32, 18: 0.25}  # no fewer than below it


def test_there_are_lines_below_the_one_that_reels_choose_where_they_find_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("train.fit.calibration.heard_line", lambda rows, _: max(row.threshold for row in rows))
    predicted = []
    for seed in range(3):
        one = _predicted(seed)
        first_s = one.match.sounds[0].onset_s  # the first event is heard less clearly than two sounds that are none
        odds = np.where(abs(one.times_s - first_s - 5.0) < 4.0, 0.0, one.log_odds)
        for wrong_s in (150.0, 600.0):
            odds[(one.times_s > wrong_s) & (one.times_s < wrong_s + 3)] = 1.0
        predicted.append(replace(one, log_odds=odds))
    reel = predicted[0]
    settings, found = choose_thresholds(predicted, Calibration(), Danger(), SpikeSettings(), [reel])
    further = next(point for budget, point in found.items() if budget in FURTHER_BUDGETS)
    assert further.threshold < settings.on
    assert further.recall > found[5].recall
    assert list(found) == sorted(found)
    deaf = Predicted(reel.match, np.arange(40.0, 360.0), np.full(320, -5.0))
    _, found = choose_thresholds(predicted, Calibration(), Danger(), SpikeSettings(), [deaf])
    assert not {*FURTHER_BUDGETS} & {*found}  # none finds more of the real cries
