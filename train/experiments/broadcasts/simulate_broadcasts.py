"""A hundred simulated broadcasts from real timelines: which game goes where, and drawing what is not there yet."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from engine.app.simulate_broadcast import BroadcastWanted, write_game
from engine.core.errors import UsageError
from engine.core.files import private_folder, write_whole_json
from engine.core.telling import Progress
from engine.football.soccernet import Spot
from engine.football.soccernet_files import LABELS_V2
from train.experiments.broadcasts.official_layout import read_labels

SPLITS: Final = ("train", "valid", "test")
PLAN: Final = "drawn.json"


class Sizes(NamedTuple):
    """How many games each part has, and how many minutes of each half."""

    train: int = 60
    valid: int = 20
    test: int = 20
    minutes: float = 5.0


_FREE_OF_EVENTS: Final = 20
"""A half with fewer labels than this was not annotated whole."""


def _is_whole(spots: Sequence[Spot]) -> bool:
    return all(sum(spot.half == half for spot in spots) >= _FREE_OF_EVENTS for half in (1, 2))


class DrawnGame(NamedTuple):
    """A game of a part, by its name in SoccerNet, and the seed of its broadcast."""

    split: str
    game: str
    seed: int

    def folder(self, out: Path) -> Path:
        return out / self.split / self.game


def choose_games(valid: dict[str, list[Spot]], test: dict[str, list[Spot]], sizes: Sizes, seed: int) -> list[DrawnGame]:
    """Training and validation from SoccerNet's validation games, test from its test games; none is in two parts.

    Raises ``UsageError`` where there are too few.
    """
    rng = np.random.default_rng(seed)
    chosen: list[DrawnGame] = []
    for games, parts in ((valid, (("train", sizes.train), ("valid", sizes.valid))), (test, (("test", sizes.test),))):
        whole = sorted(game for game, spots in games.items() if _is_whole(spots))
        wanted = sum(count for _, count in parts)
        if len(whole) < wanted:
            raise UsageError(f"{wanted} games wanted, of which there are {len(whole)}", "Ask for fewer.")
        order = [whole[n] for n in rng.permutation(len(whole))[:wanted].tolist()]
        for split, count in parts:
            for game in order[:count]:
                chosen.append(DrawnGame(split, game, 1000 * (seed + 1) + len(chosen)))
            order = order[count:]
    return chosen


def draw(data: Path, out: Path, sizes: Sizes, seed: int, progress: Progress) -> list[DrawnGame]:
    """Draw every game that is not whole yet into ``out``; the same call goes on after a kill.

    Raises:
        UsageError: ``out`` holds something else, or broadcasts that were drawn otherwise.
        InputError: the tables of labels can't be read.
    """
    valid, test = read_labels(data / "labels_valid.csv.gz"), read_labels(data / "labels_test.csv.gz")
    games = choose_games(valid, test, sizes, seed)
    plan = {"simulated": True, **sizes._asdict(), "seed": seed, "games": [game._asdict() for game in games]}
    file = private_folder(out) / PLAN
    if file.exists() and json.loads(file.read_text(encoding="utf-8")) != plan:
        raise UsageError(f"{out} holds broadcasts that were drawn otherwise", "Name another folder.")
    if not file.exists() and any(out.iterdir()):
        raise UsageError(f"{out} holds other files", "Name a folder that is empty or not there.")
    write_whole_json(file, plan)
    for done, game in enumerate(games):
        progress("drawing", done, len(games), game.game)
        folder = game.folder(out)
        if not (folder / LABELS_V2).exists():
            wanted = BroadcastWanted(game.seed, None, sizes.minutes)
            spots = (test if game.split == "test" else valid)[game.game]
            write_game(wanted, spots, False, folder, untold, force=True)
    progress("drawing", len(games), len(games))
    return games


def read_plan(out: Path) -> list[DrawnGame]:
    """The games of a folder that ``draw`` filled. Raises ``UsageError`` where it is none, or not all of it is there."""
    try:
        plan = json.loads((out / PLAN).read_text(encoding="utf-8"))
        games = [DrawnGame(**game) for game in plan["games"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{out} holds no drawn broadcasts", "Draw them with the step 'draw'.") from error
    missing = [game for game in games if not (game.folder(out) / LABELS_V2).exists()]
    if missing:
        raise UsageError(f"{len(missing)} of {len(games)} broadcasts are not drawn yet", "Run the step 'draw' again.")
    return games


def untold(step: str, done: float, total: float | None, note: str = "") -> None:
    """Progress is told game by game."""
