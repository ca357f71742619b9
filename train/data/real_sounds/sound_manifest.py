"""A folder of real sounds with its ``MANIFEST.csv``: what each is, and whether shipped weights may learn from it."""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.media_file import MediaFile
from engine.core.errors import InputError
from engine.core.signals import Samples

MANIFEST: Final = "MANIFEST.csv"
FOLDS: Final = 5
_ENVIRONMENT: Final = "ESC-10 "
_REACTIONS: Final[Mapping[str, str]] = {"applause": "applause", "crowd boo": "boo"}
"""The crowd's reactions that are no alarm; all others are."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound. ``group`` is what it counts as in a reel; ``sort`` tells apart what a group should hold evenly."""

    file: str
    kind: str
    what: str
    group: str
    sort: str
    may_train: bool
    source: str = ""
    author: str = ""
    licence: str = ""

    @property
    def fold(self) -> int | None:
        """Which fold of the usable sounds it is in, from 0 to ``FOLDS`` - 1; None where training never hears it.

        It depends on the file's name alone, so that training and testing agree without telling each other.
        """
        if not self.may_train:
            return None
        return int.from_bytes(hashlib.sha256(self.file.encode()).digest()[:4], "big") % FOLDS


def read_manifest(folder: Path) -> list[Clip]:
    """All sounds that ``folder`` lists, in order of their names.

    Raises:
        InputError: there is no manifest, or it lacks a column.
    """
    path = folder / MANIFEST
    try:
        with path.open(encoding="utf-8", newline="") as file:
            clips = [_clip(row) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, KeyError, AttributeError, csv.Error) as fault:
        raise InputError(f"{path} can't be read: {fault}", f"Give a folder of sounds with its {MANIFEST}.") from fault
    return sorted(clips, key=lambda clip: clip.file)


def _clip(row: Mapping[str, str]) -> Clip:
    kind, what = row["kind"], row["what"]
    group, sort = _group(kind, what, row["file"], row["notes"])
    return Clip(
        row["file"],
        kind,
        what,
        group,
        sort,
        row["may_train_shipped_weights"].split(":")[0].strip() == "yes",
        row.get("source") or row.get("source_repository") or "",
        row.get("author") or "",
        row.get("licence") or "",
    )


def _group(kind: str, what: str, file: str, notes: str) -> tuple[str, str]:
    if kind == "reaction":
        group = _REACTIONS.get(what, "reaction")
        return group, file
    if kind == "bed":
        group = "drum and chant" if "chant" in notes else "bed"
        return group, file
    if kind == "drum_fanfare_horn":
        return ("drums" if "drum" in Path(file).stem else "fanfare"), file
    if kind == "negative":
        return ("surroundings", what) if what.startswith(_ENVIRONMENT) else ("", what)
    return kind, file


def load(folder: Path, clip: Clip) -> Samples:
    """The whole clip, mono at 22050 Hz. Raises ``InputError`` when it can't be read."""
    source = MediaFile(folder / clip.file)
    try:
        return np.concatenate([block.samples for block in source.blocks()])
    finally:
        source.close()
