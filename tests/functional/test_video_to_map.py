"""From videos to average-mAP in the three commands that the pages name, on three small simulated broadcasts."""

import json
from pathlib import Path

import pytest

from engine.app.simulate_broadcast import BroadcastWanted, write_game
from engine.football.soccernet import Spot
from tui.cli.main import main

CORNERS = [Spot(half, 1000 * t, "Corner") for half in (1, 2) for t in (10, 26)]


def untold(step, done, total, note=""):
    pass


def test_simulated_broadcasts_go_from_video_to_average_map_in_three_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("MOMENTUM_HOME", str(tmp_path / "home"))
    games, found = tmp_path / "games", tmp_path / "found"
    for seed, part in enumerate(("train", "valid", "test")):
        folder = games / part / "league" / "season" / f"game {seed}"
        folder.parent.mkdir(parents=True)
        write_game(BroadcastWanted(seed, None, 0.6, fps=4), CORNERS, True, folder, untold)
    videos = sorted(map(str, games.rglob("*.mp4")))
    assert main(["features", *videos, "--video", "pixels"]) == 0
    quick = ["--window", "8", "--stride", "1", "--clusters", "4", "--epochs", "8", "--learning-rate", "0.02"]
    train = ["train", "spotting", str(games), "--features", "Pixels", "--predictions", str(found)]
    assert main([*train, "--model", "mean", *quick]) == 0
    capsys.readouterr()
    assert main(["evaluate", "--soccernet", str(games / "test"), "--predictions", str(found), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["games_without_predictions"] == []
    assert report["figures"]["all"]["Corner"]["events"] == 4
    assert report["figures"]["all"]["Corner"]["value"] > 0.2
