"""Tables of labels and predictions as the folders and zips that SoccerNet publishes."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from engine.core.clock_text import minutes_time
from engine.core.files import private_folder, write_private
from engine.football.soccernet import Spot, predictions
from engine.football.soccernet_files import LABELS_V1, LABELS_V2, PREDICTIONS
from train.commentary.soccernet_label_table import rows_of

FREE_KICK: Final = "Free-kick (direct or indirect)"
"""How the tables name both kinds of free kick, which SoccerNet-v2 tells apart."""


def read_labels(table: Path) -> dict[str, list[Spot]]:
    """Spots by game of a table ``game,half,second,label``. Raises ``InputError``."""
    games: dict[str, list[Spot]] = {}
    for row in rows_of(table, ("game", "half", "second", "label")):
        spot = Spot(int(row["half"]), round(1000 * float(row["second"])), row["label"])
        games.setdefault(row["game"], []).append(spot)
    return games


def read_predictions(table: Path) -> dict[str, list[Spot]]:
    """Spots by game of a table ``game,half,position_ms,label,confidence``. Raises ``InputError``."""
    games: dict[str, list[Spot]] = {}
    for row in rows_of(table, ("game", "half", "position_ms", "label", "confidence")):
        spot = Spot(int(row["half"]), int(row["position_ms"]), row["label"], float(row["confidence"]))
        games.setdefault(row["game"], []).append(spot)
    return games


_V1: Final = {
    "Goal": "soccer-ball",
    "Substitution": "subs",
    "Yellow card": "y-card",
    "Red card": "r-card",
    "Yellow->red card": "yr-card",
}


def labels_document(game: str, spots: list[Spot], version: int = 2) -> dict[str, Any]:
    """What ``Labels-v2.json``, or ``Labels.json`` of version 1, holds; version 1 knows no position and few labels."""
    rows = []
    for spot in spots:
        game_time = f"{spot.half} - {minutes_time(spot.position_ms / 1000, digits=2)}"
        if version == 2:
            rows.append({"gameTime": game_time, "label": spot.label, "position": str(spot.position_ms)})
        elif spot.label in _V1:
            rows.append({"gameTime": game_time, "label": _V1[spot.label]})
    return {"UrlLocal": game, "annotations": rows}


def labels_folder(games: Mapping[str, list[Spot]], folder: Path, version: int = 2) -> Path:
    """Write a document of labels a game into ``folder``, and return it."""
    for game, spots in games.items():
        document = json.dumps(labels_document(game, spots, version))
        write_private(private_folder(folder / game) / {2: LABELS_V2, 1: LABELS_V1}[version], document.encode())
    return folder


def predictions_folder(games: Mapping[str, list[Spot]], folder: Path) -> Path:
    """Write a document of predictions a game into ``folder``, and return it."""
    for member, content in _documents(games):
        write_private(private_folder((folder / member).parent) / PREDICTIONS, content)
    return folder


def predictions_zip(games: Mapping[str, list[Spot]], file: Path) -> Path:
    """Write the documents of predictions into a zip, as ``results_spotting_test.zip`` is, and return it."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in _documents(games):
            archive.writestr(member, content)
    return file


def _documents(games: Mapping[str, list[Spot]]) -> Iterator[tuple[str, bytes]]:
    for game, spots in games.items():
        yield f"{game}/{PREDICTIONS}", json.dumps(predictions(game, spots)).encode()
