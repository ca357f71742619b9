"""The rows of the ablation table: one thing changed in each."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.train.segment_matches import made_up_match
from train.data.real_sounds.reel_truth import Placed, ReelTruth
from train.data.simulation_plans import random_plan, reel_plan
from train.experiments.ablation import ROWS, measure, run, settings_for, table, unheard
from train.fit.encoder import Trained
from train.fit.predict import Predicted
from train.fit.stages import new_network


def test_every_row_differs_from_the_shipped_one_in_something():
    shipped, *others = ROWS
    usual = settings_for(shipped, 0)
    plans = [random_plan(1, 4.0), reel_plan(1, 4.0)]
    for row in others:
        kept = [plan.name for plan in row.keep(plans)]
        changed = (settings_for(row, 0) != usual, row.rule != shipped.rule, kept != [p.name for p in plans], row.sounds)
        assert any(changed), row.name
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_one_ground_is_one_ground_and_the_events_stay():
    (row,) = [row for row in ROWS if row.name == "one simulated ground"]
    plans = [random_plan(1, 4.0), random_plan(2, 4.0)]
    one, other = (plan.score() for plan in row.keep(plans))
    assert one.venue.summary() == other.venue.summary()
    assert other.timeline == plans[1].score().timeline


def test_a_row_is_taken_up_again_only_where_it_was_made_from_the_same(tmp_path, monkeypatch):
    trained = []

    def train_network(data, settings, *_):
        trained.append(settings.seed)
        return Trained(new_network(settings), data)

    monkeypatch.setattr("train.experiments.ablation.train_network", train_network)
    monkeypatch.setattr(
        "train.experiments.ablation.predict", lambda _, val_matches: [_perfect(one) for one in val_matches]
    )
    plans = [random_plan(1, 2.0)], [random_plan(2, 2.0)]
    first = run(ROWS[0], plans, tmp_path, [], [], 0)
    assert run(ROWS[0], plans, tmp_path, [], [], 0) == first
    assert trained == [0]
    run(ROWS[0], plans, tmp_path, [], [], 1)
    assert trained == [0, 1]


def test_figures_are_of_danger_and_of_cries():
    matches = [made_up_match(f"match-{i}", i, simulated=True) for i in range(3)]
    figures = measure([_perfect(match) for match in matches], 0)
    assert figures["danger"] == [1.0, 1.0, 1.0]
    assert 0.5 < figures["cries"][0] <= 1.0


def _perfect(match):
    return Predicted(match, match.end_times_s(), match.labels.truth.astype(np.float64))


def test_clips_that_a_row_learned_from_judge_none():
    clip = Placed(50.0, 52.0, "reaction", "goal roar", "a.wav", 9.0, fold=1)
    truth = ReelTruth(1, 100.0, (clip, replace(clip, fold=4), replace(clip, fold=None)))
    assert [one.group for one in unheard(truth).clips] == ["applause", "reaction", "reaction"]


@pytest.mark.parametrize("low", [None, 0.25])
def test_the_table_shows_intervals_where_there_are_some(low):
    text = table([{"row": "as shipped", "danger": [0.5, low, low and 0.75]}])
    assert "| as shipped | 0.500" + (" (0.250 to 0.750)" if low else " |") in text
