"""Which games, halves and events a training learns from, and what it says of those that it does not."""

import json
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError
from tests.unit.train.fit.spotting.game_folder import PICTURE, SOUND, write_games
from train.fit.spotting.games import Games, read_games

ROWS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_games(tmp_path, rows=ROWS, each=1)
    return tmp_path


def game(folder: Path, part: str) -> Path:
    (found,) = folder.glob(f"{part}/*/*/*")
    return found


def read(folder: Path, *features: str, told: list[str] | None = None) -> Games:
    return read_games(folder, features or (PICTURE,), "soccernet-v2", None, 0, ([] if told is None else told).append)


def test_a_game_whose_halves_lack_one_channel_each_is_left_out_and_that_is_said(folder: Path):
    for part in ("valid", "test"):
        (game(folder, part) / f"1_{SOUND}.npy").unlink()
    (game(folder, "test") / f"2_{PICTURE}.npy").unlink()
    told: list[str] = []
    games = read(folder, PICTURE, SOUND, told=told)
    assert told[0].endswith("game 2 is left out: neither half has all features")
    assert [half.number for half in games.parts["valid"]] == [2] and not games.parts["test"]


def test_where_no_half_has_all_channels_there_is_nothing_to_learn_from(folder: Path):
    for part in ("train", "valid", "test"):
        (game(folder, part) / f"1_{SOUND}.npy").unlink()
        (game(folder, part) / f"2_{PICTURE}.npy").unlink()
    with pytest.raises(InputError, match=f"holds no features {PICTURE} and {SOUND}"):
        read(folder, PICTURE, SOUND)


def test_what_is_labelled_after_features_broke_off_is_not_taught_as_their_last_row(folder: Path):
    file = game(folder, "train") / f"1_{PICTURE}.npy"
    whole = read(folder).parts["train"][0]
    row = int(np.sort(whole.events[:, 0])[1])
    np.save(file, np.load(file)[: row + 1])
    cut = read(folder).parts["train"][0]
    assert cut.rows == row + 1
    assert cut.events.tolist() == [each for each in whole.events.tolist() if each[0] <= row]
    assert cut.spots == whole.spots, "what can't be found any more is still looked for"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_with_what_is_no_number_are_named_before_anything_is_learned(folder: Path, value: float):
    file = game(folder, "valid") / f"2_{PICTURE}.npy"
    values = np.load(file)
    values[41, 3] = value
    np.save(file, values)
    with pytest.raises(InputError, match=rf"2_{PICTURE}\.npy holds what is no number in row 41"):
        read(folder)


def test_an_archive_of_arrays_in_place_of_an_array_is_refused(folder: Path):
    with (game(folder, "train") / f"1_{PICTURE}.npy").open("wb") as file:
        np.savez(file, a=np.zeros((ROWS, 12), np.float32))
    with pytest.raises(InputError, match="can't be read"):
        read(folder)


def test_a_fault_in_the_labels_says_in_those_of_which_game(folder: Path):
    file = game(folder, "valid") / "Labels-v2.json"
    document = json.loads(file.read_text())
    document["annotations"][2]["position"] = "soon"
    file.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"a_league/2020-2021/game 1/Labels-v2\.json at annotations\[2\]\.position"):
        read(folder)
