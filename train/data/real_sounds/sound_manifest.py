"""A folder of real sounds with its ``MANIFEST.csv``: what each is, and whether shipped weights may learn from it."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.media_file import MediaFile
from engine.core.errors import InputError
from engine.core.signals import Samples
from train.data.real_sounds.parts import JUDGE_ONLY, TEACH_ONLY, TRAIN, judging_parts, part_of

MANIFEST: Final = "MANIFEST.csv"
FOLDS: Final = 5
_ENVIRONMENT: Final = "ESC-10 "
_REACTIONS: Final[Mapping[str, str]] = {"applause": "applause", "crowd boo": "boo"}
"""The crowd's reactions that are no alarm; all others are."""
_GATHERED: Final[Mapping[str, str]] = {"horn": "fanfare", "drum": "drums", "crowd_mood": "crowd mood"}
_CROWDS: Final[Mapping[str, str]] = {
    "crowd": "bed",
    "chant": "chant",
    "crowd boo": "boo",
    "crowd cheer": "reaction",
    "crowd ooh": "reaction",
}
_BY_SOURCE: Final = frozenset({"song", "instrumental", "speech", "fanfare", "drums", "whistle"})
_MUSIC: Final = frozenset({"song", "instrumental"})


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound. ``group`` is what it counts as in a reel; ``sort`` tells apart what a group should hold evenly.

    ``source`` is the maker, album, voice or recording that it comes from, and ``part`` what that is for
    (``train.data.real_sounds.parts``); both are empty where the manifest names no sources. ``author``
    and ``licence`` are as it has them.
    """

    file: str
    kind: str
    what: str
    group: str
    sort: str
    may_train: bool
    source: str = ""
    part: str = ""
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
    return sorted(_dealt(clips), key=lambda clip: clip.file)


def _dealt(clips: Sequence[Clip]) -> list[Clip]:
    """The clips with their parts, where sources are named."""
    teaching = {clip.source for clip in clips if clip.may_train and clip.group not in JUDGE_ONLY}
    judging = {
        group: judging_parts(clip.file for clip in clips if clip.group == group and clip.source) for group in JUDGE_ONLY
    }
    return [
        replace(
            clip,
            part=judging[clip.group][clip.file]
            if clip.group in JUDGE_ONLY
            else TRAIN
            if clip.kind in TEACH_ONLY and clip.may_train
            else part_of(clip.source, clip.may_train, clip.source in teaching),
        )
        if clip.source
        else clip
        for clip in clips
    ]


def _clip(row: Mapping[str, str]) -> Clip:
    kind, what = row["kind"], row["what"]
    group, sort = _group(kind, what, row["file"], row["notes"])
    may_train = row["may_train_shipped_weights"].split(":")[0].strip() == "yes"
    source = row.get("source") or ""
    if source and group == "drum and chant":
        group = "chant"
    return Clip(
        row["file"], kind, what, group, source if source and group in _BY_SOURCE else sort, may_train, source,
        author=row.get("author") or "", licence=row.get("licence") or "",
    )  # fmt: skip


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
    if kind == "crowd":
        return _CROWDS.get(what, ""), file
    if kind == "music":
        return (what if what in _MUSIC else ""), file
    return _GATHERED.get(kind, kind), file


def load(folder: Path, clip: Clip) -> Samples:
    """The whole clip, mono at 22050 Hz. Raises ``InputError`` when it can't be read."""
    source = MediaFile(folder / clip.file)
    try:
        return np.concatenate([block.samples for block in source.blocks()])
    finally:
        source.close()
