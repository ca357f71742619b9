"""From features on disk to a judged model, on games whose events stand out in one channel."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.football.soccernet import Spot
from train.experiments.broadcasts.make_features import RAW, scale, scaled_names
from train.experiments.broadcasts.measuring import SETTINGS, judge_model
from train.experiments.broadcasts.official_layout import labels_folder
from train.experiments.broadcasts.simulate_broadcasts import SPLITS, DrawnGame
from train.metrics.average_map import Events, average_map, stack_games, weigh_games
from train.metrics.window_map import ClassifiedWindows

ROWS = 480
QUICK = replace(SETTINGS.schedule, learning_rate=0.02)
SMALL = replace(SETTINGS, clusters=4, project=8, window_s=10.0, epochs=10, at_once=2, schedule=QUICK)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[DrawnGame]]:
    """A game a part: goals and corners stand out in the sound's columns, in the picture's nothing does."""
    out, rng = tmp_path_factory.mktemp("drawn"), np.random.default_rng(0)
    games = []
    for split in SPLITS:
        game = DrawnGame(split, f"league/season/{split}", 0)
        spots = [
            Spot(half, 1000 * t, "Goal" if t // 40 % 2 == 0 else "Corner")
            for half in (1, 2)
            for t in range(30, 240, 40)
        ]
        folder = labels_folder({game.game: spots}, out / split) / game.game
        for half in (1, 2):
            picture, sound = rng.normal(5.0, 0.1, (ROWS, 6)), rng.normal(-3.0, 0.1, (ROWS, 5))
            for spot in (spot for spot in spots if spot.half == half):
                sound[spot.position_ms // 500 : spot.position_ms // 500 + 6, int(spot.label == "Goal")] += 2.0
            np.save(folder / f"{half}_{RAW['video']}.npy", picture.astype(np.float32))
            np.save(folder / f"{half}_{RAW['audio']}.npy", sound.astype(np.float32))
        games.append(game)
    scale(games, out, RAW)
    return out, games


def test_channels_are_brought_to_one_scale_by_the_training_games(drawn):
    out, games = drawn
    for name in scaled_names(RAW).values():
        learned = np.concatenate([np.load(games[0].folder(out) / f"{half}_{name}.npy") for half in (1, 2)])
        assert np.abs(learned.mean(axis=0)).max() < 1e-3 and learned.std(axis=0) == pytest.approx(1.0, abs=1e-3)
        other = np.load(games[2].folder(out) / f"1_{name}.npy")
        assert np.abs(other.mean(axis=0)).max() > 1e-3


def test_a_model_of_the_channel_that_hears_goals_finds_them_and_is_not_trained_twice(drawn, tmp_path: Path):
    out, _ = drawn
    names = {"audio": scaled_names(RAW)["audio"]}
    told: list[str] = []
    judged = judge_model(out, names, "joined", tmp_path / "work", SMALL, told.append)
    assert judged.classes == ("Goal", "Corner")
    ones = np.ones(1)
    assert average_map(weigh_games(stack_games(judged.spots[Events.ALL]), ones)) > 0.6
    assert ClassifiedWindows(judged.windows).mean(ones) > 0.8
    assert judged.goals[0].shape == (6, 2) and judged.goals[0][:, 1].mean() > 0.6
    steps = len(told)
    again = judge_model(out, names, "joined", tmp_path / "work", SMALL, told.append)
    assert len(told) - steps == 1  # how the games were dealt
    assert np.array_equal(again.windows[0].scores, judged.windows[0].scores)
