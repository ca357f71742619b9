"""``momentum train``."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from engine.core.extras import installing
from engine.core.grid import SAMPLE_RATE_HZ
from engine.football.alignment.result import by_hand
from engine.football.events import Shots
from tests.unit.engine.explain.sessions import small_weights
from tests.unit.train.data.intake.test_take_reviews import review, session, sound
from tests.unit.train.matches import match_events
from train.data.library import Library
from train.data.match_folder import Provenance
from tui.cli.commands.train import _curves
from tui.cli.main import main
from tui.cli.output import print_lines

SMALL_BATCHES = '[fixed]\nsegments = 2\n"columns.steps" = 2\n"crops.stretches" = 2\n"crops.crops" = 2\n'
"""Settings with which a step of an encoder takes a moment."""


def bring_in(home: Path, count: int, goals: int = 2, shots: Shots = Shots.WITH_XG, first: int = 0) -> None:
    """Matches of four minutes whose goals are answered by ten loud seconds."""
    library = Library(home / "data" / "library")
    for number in range(first, first + count):
        rng = np.random.default_rng(number)
        mel = rng.normal(-50.0, 2.0, (int(240 / grid.HOP_S), grid.MEL_BANDS)).astype(np.float32)
        for goal in range(1, goals + 1):
            first = int((10 + 60 * goal) / grid.HOP_S)
            mel[first : first + 215, 20:40] += 25.0
        provenance = Provenance("m.wav", 1, f"{number:064x}", "2026-11-20T15:00:00Z", "momentum test")
        with library.incoming() as incoming:
            incoming.features.write(mel)
            events = replace(match_events(f"Town {number}", goals), shots=shots)
            incoming.finish(events, by_hand({1: 10.0, 2: 3700.0}), provenance)


def test_an_empty_library_is_refused_with_what_to_do(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "encoder"]) == 5
    said = capsys.readouterr().err.splitlines()[-2:]
    assert "too few" in said[0]
    assert "--simulate" in said[1]
    assert main(["train", "head"]) == 5


def test_matches_without_any_danger_are_refused(home: Path, capsys: pytest.CaptureFixture[str]):
    bring_in(home, 3, goals=0)
    assert main(["train", "encoder", "--histories", "4"]) == 5
    assert "danger" in capsys.readouterr().err


@pytest.fixture(autouse=True)
def small(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small weights are what settings choose: a head of theirs is fitted in a moment."""
    small_weights(home / "data" / "weights" / "small")
    monkeypatch.setenv("MOMENTUM_WEIGHTS", "small")


def test_a_head_is_fitted_and_installed(home: Path, capsys: pytest.CaptureFixture[str]):
    bring_in(home, 3)
    assert main(["train", "head", "--name", "ours", "--steps", "5", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["measured"]["on"] == "matches that were not learned from"
    assert main(["weights", "verify", "ours"]) == 0
    assert main(["weights", "list"]) == 0
    assert "\nours " in capsys.readouterr().out


def test_a_run_folder_goes_on_with_the_same_settings_alone(home: Path, capsys: pytest.CaptureFixture[str]):
    bring_in(home, 3)
    same = ["train", "head", "--steps", "2"]
    assert main(same) == 0
    assert main(same) == 0
    assert "going on" in capsys.readouterr().err
    assert main([*same, "--seed", "4"]) == 2
    assert "seed was 0 and is 4" in capsys.readouterr().err


def test_encoder_and_head_are_trained_together(home: Path, capsys: pytest.CaptureFixture[str]):
    bring_in(home, 3)
    settings = home / "settings.toml"
    settings.write_text(SMALL_BATCHES)
    args = ["--steps", "2", "--fold-steps", "1", "--sharpen-steps", "0", "--histories", "2", "--name", "whole"]
    assert main(["train", "encoder", *args, "--settings", str(settings), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["measured"]["learned_from_matches"] == 2
    assert (Path(shown["folder"]) / "CARD.md").read_text().startswith("# whole")
    assert [json.loads(line)["stage"] for line in (Path(shown["run"]) / "metrics.jsonl").read_text().splitlines()] == [
        "fold-0-columns",
        "fold-0",
        "fold-1-columns",
        "fold-1",
        "final-columns",
        "final",
    ]


@pytest.mark.parametrize("name", ["default", "../out", "a b", ""])
def test_names_that_would_land_elsewhere_are_refused(home: Path, name: str):
    bring_in(home, 3)
    assert main(["train", "head", "--steps", "1", "--name", name]) == 2


def test_simulated_and_own_matches_are_not_mixed(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "encoder", "some-match", "--simulate", "3"]) == 2


def test_the_curves_of_a_training_end_their_lines_without_codes(capsys: pytest.CaptureFixture[str]):
    rows = [{"stage": "head", "step": step, "loss": 1.0 / (1 + step), "score": 0.1 * step} for step in range(4)]
    (curve,) = _curves(rows)
    print_lines(curve)
    shown = capsys.readouterr().out
    assert "loss" in shown
    assert "[0m" not in shown


def test_a_goals_only_match_is_left_out_and_the_head_is_fitted_to_the_rest(
    home: Path, capsys: pytest.CaptureFixture[str]
):
    bring_in(home, 3)
    bring_in(home, 1, shots=Shots.UNKNOWN, first=3)
    assert main(["train", "head", "--steps", "2", "--json"]) == 0
    said = capsys.readouterr()
    assert "left out: 2020-05-01-town-3-southport" in said.err
    assert "only its goals are known" in said.err
    assert json.loads(said.out)["measured"]["learned_from_matches"] == 2


def test_a_library_of_goals_alone_says_which_rule_can_use_it(home: Path, capsys: pytest.CaptureFixture[str]):
    bring_in(home, 3, shots=Shots.UNKNOWN)
    assert main(["train", "head", "--steps", "2"]) == 5
    assert "--labels goal-window" in capsys.readouterr().err.splitlines()[-1]


def test_weights_that_were_not_judged_better_are_no_default_without_install_anyway(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    bring_in(home, 3)
    same = ["train", "head", "--name", "ours", "--steps", "2"]
    assert main([*same, "--json"]) == 0
    said = capsys.readouterr()
    shown = json.loads(said.out)
    assert shown["compared"]["verdict"] == "not judged"
    assert shown["may_be_default"] is False
    assert "5 are needed" in said.err
    assert "--install-anyway" in said.err
    assert main(["weights", "list", "--json"]) == 0
    (row,) = [row for row in json.loads(capsys.readouterr().out) if row["name"] == "ours"]
    assert row["standing"] == "not judged against small; only with --weights"
    assert main(["weights", "show", "ours", "--json"]) == 0
    assert "was not judged against small" in json.loads(capsys.readouterr().out)["card"]
    sound = home / "match.wav"
    soundfile.write(sound, np.zeros(SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    assert main(["score", str(sound), "--weights", "ours", "--json"]) == 0
    monkeypatch.setenv("MOMENTUM_WEIGHTS", "ours")
    capsys.readouterr()
    assert main(["score", str(sound), "--json"]) == 4
    refused = capsys.readouterr().err.splitlines()
    assert "can't be the default: not judged against small" in refused[0]
    assert "--install-anyway" in refused[1]
    monkeypatch.setenv("MOMENTUM_WEIGHTS", "small")
    assert main([*same, "--install-anyway"]) == 0
    monkeypatch.setenv("MOMENTUM_WEIGHTS", "ours")
    assert main(["score", str(sound), "--json"]) == 0


def test_a_session_with_too_few_reviews_is_added_and_its_head_refused_with_how_many_are_needed(
    home: Path, capsys: pytest.CaptureFixture[str]
):
    with session(home / "data" / "sessions", sound(120.0)) as reader:
        review(reader)
    assert main(["library", "add-reviews", "latest", "--json"]) == 0
    (added,) = json.loads(capsys.readouterr().out)
    assert (added["right"], added["wrong"], added["deaf"]) == (2, 1, 0)
    assert main(["library", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["reviews"], row["usable"]) == (added["match_id"], 3, True)
    assert main(["library", "show", added["match_id"]]) == 0
    assert main(["library", "align", added["match_id"], "--kickoff", "1:00"]) == 2
    capsys.readouterr()
    assert main(["train", "head", "--steps", "2"]) == 5
    assert "3 reviewed spikes (2 right, 1 wrong); 30 are needed" in capsys.readouterr().err
    bring_in(home, 3)
    assert main(["train", "head", "--steps", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["measured"]["learned_from_reviewed_spikes"] == 3


def test_a_session_without_sound_is_refused_in_two_lines(home: Path, capsys: pytest.CaptureFixture[str]):
    with session(home / "data" / "sessions", None) as reader:
        review(reader)
    assert main(["library", "add-reviews", reader.name]) == 5
    assert capsys.readouterr().err.splitlines() == [
        f"momentum: session {reader.name} kept no sound, so there is nothing to learn its reviews from",
        "  Record with --sound to keep it.",
    ]


def test_without_optuna_a_sweep_says_which_extra_to_install(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    for name in [name for name in sys.modules if name.startswith("train.recipes.sweep.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(["train", "sweep", "--trials", "2"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and said[1] == f"  {installing('sweep')}"


def test_the_space_that_is_printed_is_one_that_can_be_given(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    pytest.importorskip("optuna", reason="needs the extra 'sweep'")
    assert main(["train", "sweep", "--show-space"]) == 0
    (tmp_path / "space.toml").write_text(capsys.readouterr().out)
    assert main(["train", "sweep", "--space", str(tmp_path / "space.toml")]) == 5
    assert "0 matches are too few" in capsys.readouterr().err


@pytest.mark.parametrize(
    "asked", [["--hours", "0"], ["--hours", "nan"], ["--hours", "-1"], ["--trials", "3", "--hours", "0"]]
)
def test_a_sweep_of_no_hours_at_all_was_begun_with_thirty_trials(
    home: Path, capsys: pytest.CaptureFixture[str], asked: list[str]
):
    pytest.importorskip("optuna", reason="needs the extra 'sweep'")
    assert main(["train", "sweep", *asked]) == 2
    assert "without an end" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [("[fixed]\nnope = 1", "no setting 'nope'"), ("[space]", "no [fixed]"), ("[fixed]\ndropout = 'a'", "can't be")],
)
def test_settings_that_make_no_sense_train_nothing(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
):
    (tmp_path / "s.toml").write_text(text)
    assert main(["train", "encoder", "--settings", str(tmp_path / "s.toml")]) in (2, 5)
    assert said in capsys.readouterr().err
