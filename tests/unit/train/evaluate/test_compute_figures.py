"""The figures of scorers whose worth is known."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.live.spike_detector import SpikeSettings
from tests.unit.train.evaluate.predicted_matches import matches
from train.evaluate.compute_figures import MATCH_HOURS, best_baseline, chosen_threshold, evaluate_all, fitted_lag_s

SETTINGS = SpikeSettings(on=0.7, off=0.5, min_duration_s=1.0)


@pytest.fixture(scope="module")
def found():
    scorers = evaluate_all(matches(), matches(3, 10), SETTINGS, 5.0, np.random.default_rng(1), draws=20)
    return {one.name: one for one in scorers}


def test_a_listener_that_is_always_right_has_every_figure_at_its_best(found):
    figures = found["index"].figures.values
    assert figures["recall_at_1"] == figures["reacted_recall"] == figures["goal_recall"] == 1.0
    assert figures["false_per_hour_at_0.8"] == 0.0
    assert figures["roc_auc"] > 0.75


def test_one_that_answers_every_cry_is_charged_for_it_apart(found):
    point = found["boosting"].operating
    assert point.recall == 1.0
    assert point.false_on_nothing_per_match == 0.0
    hours = 4 * len(matches()[0].t_s) * 0.5 / 3600
    assert point.false_on_reaction_per_match == pytest.approx(4 / (hours / MATCH_HOURS), rel=0.01)


def test_one_that_is_wrong_catches_nothing(found):
    figures = found["loudness"].figures.values
    assert figures["chosen_recall"] == 0.0
    assert figures["roc_auc"] < 0.5


def test_delays_are_from_event_and_from_reaction_to_the_decision(found):
    figures = found["index"].figures.values
    assert figures["delay_p50_s"] == pytest.approx(3.0, abs=0.6)
    assert figures["reaction_delay_p50_s"] == pytest.approx(2.0, abs=0.6)


def test_a_listener_that_is_sometimes_certain_is_judged_all_the_same():
    sure = [one.with_scores({"index": np.where(one.scores["index"] > 0.5, 1.0, 0.0)}) for one in matches()]
    (judged,) = evaluate_all(sure, sure, SETTINGS, 5.0, np.random.default_rng(1), draws=10)
    assert max(point.threshold for point in judged.curve) == 1.0


def test_the_lag_is_learned_on_other_matches_and_helps_the_tight_average(found):
    lag_s = fitted_lag_s("boosting", matches())
    assert lag_s == pytest.approx(2.0, abs=0.6)
    figures = found["boosting"].figures.values
    assert figures["map_tight_lag_removed"] > figures["map_tight"] + 0.2


def test_alike_matches_leave_no_doubt_and_the_same_draws_compare_listeners(found):
    interval = found["index"].figures.interval("recall_at_5")
    assert (interval.low, interval.high) == (1.0, 1.0)
    more = found["index"].figures.difference(found["loudness"].figures, "recall_at_5")
    assert more.low > 0


def test_the_best_baseline_is_the_one_to_beat(found):
    assert best_baseline(list(found.values()), "roc_auc", frozenset({"index"})).name == "boosting"


def test_a_budget_that_nothing_keeps_raises_no_alarm_at_all():
    assert chosen_threshold("loudness", matches(), SETTINGS, -1.0) == 1.0


def test_without_matches_there_is_nothing_to_say():
    with pytest.raises(InputError, match="0 matches to judge by"):
        evaluate_all([], matches(), SETTINGS, 5.0, np.random.default_rng(1))
