"""Rows trained and measured, or taken from where they are; and which rows there are, by what is given."""

import pickle
import shutil
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError, MomentumError
from tests.unit.train.experiments.ablation.perfect import perfect
from tests.unit.train.experiments.sourced_sounds import COLUMNS, YES, write_sounds
from train.data.real_sounds.reel_truth import ReelTruth
from train.data.simulated import simulate_plans
from train.data.simulation_plans import random_plan
from train.experiments.ablation.rows import ROWS
from train.experiments.ablation.study import RowWanted, do_row, run, study
from train.fit.fit_network import Trained
from train.fit.stages import new_network

AT = "train.experiments.ablation.study"
RECORDED = "recorded sounds among the reels"
TOLD = "the same with a tagger as second teacher"
GROUPS = "recorded groups of people as well"
PLANS = [replace(random_plan(1, 2.0), recorded=True)], [random_plan(2, 2.0)]


@pytest.fixture(scope="module")
def once(tmp_path_factory) -> Path:
    """A folder in which the sounds of ``PLANS`` are drawn."""
    folder = tmp_path_factory.mktemp("once")
    simulate_plans(folder / "sounds", [*PLANS[0], *PLANS[1]], lambda *_: None)
    return folder


@pytest.fixture
def work(once, tmp_path) -> Path:
    """A work folder in which nothing is trained yet."""
    return shutil.copytree(once, tmp_path / "work")


@pytest.fixture
def trained(monkeypatch) -> list[int]:
    """The seeds of the rows that were trained; none is in truth."""
    seeds = []

    def train_network(data, settings, kept, *_):
        if not (kept.path / "whole").exists():
            seeds.append(settings.seed)
        (kept.path / "whole").touch()
        return Trained(new_network(settings), data)

    monkeypatch.setattr(f"{AT}.train_network", train_network)
    monkeypatch.setattr(f"{AT}.predict", lambda _, val_matches: [perfect(one) for one in val_matches])
    return seeds


def test_a_row_is_taken_up_again_only_where_it_was_made_from_the_same(work, trained):
    first = run(ROWS[0], PLANS, work, [], [], 0)
    assert run(ROWS[0], PLANS, work, [], [], 0) == first
    assert trained == [0]
    run(ROWS[0], PLANS, work, [], [], 1)
    assert trained == [0, 1]


def test_a_row_that_other_reels_judge_is_not_trained_again(work, trained, monkeypatch):
    monkeypatch.setattr(f"{AT}.measure_reels", lambda _, reels, __: {"reels": [len(reels), None, None]})
    reels = [(np.zeros((0, 64), np.float32), ReelTruth(1, 60.0))]
    judged = [run(ROWS[0], PLANS, work, some, [], 0)["reels"][0] for some in ([], reels)]
    assert (judged, trained) == ([0, 1], [0])


def test_a_row_that_a_tagger_teaches_is_refused_where_none_was_asked(work, trained):
    (told,) = [row for row in ROWS if row.name == TOLD]
    with pytest.raises(InputError, match="no tagger was asked"):
        run(told, PLANS, work, [], [], 0)
    assert trained == []


def test_a_row_can_go_to_another_machine(tmp_path):
    given = RowWanted("as shipped", tmp_path, None, (), None, 60, 0)
    assert pickle.loads(pickle.dumps((do_row, given))) == (do_row, given)


@pytest.fixture
def drawn(monkeypatch) -> list:
    """The plans that would be drawn; each row says its name."""
    plans = []
    monkeypatch.setattr(f"{AT}.simulate_plans", lambda _, some, *__: plans.extend(some))
    monkeypatch.setattr(f"{AT}.run", lambda row, *_: {"row": row.name})
    return plans


def asked(work: Path, **changed) -> Namespace:
    usual = {"work": work, "open_data": None, "audio": None, "sounds": [], "taggers": None, "reel": [], "only": []}
    size = {"every": 60, "seed": 0, "steps": 2, "minutes": 20.0, "judged_by": 2, "segments": 2}
    return Namespace(**usual | size | changed, cluster=None)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> dict[str, Path]:
    """A folder with a song that may teach, and one with a group of people who cheer."""
    folders = {}
    for kind, what in (("music", "song"), ("people", "cheer")):
        folders[kind] = tmp_path_factory.mktemp(kind)
        row = ("a/one.flac", kind, what, "", YES, "maker 2")
        write_sounds(folders[kind], COLUMNS, [row], lambda _, rng: 0.1 * rng.normal(size=4000))
    return folders


def test_rows_whose_sounds_are_not_given_are_left_out(tmp_path, drawn, recordings, monkeypatch):
    def rows(**given) -> set[str]:
        return {row["row"] for row in study(asked(tmp_path, **given))}

    monkeypatch.setattr(f"{AT}.load_sounds", lambda *_: [])
    monkeypatch.setattr(f"{AT}.ear_in", lambda _: lambda sound: np.zeros((1, 1), np.float32))
    every = {row.name for row in ROWS}
    usual = every - {RECORDED, TOLD, GROUPS, "real sounds laid over"}
    music, both = [recordings["music"]], list(recordings.values())
    assert rows() == rows(taggers=tmp_path) | rows(audio=tmp_path) - {"real sounds laid over"} == usual
    assert rows(sounds=music) == usual | {RECORDED}
    assert rows(sounds=music, taggers=tmp_path) == usual | {RECORDED, TOLD}
    assert rows(sounds=both, taggers=tmp_path, audio=tmp_path) == every


def test_a_tagger_is_asked_of_the_recorded_reels_and_groups_of_people_are_heard_in_others(
    tmp_path, drawn, recordings, monkeypatch
):
    def ear(sound):
        return sound

    monkeypatch.setattr(f"{AT}.ear_in", lambda _: ear)
    only = ["as shipped", RECORDED, TOLD, GROUPS]
    study(asked(tmp_path, sounds=list(recordings.values()), taggers=tmp_path, only=only))
    plans = {plan.name: plan for plan in drawn}
    assert len(plans) == len(drawn)
    recorded = [plan for plan in drawn if plan.recorded]
    assert {plan.name.endswith("-groups") for plan in recorded if plan.ear is None} == {True}
    assert {plan.name.endswith("-groups") for plan in recorded if plan.ear is ear} == {False}
    assert len(recorded) >= 2


def test_a_row_that_goes_astray_is_named_once_the_others_are_done(tmp_path, drawn, monkeypatch, capsys):
    made = []

    def run(row, plans, *_):
        if row.name == "no reels":
            raise InputError("the loss is nan at step 3", "Train slower.")
        made.append(row.name)
        return {"row": row.name}

    monkeypatch.setattr(f"{AT}.run", run)
    only = ["as shipped", "no reels", "one simulated ground"]
    with pytest.raises(MomentumError, match="1 of 3"):
        study(asked(tmp_path, only=only))
    assert made == ["as shipped", "one simulated ground"]
    assert "no reels: the loss is nan" in capsys.readouterr().err
    names = [plan.name for plan in drawn]
    assert len(names) == len(set(names)) and any(name.endswith("-one-venue") for name in names)
    found = study(asked(tmp_path, only=only[::2]))
    assert [row["row"] for row in found] == only[::2]
