"""A sweep over spotting: chosen on valid games, whatever lies in the test games, and the best can be trained again."""

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="needs the extra 'sweep'")

from engine.core.errors import UsageError
from tests.unit.train.fit.spotting.game_folder import PICTURE, SOUND, write_games
from train.fit.loop.run_folder import RunFolder
from train.fit.spotting.games import DealtGames, deal_games
from train.fit.spotting.settings import SpottingSettings
from train.recipes.sweep.space import Choice, Space, read_space
from train.recipes.sweep.spotting_sweep import KNOBS, SweptSpotting, knobs_for
from train.recipes.sweep.trial import TrialWanted, do_trial
from tui.cli.main import main

SPACE = """\
[space]
model = {choices = ["mean", "netvlad"]}
fusion = {choices = ["pooled", "late"]}
window_s = {choices = [4.0, 8.0]}
"schedule.learning_rate" = {low = 1e-2, high = 5e-2, log = true}
apart_s = {low = 4, high = 20}

[fixed]
epochs = 2
clusters = 4
stride_s = 1.0
segment_windows = 8
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Games of which those to test on can't be read: whoever opened them would be refused."""
    games = tmp_path_factory.mktemp("games") / "soccernet"
    write_games(games, rows=120, each=1)
    for file in (games / "test").rglob("*.*"):
        file.write_bytes(b"nothing that anybody can read")
    return games


@pytest.fixture
def sweep(folder: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The command over these games, with its exit code and what it said."""
    (tmp_path / "space.toml").write_text(SPACE)

    def swept(*more: object, games: Path = folder):
        asked = ["--spotting", games, "--features", PICTURE, "--study", tmp_path / "study"]
        code = main(["train", "sweep", *map(str, [*asked, *more])])
        return code, capsys.readouterr()

    return swept


def dealt(folder: Path) -> DealtGames:
    return deal_games(folder, [PICTURE, SOUND], SpottingSettings().vocabulary, None, 0, lambda _: None)


def wanted(folder: Path, work: Path, earlier=None, **params) -> TrialWanted:
    space = Space({"model": Choice(("mean",))}, {"epochs": 3, "window_s": 4.0, "stride_s": 1.0, "segment_windows": 8})
    return TrialWanted(0, params, 0, SweptSpotting.of(space, dealt(folder), ()).learner, earlier, work)


def test_the_best_settings_of_a_sweep_train_to_the_score_that_it_told(sweep, folder, tmp_path, capsys):
    code, said = sweep("--audio", SOUND, "--space", tmp_path / "space.toml", "--trials", 3)
    assert code == 0, said.err
    report = json.loads((tmp_path / "study" / "report.json").read_text())
    assert {name: len(games) for name, games in report["games"].items()} == {
        "trained_on": 1,
        "chosen_by": 1,
        "not_opened": 1,
    }
    assert [row["state"] for row in report["trials"]] == ["complete"] * 3
    assert "1 test games were not opened" in said.out and "average-mAP" in said.out
    best = tmp_path / "study" / "best.toml"
    command = said.out.splitlines()[-1].removeprefix("train with the best: momentum ")
    assert command == f"train spotting {folder} --features {PICTURE} --audio {SOUND} --settings {best}"
    games = tmp_path / "games"
    shutil.copytree(folder, games)
    shutil.rmtree(games / "test")
    assert main([*command.replace(str(folder), str(games)).split(), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)["measured"]
    assert measured["valid_average_map_loose"] == pytest.approx(report["best"]["score"], abs=5e-5)


def test_games_that_changed_since_are_no_more_the_same_sweep(sweep, folder, tmp_path):
    games = tmp_path / "games"
    shutil.copytree(folder, games)
    quick = ("--space", tmp_path / "space.toml", "--trials", 1)
    (tmp_path / "space.toml").write_text(SPACE.replace("fusion =", "events =").replace('"pooled", "late"', '"nms"'))
    assert sweep(*quick, games=games)[0] == 0
    assert "going on with the sweep" in sweep(*quick, games=games)[1].err
    file = next((games / "valid").rglob(f"1_{PICTURE}.npy"))
    shutil.copy(file.with_name(f"2_{PICTURE}.npy"), file)
    code, said = sweep(*quick, games=games)
    assert code == 2 and "begun otherwise" in said.err.splitlines()[-2]


def test_a_trial_that_was_killed_goes_on_to_the_same_score(folder, tmp_path, monkeypatch):
    whole = do_trial(wanted(folder, tmp_path / "whole"))
    assert [epoch for epoch, _ in whole["curve"]] == [1, 2, 3]
    assert whole["score"] == whole["figures"]["average_map"]
    inner = RunFolder.append

    def killed(self, row) -> None:
        inner(self, row)
        raise KeyboardInterrupt  # the check is written down, the state that follows it is not

    monkeypatch.setattr(RunFolder, "append", killed)
    with pytest.raises(KeyboardInterrupt):
        do_trial(wanted(folder, tmp_path / "killed"))
    monkeypatch.undo()
    assert do_trial(wanted(folder, tmp_path / "killed")) == whole


def test_a_trial_below_the_earlier_ones_is_ended_and_a_late_fusion_never(folder, tmp_path):
    better = [((1, 1.1), (2, 1.1))] * 4
    ended = do_trial(wanted(folder, tmp_path / "one", better, model="mean"))
    assert (ended["state"], len(ended["curve"])) == ("pruned", 1)
    late = do_trial(wanted(folder, tmp_path / "late", better, model="mean", fusion="late"))
    assert (late["state"], late["curve"]) == ("complete", [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('model = {choices = ["resnet"]}', "no model 'resnet'"),
        ('events = {choices = ["all"]}', "no way of making events"),
        ("window_s = {choices = [true]}", "can't be True"),
        ('delay_s = {choices = ["soon"]}', "can't be 'soon'"),
        ('vocabulary = {choices = ["danger"]}', "no choice of a sweep"),
        ('"schedule.steps" = {low = 1, high = 9}', "no choice of a sweep"),
    ],
)
def test_a_space_that_spotting_does_not_know_is_refused_before_anything_is_tried(tmp_path, text, said):
    (tmp_path / "space.toml").write_text(f"[space]\n{text}\n")
    with pytest.raises(UsageError) as raised:
        read_space(tmp_path / "space.toml", KNOBS)
    assert said in raised.value.message


def test_the_usual_space_has_fusions_where_there_are_two_channels():
    assert set(read_space(None, KNOBS).tried) - set(read_space(None, knobs_for(1)).tried) == {"fusion"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--simulate", 3), "different things"),
        (("--space", "space.toml"), "one channel"),
        (("--vocabulary", "v3"), "no vocabulary 'v3'"),
    ],
)
def test_a_sweep_over_spotting_that_makes_no_sense_is_refused_in_two_lines(sweep, tmp_path, monkeypatch, more, said):
    monkeypatch.chdir(tmp_path)
    code, told = sweep(*more)
    assert code == 2 and said in told.err.splitlines()[-2]


def test_what_is_typed_stands_above_best_toml_and_that_above_what_nobody_typed(folder, home, tmp_path):
    (tmp_path / "best.toml").write_text("[fixed]\nclusters = 4\nepochs = 1\nwindow_s = 4.0\nstride_s = 1.0\n")
    games = tmp_path / "games"
    shutil.copytree(folder, games)
    shutil.rmtree(games / "test")
    command = ["train", "spotting", str(games), "--features", PICTURE, "--settings", str(tmp_path / "best.toml")]
    assert main([*command, "--clusters", "8"]) == 0
    run = json.loads((home / "cache" / "runs" / "spotting-spotting" / "run.json").read_text())["settings"]
    assert (run["clusters"], run["epochs"], run["window_s"], run["gamma"]) == (8, 1, 4.0, 0.0)


def test_options_that_nobody_typed_are_the_settings_of_a_trial(folder, home, tmp_path, monkeypatch):
    """Otherwise best.toml, which has what was tried alone, would train something else than the trial."""
    asked = []
    monkeypatch.setattr("train.fit.spotting.training.compared", lambda training, *_: asked.append(training) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["train", "spotting", str(folder), "--features", PICTURE])
    assert asked[0].wanted.settings == KNOBS.usual == SpottingSettings()
