"""A worker that seemed to be lost may do what another does just now: neither disturbs the other, and the bits agree."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app.simulate import MatchWanted
from engine.core.signals import Samples
from engine.simulator.match import play_cue
from engine.simulator.sound_cues import Cue
from engine.simulator.venue import Venue
from train.data import simulated_files
from train.data.simulated import draw, simulate_plans
from train.data.simulated_files import SimulatedFiles, simulate_file
from train.data.simulation_plans import random_plan


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def simulated(folder: Path) -> SimulatedFiles:
    return SimulatedFiles(folder, MatchWanted(minutes=0.2), range(1))


def test_a_match_simulated_in_the_middle_of_the_same_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (task,) = simulated(tmp_path / "once").tasks
    once = task.function(task.given)
    (task,) = simulated(tmp_path / "twice").tasks
    within: list[object] = []

    @contextmanager
    def begins_another():
        def tell(*_: object) -> None:
            if not within:
                within.append(None)
                within[0] = simulate_file(task.given)

        yield tell

    monkeypatch.setattr(simulated_files, "_nobody_told", begins_another)
    assert simulate_file(task.given) == within[0] == once
    assert files(tmp_path / "twice") == files(tmp_path / "once")


def test_a_match_drawn_in_the_middle_of_the_same_one(tmp_path: Path):
    plan = random_plan(1, 2.0)
    simulate_plans(tmp_path / "once", [plan], lambda *_: None)
    within: list[object] = []

    def play(cue: Cue, venue: Venue) -> Samples:
        if not within:
            within.append(None)
            assert list((tmp_path / "twice").glob(".*.part"))
            simulate_plans(tmp_path / "twice", [plan], lambda *_: None)
        return play_cue(cue, venue)

    (tmp_path / "twice").mkdir()
    draw((tmp_path / "twice", replace(plan, play=play)))
    assert within
    assert files(tmp_path / "twice") == files(tmp_path / "once")


def test_what_workers_that_were_killed_left_is_gone_when_all_is_done(tmp_path: Path):
    plan = random_plan(1, 2.0)
    (tmp_path / f".{plan.name}.mel12-abc.part").write_bytes(b"half")
    (tmp_path / f".{plan.name}0.mel12-abc.part").write_bytes(b"another's")
    simulate_plans(tmp_path, [plan], lambda *_: None)
    assert [file.name for file in tmp_path.glob(".*")] == [f".{plan.name}0.mel12-abc.part"]

    made = simulated(tmp_path / "files")
    (tmp_path / "files" / ".match-0.flac-abc.part").write_bytes(b"half")
    made.remove_unfinished()
    assert [file.name for file in (tmp_path / "files").iterdir()] == ["simulated.json"]
