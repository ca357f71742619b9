"""What happened in SoccerNet-v2's games, as a table of seconds: ``game,half,second,label``, gzipped or not."""

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from engine.core.errors import InputError
from engine.core.text import plain

Half = tuple[str, int]
Events = tuple[tuple[float, ...], ...]
"""Seconds from the start of the half's recording, for every kind."""

KINDS: Final = (
    "Goal",
    "Substitution",
    "Corner",
    "Foul",
    "Offside",
    "Penalty",
    "Shots on target",
    "Shots off target",
    "Red card",
)
JUDGED: Final = KINDS[:8]
"""The classes of the table; of red cards there are too few to judge."""
_SAME: Final = {"Yellow->red card": "Red card"}
_LIMIT: Final = 64_000_000


def read_events(path: Path) -> dict[Half, Events]:
    """Events of ``KINDS`` by game and half; labels of no kind are left out, but their half is there.

    Raises:
        InputError: the file is missing, no such table, or a row holds no half or second.
    """
    found: dict[Half, list[list[float]]] = {}
    for row in rows_of(path, ("game", "half", "second", "label")):
        half, second = _half(path, row), _number(path, row, "second")
        seconds = found.setdefault((row["game"], half), [[] for _ in KINDS])
        label = same_label(row["label"])
        if label in KINDS:
            seconds[KINDS.index(label)].append(second)
    return {half: tuple(tuple(sorted(each)) for each in seconds) for half, seconds in found.items()}


def read_ends(path: Path) -> dict[Half, float]:
    """The second of the last label of any kind, by game and half. Raises ``InputError`` as ``read_events`` does."""
    ends: dict[Half, float] = {}
    for row in rows_of(path, ("game", "half", "second", "label")):
        half = (row["game"], _half(path, row))
        ends[half] = max(ends.get(half, 0.0), _number(path, row, "second"))
    return ends


def same_label(label: str) -> str:
    """The label of ``KINDS`` that a label of SoccerNet counts as, or itself."""
    return _SAME.get(label, label)


def read_predictions(path: Path) -> dict[Half, list[tuple[str, float, float]]]:
    """Predictions of another model, ``game,half,position_ms,label,confidence``: label, second and confidence of each.

    Raises ``InputError`` as ``read_events`` does.
    """
    found: dict[Half, list[tuple[str, float, float]]] = {}
    for row in rows_of(path, ("game", "half", "position_ms", "label", "confidence")):
        half = _half(path, row)
        spot = (row["label"], _number(path, row, "position_ms") / 1000, _number(path, row, "confidence"))
        found.setdefault((row["game"], half), []).append(spot)
    return found


def rows_of(path: Path, columns: Sequence[str]) -> list[Mapping[str, str]]:
    """The rows of a CSV file with a head of ``columns``, gzipped or not. Raises ``InputError``."""
    name = plain(path.name, 80)
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            with gzip.open(path) as packed:
                content = packed.read(_LIMIT)
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        if not set(columns) <= set(reader.fieldnames or ()):
            raise InputError(f"{name} has no columns {', '.join(columns)}", "See shared/data/README.md for the format.")
        return [row for row in reader if None not in (row.get(column) for column in columns)]
    except FileNotFoundError:
        raise InputError(f"{name} does not exist", "Check the path.") from None
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{name} can't be read: {plain(error, 100)}", "Get it again from where it came.") from error


def _half(path: Path, row: Mapping[str, str]) -> int:
    if row["half"] not in ("1", "2"):
        raise InputError(f"{plain(path.name, 80)}: no half {plain(row['half'], 20)}", "Halves are 1 and 2.")
    return int(row["half"])


def _number(path: Path, row: Mapping[str, str], column: str) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e8:
        raise InputError(f"{plain(path.name, 80)}: {column} can't be {plain(row[column], 20)}", "Expected a number.")
    return value
