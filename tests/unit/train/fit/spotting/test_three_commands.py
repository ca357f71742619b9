"""From a folder of games to average-mAP: training, predictions, evaluation, as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core.made_by import MadeBy
from engine.spotting.config import FUSIONS
from engine.spotting.spot import FeatureTrack, spot
from engine.spotting.weights import load_spotting
from tests.unit.train.fit.spotting.game_folder import LABELS, PICTURE, SOUND, write_game, write_games
from train.fit.spotting import fit, training
from train.fit.spotting.games import PARTS, read_games, write_splits
from tui.cli.main import main

QUICK = ("--window", "10", "--stride", "1", "--clusters", "8", "--learning-rate", "0.02", "--epochs", "12")
MEAN = "mean of classes that happen"
Answer = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    games = tmp_path_factory.mktemp("soccernet")
    write_games(games)
    return games


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Answer:
    monkeypatch.setenv("MOMENTUM_HOME", str(tmp_path / "home"))

    def asked(*arguments: object) -> Any:
        code = main([*map(str, arguments), "--json"])
        said = capsys.readouterr()
        assert code == 0, said.err
        return json.loads(said.out)

    return asked


def test_small_games_go_from_features_to_an_average_map_far_above_chance(folder, answer, tmp_path):
    found = tmp_path / "found"
    trained = answer("train", "spotting", folder, "--features", PICTURE, *QUICK, "--predictions", found)
    assert trained["games_predicted"] == 1
    assert trained["measured"]["test_window_map"] > 0.6
    assert Path(trained["folder"], "CARD.md").read_text().count("a_league/2020-2021/game") == 3
    (game,) = found.rglob("results_spotting.json")
    assert {one["label"] for one in json.loads(game.read_text())["predictions"]} >= set(LABELS)
    judged = answer("evaluate", "--soccernet", folder / "test", "--predictions", found, "--draws", 10)
    value = judged["figures"]["all"][MEAN]["value"]
    assert value > 0.6
    assert value == pytest.approx(trained["measured"]["test_average_map_loose"], abs=1e-4)
    assert chance(folder, answer, tmp_path, game) < 0.4


def chance(folder: Path, answer: Answer, tmp_path: Path, game: Path) -> float:
    """The same number of predictions of the same labels, at moments that mean nothing."""
    document, rng = json.loads(game.read_text()), np.random.default_rng(0)
    for one in document["predictions"]:
        one["position"] = str(int(rng.integers(240_000)))
        one["confidence"] = str(round(float(rng.random()), 3))
    guessed = tmp_path / "guessed" / game.relative_to(tmp_path / "found")
    guessed.parent.mkdir(parents=True)
    guessed.write_text(json.dumps(document))
    judged = answer("evaluate", "--soccernet", folder / "test", "--predictions", tmp_path / "guessed", "--draws", 10)
    return float(judged["figures"]["all"][MEAN]["value"])


@pytest.fixture(scope="module")
def each_sees_another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Games whose goals are only heard and whose corners are only seen."""
    games = tmp_path_factory.mktemp("both")
    write_games(games, seen=("Corner", "Yellow card"), heard=("Goal", "Yellow card"), each=6)
    return games


@pytest.mark.parametrize("fusion", FUSIONS)
def test_every_depth_of_fusion_finds_what_is_only_seen_and_what_is_only_heard(each_sees_another, answer, fusion):
    trained = answer(
        "train", "spotting", each_sees_another, "--features", PICTURE, "--audio", SOUND, "--fusion", fusion, *QUICK
    )
    weights = load_spotting(Path(trained["folder"]))
    game = each_sees_another / "test" / "a_league" / "2020-2021" / "game 2"
    truth = json.loads((game / "Labels-v2.json").read_text())["annotations"]
    tracks = {
        name: FeatureTrack(np.load(game / f"1_{features}.npy"), 2.0)
        for name, features in (("video", PICTURE), ("audio", SOUND))
    }
    events = sorted(spot(tracks, weights), key=lambda event: -event.confidence)
    for label in ("Goal", "Corner"):
        at_s = [int(one["position"]) / 1000 for one in truth if one["label"] == label and one["gameTime"][0] == "1"]
        surest = [event for event in events if event.label == label][: len(at_s)]
        right = sum(any(abs(event.t_s - t) <= 5 for t in at_s) for event in surest)
        assert right >= 4, (label, right)
    if fusion == "late":
        assert all(set(event.shares) == {"video", "audio"} for event in events)
        assert spot({"audio": tracks["audio"]}, weights), "a late fusion speaks of the channels that there are"


def test_a_killed_training_ends_in_the_weights_of_an_undisturbed_one(folder, answer, monkeypatch, tmp_path):
    asked = ("train", "spotting", folder, "--features", PICTURE, *QUICK, "--epochs", "3")
    whole = answer(*asked, "--run", tmp_path / "whole")
    inner = training.fit_spotting
    ways = iter((3, None))

    def killed(games, config, settings, run, tell, *others):
        kill_at = next(ways)

        def told(at):
            tell(at)
            if at.step == kill_at:
                raise KeyboardInterrupt

        return inner(games, config, settings, run, told, *others)

    monkeypatch.setattr(training, "fit_spotting", killed)
    assert main([*map(str, asked), "--run", str(tmp_path / "killed")]) == 130
    again = answer(*asked, "--run", tmp_path / "killed")
    assert again["sha256"] == whole["sha256"]


def test_calf_learns_to_detect(tmp_path, answer, monkeypatch):
    monkeypatch.setattr(fit, "_CALF_BATCH", 6)
    monkeypatch.setattr(fit, "_CALF_CHECKED", 1)
    write_games(tmp_path / "games", each=6)
    trained = answer(
        "train", "spotting", tmp_path / "games", "--features", PICTURE, "--model", "calf", "--window", "16",
        "--epochs", "14", "--learning-rate", "0.01", "--vocabulary", "danger",
    )  # fmt: skip
    weights = load_spotting(Path(trained["folder"]))
    game = tmp_path / "games" / "test" / "a_league" / "2020-2021" / "game 2"
    truth = json.loads((game / "Labels-v2.json").read_text())["annotations"]
    goals = [int(one["position"]) / 1000 for one in truth if one["label"] == "Goal" and one["gameTime"][0] == "1"]
    events = spot({"video": FeatureTrack(np.load(game / f"1_{PICTURE}.npy"), 2.0)}, weights)
    surest = sorted(events, key=lambda event: -event.confidence)[: len(goals)]
    assert sum(any(abs(event.t_s - t) <= 5 for t in goals) for event in surest) >= 4


def test_a_causal_model_tells_a_moment_within_its_delay_and_never_reads_on(folder, answer):
    trained = answer("train", "spotting", folder, "--features", PICTURE, "--causal", "3", "--model", "netvlad", *QUICK)
    weights = load_spotting(Path(trained["folder"]))
    assert "told 3 s after" in Path(trained["folder"], "CARD.md").read_text()
    values = np.load(folder / "test" / "a_league" / "2020-2021" / "game 2" / f"1_{PICTURE}.npy")
    whole = spot({"video": FeatureTrack(values, 2.0)}, weights)
    assert len(whole) > 5
    assert all(event.told_s == pytest.approx(event.t_s + 3.5) for event in whole)
    cut = 240
    so_far = spot({"video": FeatureTrack(values[:cut], 2.0)}, weights)
    early = [event for event in whole if event.told_s <= cut / 2 - 0.5]
    assert early
    for event in early:
        assert any(
            mine.label == event.label and mine.t_s == event.t_s and abs(mine.confidence - event.confidence) < 1e-5
            for mine in so_far
        )


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main(["train", "spotting", *map(str, arguments)])
    said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith(("dealt", "a_league"))]
    assert len(said) == 2, said
    return code, said[0]


def _bad_features(games: Path) -> None:
    file = next(games.rglob(f"1_{PICTURE}.npy"))
    file.write_bytes(file.read_bytes()[:40])


def _other_columns(games: Path) -> None:
    np.save(next(games.rglob(f"2_{PICTURE}.npy")), np.zeros((30, 3), np.float32))


def _pickled(games: Path) -> None:
    np.save(next(games.rglob(f"1_{PICTURE}.npy")), np.array([{"no": "features"}], dtype=object), allow_pickle=True)


def _other_encoder(games: Path) -> None:
    for encoder, file in zip(("pixels", "objects"), games.rglob(f"1_{PICTURE}.npy"), strict=False):
        file.with_suffix(".json").write_text(json.dumps({"encoder": encoder, "weights_sha256": "", "fps": 2.0}))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_bad_features, "can't be read"),
        (_other_columns, "columns"),
        (_pickled, "can't be read"),
        (_other_encoder, "was made by"),
    ],
)
def test_features_that_are_broken_or_of_another_kind_are_refused_in_two_lines(tmp_path, capsys, spoil, said):
    write_games(tmp_path, rows=120, each=1)
    spoil(tmp_path)
    code, fault = refused(capsys, tmp_path, "--features", PICTURE)
    assert code == 5 and said in fault


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--model", "resnet"), 2, "no model"),
        (("--fusion", "early", "--audio", SOUND), 2, "no fusion"),
        (("--vocabulary", "v3"), 2, "no vocabulary"),
        (("--causal", "30"), 2, "outside of the window"),
        (("--features", "NOTHING"), 5, "NOTHING"),
        (("--name", "../x"), 2, "name"),
    ],
)
def test_settings_that_can_not_be_are_refused_in_two_lines(folder, capsys, tmp_path, monkeypatch, more, code, said):
    monkeypatch.setenv("MOMENTUM_HOME", str(tmp_path))
    given, fault = refused(capsys, folder, "--features", PICTURE, *more)
    assert given == code and said in fault


def test_weights_say_what_made_the_features_that_they_learned_from(tmp_path, answer):
    write_games(tmp_path / "games", rows=120, each=1)
    page = {"encoder": "pixels", "weights_sha256": "", "fps": 2.0, "row_sees_s": [-0.5, 0.0], "pca": {"sha256": "ab"}}
    for file in (tmp_path / "games").rglob(f"*_{PICTURE}.npy"):
        file.with_suffix(".json").write_text(json.dumps(page))
    typed = ["train", "spotting", tmp_path / "games", "--features", PICTURE, "--audio", SOUND, *QUICK]
    trained = answer(*typed, "--epochs", 1)
    made_by = [channel.made_by for channel in load_spotting(Path(trained["folder"])).config.channels]
    assert made_by == [MadeBy("pixels", "", "", 2.0, "ab"), None]
    assert "(12 columns, encoder pixels, fps 2.0, pca sha256 ab)" in Path(trained["folder"], "CARD.md").read_text()


def test_without_splits_games_are_dealt_by_chance_and_can_be_dealt_so_again(tmp_path):
    for number in range(5):
        write_game(tmp_path / f"a_league/2020-2021/game {number}", number, rows=120, each=1)
    (tmp_path / f"a_league/2020-2021/game 3/2_{PICTURE}.npy").unlink()
    (tmp_path / "a_league/2020-2021/game 4" / f"1_{PICTURE}.npy").unlink()
    (tmp_path / "a_league/2020-2021/game 4" / f"2_{PICTURE}.npy").unlink()
    told: list[str] = []
    games = read_games(tmp_path, [PICTURE], "soccernet-v2", None, 7, told.append)
    assert "game 4 is left out" in told[0]
    assert told[1] == "dealt by chance (seed 7): 2 train, 1 valid, 1 test"
    again = read_games(tmp_path, [PICTURE], "soccernet-v2", None, 7, told.append)
    assert again.inputs() == games.inputs()
    write_splits(tmp_path / "splits.json", games)
    listed = read_games(tmp_path, [PICTURE], "soccernet-v2", tmp_path / "splits.json", 0, told.append)
    assert [{half.game for half in listed.parts[part]} for part in PARTS] == [
        {half.game for half in games.parts[part]} for part in PARTS
    ]
    halves = [half.number for part in PARTS for half in games.parts[part] if half.game.endswith("game 3")]
    assert halves == [1]


def test_a_game_in_two_parts_of_the_splits_is_refused(tmp_path, capsys):
    write_games(tmp_path, rows=120, each=1)
    game = "a_league/2020-2021/game 0"
    (tmp_path / "splits.json").write_text(json.dumps({"train": [game], "valid": [game]}))
    code, fault = refused(capsys, tmp_path, "--features", PICTURE, "--splits", tmp_path / "splits.json")
    assert code == 5 and "is in train as well" in fault
