"""The rows of the ablation table: one thing changed in each."""

import pickle
from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest

from engine.core.errors import InputError, MomentumError
from tests.unit.train.segment_matches import made_up_match
from train.data.real_sounds.reel_truth import Placed, ReelTruth
from train.data.simulation_plans import random_plan, reel_plan
from train.experiments.ablation import ROWS, RowWanted, do_row, measure, run, settings_for, study, table, unheard
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


def test_a_quick_look_takes_less_of_everything_in_a_batch_and_the_rest_is_as_it_was():
    usual, small = settings_for(ROWS[0], 0), settings_for(ROWS[0], 0, segments=2)
    assert (small.segments, small.histories, small.crops.stretches, small.fine_tune.histories) == (2, 3, 10, 32)
    sizes = {"segments": 8, "histories": 12, "crops": usual.crops}
    assert replace(small, **sizes, fine_tune=usual.fine_tune) == usual


def test_clips_that_a_row_learned_from_judge_none():
    clip = Placed(50.0, 52.0, "reaction", "goal roar", "a.wav", 9.0, fold=1)
    truth = ReelTruth(1, 100.0, (clip, replace(clip, fold=4), replace(clip, fold=None)))
    assert [one.group for one in unheard(truth).clips] == ["applause", "reaction", "reaction"]


@pytest.mark.parametrize("low", [None, 0.25])
def test_the_table_shows_intervals_where_there_are_some(low):
    text = table([{"row": "as shipped", "danger": [0.5, low, low and 0.75]}])
    assert "| as shipped | 0.500" + (" (0.250 to 0.750)" if low else " |") in text


def test_rows_and_their_sounds_can_go_to_another_machine(tmp_path):
    given = RowWanted("as shipped", tmp_path, None, (), None, 60, 0)
    function, there = pickle.loads(pickle.dumps((do_row, given)))
    assert (function, there) == (do_row, given)
    (row,) = [row for row in ROWS if row.name == "one simulated ground"]
    for plan in row.keep([random_plan(3, 4.0), reel_plan(1, 4.0)]):
        copied = pickle.loads(pickle.dumps(plan))
        assert copied.score().venue.summary() == plan.score().venue.summary()
        assert copied.score().cues == plan.score().cues


def test_a_row_that_goes_astray_is_named_once_the_others_are_done(tmp_path, monkeypatch, capsys):
    drawn, made = [], []

    def run(row, plans, *_):
        if row.name == "no reels":
            raise InputError("the loss is nan at step 3", "Train slower.")
        made.append(row.name)
        return {"row": row.name}

    monkeypatch.setattr("train.experiments.ablation.run", run)
    monkeypatch.setattr("train.experiments.ablation.simulate_plans", lambda _, plans, *__: drawn.extend(plans))
    only = ["as shipped", "no reels", "one simulated ground"]
    asked = {"work": tmp_path, "open_data": None, "audio": None, "reel": [], "only": only, "every": 60, "seed": 0}
    asked |= {"steps": 2, "minutes": 20.0, "judged_by": 2, "segments": 2}
    with pytest.raises(MomentumError, match="1 of 3"):
        study(Namespace(**asked, cluster=None))
    assert made == ["as shipped", "one simulated ground"]
    assert "no reels: the loss is nan" in capsys.readouterr().err
    names = [plan.name for plan in drawn]
    assert len(names) == len(set(names)) and any(name.endswith("-one-venue") for name in names)
    found = study(Namespace(**{**asked, "only": only[::2]}, cluster=None))
    assert [row["row"] for row in found] == only[::2]
