"""Trainings dealt out to workers: the same tensors as in one process, and nothing lost that was done."""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from engine.core.errors import MomentumError, WeightsError
from engine.spotting.matrix_products import by_numpy
from tests.unit.train.fit.spotting.game_folder import PICTURE, SOUND, write_games
from tests.unit.train.jobs.trial_tasks import nobody
from train.fit.spotting import fit, side_by_side
from train.fit.spotting.games import TEST, deal_games
from train.fit.spotting.settings import SpottingSettings
from train.fit.spotting.side_by_side import GameTask, SideBySide, spot_game
from train.fit.spotting.training import compared, train_spotting
from train.fit.spotting.training_job import SpottingWanted, Training, one_thread
from train.jobs.workers import InThisProcess
from tui.cli.main import main

SMALL = SpottingSettings(window_s=6.0, stride_s=1.0, clusters=4, epochs=1, segment_windows=8)
GONE = MomentumError("the scheduler is gone: tcp://desk:8786", "What is done is kept.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    games = tmp_path_factory.mktemp("soccernet")
    write_games(games, rows=120, each=1)
    return games


def depths(folder: Path, work: Path, seeds: int = 1) -> list[Training]:
    """Every depth of fusion."""
    dealt = deal_games(folder, [PICTURE, SOUND], SMALL.vocabulary, None, 0, lambda _: None)
    one = Training(SpottingWanted("m", dealt, SMALL), work / "run", work / "weights" / "m", work / "found")
    return compared(one, True, seeds)


@pytest.fixture(scope="module")
def alone(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process leaves behind."""
    work = tmp_path_factory.mktemp("alone")
    trained(depths(folder, work))
    return left_by(work)


class Elsewhere:
    """Does the newest of a few tasks first, each as it arrives in another process; ``after`` so many it is gone."""

    def __init__(self, after: int = 1000) -> None:
        self.after = after
        self.done: list[str] = []

    def outcomes(self, tasks):
        for task in list(tasks)[::-1]:
            function, given = pickle.loads(pickle.dumps((task.function, task.given)))
            if len(self.done) == self.after:
                raise GONE
            self.done.append(task.name)
            yield task, function(given)

    def count(self) -> int:
        return 8


def trained(trainings: list[Training], workers=None, on_fault=None):
    beside = SideBySide(workers, nobody) if workers else None
    return train_spotting(trainings, lambda _: None, lambda _: None, beside, on_fault or (lambda *_: None))


def left_by(work: Path) -> dict[str, bytes]:
    """All that is for a person: weights, cards and predictions, by name."""
    files = [file for name in ("weights", "found") for file in (work / name).rglob("*") if file.is_file()]
    return {str(file.relative_to(work)): file.read_bytes() for file in files}


def test_dealt_out_every_depth_of_fusion_has_the_same_tensors_figures_and_predictions(folder, alone, tmp_path):
    workers = Elsewhere()
    trained(depths(folder, tmp_path), workers)
    assert left_by(tmp_path) == alone
    assert sum(name.endswith("weights.safetensors") for name in alone) == 4
    assert [name for name in workers.done if name.startswith("m-late")] == ["m-late audio", "m-late video"]
    assert not list((tmp_path / "run").rglob("*.npz"))


def test_where_the_scheduler_was_gone_nothing_is_trained_twice(folder, alone, tmp_path, monkeypatch):
    for after in (2, 8):  # in the middle of the trainings, and among the games
        with pytest.raises(MomentumError, match="the scheduler is gone"):
            trained(depths(folder, tmp_path), Elsewhere(after))
    steps: list[int] = []
    inner = fit.Trainer._step
    monkeypatch.setattr(fit.Trainer, "_step", lambda self, *more: steps.append(1) or inner(self, *more))
    trained(depths(folder, tmp_path))
    assert not steps
    assert left_by(tmp_path) == alone


@pytest.mark.parametrize("dealt_out", [False, True])
def test_a_training_that_goes_astray_is_named_and_the_others_are_saved(folder, tmp_path, monkeypatch, dealt_out):
    inner = fit.fit_model

    def astray(one, *more):
        if one.config.fusion == "logits":
            raise MomentumError("the loss is nan at step 3", "Train with a lower --learning-rate.")
        return inner(one, *more)

    monkeypatch.setattr(fit, "fit_model", astray)
    monkeypatch.setattr(side_by_side, "fit_model", astray)
    said: list[str] = []
    workers = InThisProcess() if dealt_out else None
    found = trained(depths(folder, tmp_path), workers, lambda name, fault: said.append(f"{name}: {fault}"))
    assert [one.config.fusion for one in found] == ["joined", "pooled", "late"]
    assert said == ["m-logits: the loss is nan at step 3"]
    assert not (tmp_path / "weights" / "m-logits").exists()


def test_seeds_are_trainings_of_their_own_on_the_same_games(folder, tmp_path):
    trainings = depths(folder, tmp_path, seeds=2)
    names = [(one.wanted.name, one.wanted.settings.seed, one.run.name) for one in trainings]
    assert names[2:4] == [("m-pooled-seed-0", 0, "pooled-seed-0"), ("m-pooled-seed-1", 1, "pooled-seed-1")]
    assert len({json.dumps(one.wanted.dealt.where, default=str) for one in trainings}) == 1


def test_other_weights_than_those_that_were_meant_spot_nothing(folder, tmp_path):
    (one, *_) = depths(folder, tmp_path)
    trained([one])
    (game,) = one.wanted.dealt.where[TEST]
    with pytest.raises(WeightsError, match="other weights"):
        spot_game(GameTask(one.wanted.dealt.only(TEST, game), TEST, one.target, "0" * 64))


@pytest.mark.skipif(not by_numpy(), reason="products are MLX's here")
def test_training_multiplies_with_one_thread_as_workers_do_however_many_there_are():
    def threads() -> set[int]:
        return {row["num_threads"] for row in threadpool_info() if row["user_api"] == "blas"}

    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(2, "blas"):
        with one_thread():
            assert threads() == {1}
        assert threads() == {2}


@pytest.mark.skipif(not by_numpy(), reason="products are MLX's here")
def test_without_what_holds_threads_back_the_extra_is_named(folder, home, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    assert main(["train", "spotting", str(folder), "--features", PICTURE]) == 2
    said = capsys.readouterr().err.splitlines()[-2:]
    assert said[0].startswith("momentum: threadpoolctl is not installed") and "[train]" in said[1]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--fusion", "each"), "--audio"),
        (("--cluster", "desk"), "tcp://HOST:PORT"),
        (("--settings", "none.toml"), "none.toml"),
    ],
)
def test_a_comparison_that_can_not_be_is_refused_in_two_lines(folder, home, capsys, more, said):
    assert main(["train", "spotting", str(folder), "--features", PICTURE, *more]) in (2, 5)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and said in " ".join(lines)


def test_several_seeds_are_told_in_a_table_with_their_spread(folder, home, capsys):
    quick = ("--window", "6", "--stride", "1", "--clusters", "4", "--epochs", "1", "--seeds", "2")
    assert main(["train", "spotting", str(folder), "--features", PICTURE, *quick]) == 0
    *shown, saved = capsys.readouterr().out.splitlines()
    assert saved.startswith("saved: ")
    assert [line.split()[0] for line in shown if "seed" in line] == ["spotting-seed-0", "spotting-seed-1", "2"]
    assert shown[-1].count("±") == 4
    assert (home / "data" / "spotting" / "spotting-seed-1" / "weights.safetensors").is_file()
