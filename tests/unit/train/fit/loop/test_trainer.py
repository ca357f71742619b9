"""A stage of training: what is killed and started again ends in the same bits."""

import json
from contextlib import closing
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest

from engine.core.errors import MomentumError, UsageError
from train.fit.loop import run_folder
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import PlateauSchedule, Schedule, Trainer

SCHEDULE = Schedule(steps=12, warmup=3, check_every=4, save_every=3, patience=5)


class Killed(Exception):
    pass


def _run(folder: Path, kill_at: int | None = None, schedule: Schedule = SCHEDULE, score=None) -> dict:
    model = nn.Linear(4, 1)
    model.weight, model.bias = mx.ones((1, 4)) / 3, mx.zeros((1,))

    def draw(rng: np.random.Generator) -> np.ndarray:
        return rng.normal(size=(8, 4)).astype(np.float32)

    def loss(model: nn.Module, batch: np.ndarray, key: mx.array) -> mx.array:
        kept = mx.random.bernoulli(0.5, batch.shape, key)
        return ((model(mx.array(batch) * kept) - mx.array(batch[:, :1])) ** 2).mean()

    def tell(progress) -> None:
        if progress.step == kill_at:
            raise Killed

    checks = []

    def check(parameters) -> dict[str, float]:
        checks.append(1)
        return {"score": -abs(float(parameters["weight"][0, 0]) - 1.0) if score is None else score(len(checks))}

    with closing(RunFolder(folder, {"settings": {"steps": schedule.steps}})) as run:
        return Trainer(run.stage("final"), model, schedule, 5, draw, loss, check, tell).run()


@pytest.mark.parametrize("kill_at", [1, 4, 5, 11, 12])
def test_a_killed_run_ends_in_the_weights_of_an_undisturbed_one(tmp_path, kill_at):
    whole = _run(tmp_path / "whole")
    with pytest.raises(Killed):
        _run(tmp_path / "killed", kill_at)
    again = _run(tmp_path / "killed")
    assert whole.keys() == again.keys()
    assert all(mx.array_equal(whole[name], again[name]) for name in whole)
    lines = [(tmp_path / run / "metrics.jsonl").read_text().splitlines() for run in ("whole", "killed")]
    assert [json.loads(line)["loss"] for line in lines[0]] == [json.loads(line)["loss"] for line in lines[1]]


def test_it_stops_when_the_judges_see_nothing_better(tmp_path):
    schedule = Schedule(steps=100, check_every=2, patience=2)
    _run(tmp_path / "run", schedule=schedule, score=lambda check: -float(check))
    rows = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in rows] == [2, 4, 6]


def test_on_a_plateau_the_rate_falls_to_a_tenth_until_it_is_too_small_to_go_on(tmp_path):
    schedule = PlateauSchedule(steps=100, learning_rate=1e-2, least_rate=1e-3, check_every=2, patience=2)
    assert [schedule.rate(5, cuts) for cuts in (0, 1)] == [1e-2, 1e-3]
    _run(tmp_path / "run", schedule=schedule, score=lambda check: -float(check))
    steps = [json.loads(row)["step"] for row in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert steps == [2, 4, 6, 8, 10]


def test_a_run_killed_after_a_plateau_goes_on_at_the_rate_it_had(tmp_path):
    schedule = PlateauSchedule(steps=12, learning_rate=1e-1, check_every=2, patience=1, save_every=1)
    worse = {"schedule": schedule, "score": lambda check: 0.0}
    whole = _run(tmp_path / "whole", **worse)
    with pytest.raises(Killed):
        _run(tmp_path / "killed", 5, **worse)
    again = _run(tmp_path / "killed", **worse)
    assert all(mx.array_equal(whole[name], again[name]) for name in whole)
    lines = [(tmp_path / run / "metrics.jsonl").read_text() for run in ("whole", "killed")]
    assert lines[0] == lines[1]


def test_a_folder_with_another_run_is_refused_and_says_what_differs(tmp_path):
    RunFolder(tmp_path, {"settings": {"seed": 1, "steps": 3}}).close()
    with pytest.raises(UsageError, match="seed was 1 and is 2"):
        RunFolder(tmp_path, {"settings": {"seed": 2, "steps": 3}})


def test_two_processes_do_not_share_a_folder(tmp_path):
    with closing(RunFolder(tmp_path, {})), pytest.raises(UsageError, match="another process"):
        RunFolder(tmp_path, {})


def test_a_task_waits_for_the_worker_that_is_still_at_it_and_takes_the_run_over(tmp_path, monkeypatch):
    """Whose command was killed; the next one was told that another process is training, and that it had failed."""
    orphan = RunFolder(tmp_path, {})
    monkeypatch.setattr(run_folder, "sleep", lambda _: orphan.close())
    with closing(RunFolder(tmp_path, {}, patience_s=60.0)) as run:
        assert run.resumed


def test_a_loss_that_is_no_number_ends_the_run(tmp_path):
    model = nn.Linear(1, 1)
    with closing(RunFolder(tmp_path, {})) as run, pytest.raises(MomentumError, match="nan"):
        Trainer(
            run.stage("final"), model, SCHEDULE, 0, lambda rng: 0.0,
            lambda model, batch, key: model.weight.sum() * float("nan"), None, lambda progress: None,
        ).run()  # fmt: skip


def test_files_are_the_owner_s_alone(tmp_path):
    _run(tmp_path / "run")
    assert {file.stat().st_mode & 0o077 for file in (tmp_path / "run").iterdir()} == {0}


def test_a_run_begun_when_settings_had_other_names_goes_on(tmp_path):
    old = {"strips": 8, "pieces": {"stretches": 40, "pieces": 5}, "sharpen": {"copies": 2}, "strip_windows": 3}
    new = {"segments": 8, "crops": {"stretches": 40, "crops": 5}, "fine_tune": {"copies": 2}, "segment_windows": 3}
    RunFolder(tmp_path, {"settings": old}).close()
    with closing(RunFolder(tmp_path, {"settings": new})) as run:
        assert run.resumed
    with pytest.raises(UsageError, match="segments was 8 and is 9"):
        RunFolder(tmp_path, {"settings": {**new, "segments": 9}})
