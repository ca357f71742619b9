"""``momentum evaluate`` on drawn matches of noise with a burst at each goal."""

import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from engine.core import grid
from engine.core.files import write_whole_json
from engine.core.paths import shipped_weights
from engine.football.events import Shots
from engine.football.soccernet import Spot
from engine.model.checkpoint import read_config
from engine.simulator.truth import Sounding
from tests.unit.engine.explain.sessions import small_weights
from tests.unit.tui.cli.commands.test_train import bring_in
from train.data import packed_mel as features
from train.data.match_folder import GRID
from train.data.real_sounds.reel_truth import ReelTruth, write_truth
from train.data.simulated import SCHEMA
from train.experiments.broadcasts.official_layout import labels_folder, predictions_zip
from tui.cli.main import main
from tui.cli.show_evaluation import show

MINUTES = 4.0
GOALS_S = (60.0, 120.0, 200.0)


def draw(folder: Path, seed: int) -> None:
    """A match as it is kept when it was simulated, of four minutes with three roars."""
    frames = int(MINUTES * 60 / grid.HOP_S)
    mel = np.random.default_rng(seed).normal(-50.0, 2.0, (frames, grid.MEL_BANDS)).astype(np.float32)
    for goal_s in GOALS_S:
        first = int((goal_s + 1 + seed % 3) / grid.HOP_S)
        mel[first : first + 130, 15:30] += 15.0
    data = features.pack(mel).tobytes()
    (folder / f"simulated-{seed}.mel12").write_bytes(data)
    sounds = [Sounding("roar", t + 1, t + 2, t + 7, 12.0, "goal") for t in GOALS_S]
    write_whole_json(
        folder / f"simulated-{seed}.json",
        {
            "schema": SCHEMA,
            "grid": GRID,
            "seed": seed,
            "minutes": MINUTES,
            "frames": frames,
            "sha256": hashlib.sha256(data).hexdigest(),
            "moments": [{"t_s": t, "goal": True, "xg": 0.4} for t in GOALS_S],
            "play": [[0.0, MINUTES * 60]],
            "sounds": [asdict(sound) for sound in sounds],
            "venue": {},
        },
    )


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    for seed in (0, 1, 2, 3, 50, 51):
        draw(folder, seed)
    return folder


@pytest.fixture
def command(drawn: Path) -> list[str]:
    measured = ["--simulate", "2", "--seed", "50", "--teach", "4", "--teach-seed", "0", "--step", "44", "--draws", "10"]
    return ["evaluate", *measured, "--drawn", str(drawn), "--minutes", str(MINUTES)]


def test_the_index_stands_beside_every_baseline(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    page = tmp_path / "page.html"
    assert main([*command, "--json", "--html", str(page)]) == 0
    report = json.loads(capsys.readouterr().out)
    by_name = {one["name"]: one["figures"] for one in report["listeners"]}
    assert list(by_name) == [
        "index",
        "chance",
        "loudness",
        "crowd-band loudness",
        "boosting",
        "boosting on cries",
        "oracle",
        "informed oracle",
    ]
    assert report["matches"]["danger_events"] == 6
    assert by_name["crowd-band loudness"]["recall_at_1"]["value"] == 1.0
    assert report["trained"] is read_config(shipped_weights() / "default")[0].trained
    assert page.stat().st_mode & 0o777 == 0o600
    show(report)
    text = capsys.readouterr().out
    assert "against how often it was so" in text
    assert "\x1b" not in text  # a file takes it, too
    assert main([*command, "--html", str(page)]) == 2
    assert "there already" in capsys.readouterr().err


def test_without_anything_to_measure_on_it_says_what_there_is(capsys: pytest.CaptureFixture[str]):
    assert main(["evaluate"]) == 2
    assert "--reel" in capsys.readouterr().err


def test_a_match_that_teaches_may_not_judge(capsys: pytest.CaptureFixture[str]):
    assert main(["evaluate", "--simulate", "5", "--seed", "4003", "--teach", "8"]) == 2
    assert "no match does both" in capsys.readouterr().err


def test_matches_of_the_library_are_judged_and_what_the_crowd_did_is_not_made_up(
    drawn: Path, home: Path, capsys: pytest.CaptureFixture[str]
):
    bring_in(home, 2)
    bring_in(home, 1, shots=Shots.UNKNOWN, first=9)
    small_weights(home / "data" / "weights" / "small")
    taught = ["--teach", "4", "--teach-seed", "0", "--drawn", str(drawn), "--minutes", str(MINUTES)]
    page = home / "page.html"
    measured = ["--library", *taught, "--step", "44", "--draws", "10", "--html", str(page)]
    assert main(["evaluate", "--weights", "small", *measured, "--json"]) == 0
    said = capsys.readouterr()
    assert "left out: 2020-05-01-town-9-southport" in said.err
    report = json.loads(said.out)
    by_name = {one["name"]: one["figures"] for one in report["listeners"]}
    assert list(by_name) == ["index", "chance", "loudness", "crowd-band loudness", "boosting", "boosting on cries"]
    assert report["matches"]["danger_events"] == 4
    assert report["matches"]["seen"] == 0
    assert by_name["index"]["chosen_false_per_match"]["value"] is not None
    assert by_name["index"]["chosen_false_on_nothing_per_match"]["value"] is None
    assert by_name["loudness"]["recall_at_5"]["value"] is not None
    assert page.exists()
    assert main(["train", "head", "--weights", "small", "--name", "ours", "--steps", "5"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "--weights", "ours", *measured, "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["matches"]["seen"] == 2


def test_an_empty_library_has_nothing_to_judge_by(capsys: pytest.CaptureFixture[str]):
    assert main(["evaluate", "--library", "--teach", "0"]) == 5
    assert "momentum ingest" in capsys.readouterr().err


def test_folds_come_all_or_not_at_all(capsys: pytest.CaptureFixture[str]):
    assert main(["evaluate", "--reel", "none.flac", "--fold-weights", "default"]) == 2
    assert "--fold-weights" in capsys.readouterr().err


def test_a_reel_without_its_truth_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["evaluate", "--reel", str(tmp_path / "none.flac"), "--teach", "0"]) == 5
    assert "train.experiments.make_reel" in capsys.readouterr().err


def test_anybodys_predictions_are_scored_on_soccernets_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    games = {f"l/s/game {n}": [Spot(1, 1000 * t, "Goal", 0.9) for t in (100, 900)] for n in range(3)}
    labels = labels_folder(games, tmp_path / "labels")
    found = predictions_zip({name: games[name][:1] for name in list(games)[:2]}, tmp_path / "found.zip")
    asked = ["evaluate", "--soccernet", str(labels), "--predictions", str(found), "--draws", "10"]
    assert main([*asked, "--json", "--metric", "tight"]) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert report["games_without_predictions"] == ["l/s/game 2"] and "game 2" in said.err
    assert report["figures"]["all"]["Goal"]["events"] == 6
    assert 0 < report["figures"]["all"]["Goal"]["value"] < 0.5
    assert main(asked) == 0
    assert "Goal" in capsys.readouterr().out
    for wrong, code in ((asked[:3], 2), ([*asked, "--library"], 2), ([*asked, "--metric", "at9"], 2)):
        assert main(wrong) == code
    found.write_bytes(b"PK, but no zip")
    assert main(asked) == 5
    assert "no zip that can be read" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["truth", "sound", "package"])
def test_what_is_missing_is_said_before_anything_is_drawn(tmp_path: Path, capsys, monkeypatch, missing: str):
    monkeypatch.setattr("tui.cli.commands.evaluate._simulated", lambda *_: pytest.fail("drawn already"))
    if missing != "truth":
        write_truth(ReelTruth(1, 60.0), tmp_path / "reel.json")
    if missing == "package":
        (tmp_path / "reel.flac").write_bytes(b"")
        monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    code = main(["evaluate", "--reel", str(tmp_path / "reel.flac")])
    assert code == (2 if missing == "package" else 5)
    assert "sklearn.ensemble is not installed" in capsys.readouterr().err or missing != "package"
