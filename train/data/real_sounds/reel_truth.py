"""What is true of a reel of real sounds, as ``OUT.json`` beside ``OUT.flac`` says it.

``train.experiments.reel`` makes reels, evaluation listens to them. A clip has an onset, an end and a level above the
bed, as a ``Sounding`` of a simulated match has; the rest differs: a reel has no match whose events caused the sounds,
and its clips come from files, by which the bootstrap draws and folds are dealt.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from engine.core import grid
from engine.core.errors import InputError
from engine.core.files import private_file

SCHEMA: Final = 1
GAP_S: Final = (14.0, 26.0)
"""Between the onsets of one clip and the next, least and most."""
FIRST_S: Final = grid.HISTORY_S + 6.0
"""The first clip comes when the history is full."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A clip in a reel: heard from ``onset_s`` to ``end_s``. ``fold`` is None where training never hears it."""

    onset_s: float
    end_s: float
    group: str
    what: str
    file: str
    level_db: float
    fold: int | None


@dataclass(frozen=True, slots=True)
class Mood:
    """A loop of a crowd in some mood, heard from ``onset_s`` to ``end_s``; ``size`` tells the crowds apart."""

    onset_s: float
    end_s: float
    size: str
    mood: int
    file: str


@dataclass(frozen=True, slots=True)
class ReelTruth:
    """What is in a reel, in order of time."""

    seed: int
    duration_s: float
    clips: tuple[Placed, ...] = ()
    moods: tuple[Mood, ...] = ()


def read_truth(sound: Path) -> ReelTruth:
    """The truth beside a reel's sound. Raises ``InputError`` when it is missing or broken."""
    path = sound.with_suffix(".json")
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        if row["schema"] != SCHEMA:
            raise InputError(f"{path} was written by another version of the program", "Make the reel again.")
        return ReelTruth(
            int(row["seed"]),
            float(row["duration_s"]),
            tuple(Placed(**clip) for clip in row["clips"]),
            tuple(Mood(**mood) for mood in row["moods"]),
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as fault:
        raise InputError(
            f"{path} is no truth of a reel: {fault}", "'python -m train.experiments.reel' writes it."
        ) from fault


def write_truth(truth: ReelTruth, file: Path) -> None:
    """Write the truth for its owner alone, in place of what is there."""
    with private_file(file, replace=True) as opened:
        json.dump({"schema": SCHEMA, **asdict(truth)}, opened, indent=1)
