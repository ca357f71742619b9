"""What is true of a reel of real sounds, as ``OUT.json`` beside ``OUT.flac`` says it.

``train.experiments.make_reel`` makes reels, evaluation listens to them. A clip has an onset, an end and a level above
the bed, as a ``Sounding`` of a simulated match has; the rest differs: a reel has no match whose events caused the
sounds, and its clips come from files, by which the bootstrap draws and folds are dealt.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from engine.core import grid
from engine.core.errors import InputError
from engine.core.files import private_file

SCHEMA: Final = 2
_READABLE: Final = (1, SCHEMA)
"""The first one knows no sources, parts and rises."""
GAP_S: Final = (14.0, 26.0)
"""Between the onsets of one clip and the next, least and most."""
FIRST_S: Final = grid.HISTORY_S + 6.0
"""The first clip comes when the history is full."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A clip in a reel: heard from ``onset_s`` to ``end_s``. ``fold`` is None where training never hears it.

    ``source`` is the maker, album, voice or recording that it comes from, empty where that is not known.
    """

    onset_s: float
    end_s: float
    group: str
    what: str
    file: str
    level_db: float
    fold: int | None
    source: str = ""

    @property
    def unit(self) -> str:
        """What a bootstrap draws: the source, or else the file."""
        return self.source or self.file


@dataclass(frozen=True, slots=True)
class Rise:
    """A crowd that rests from ``rest_s`` on and rises at ``onset_s``, until ``end_s``; by ``rise_db`` in the mean.

    ``steady`` ones never rise: their ``onset_s`` is where others would.
    """

    rest_s: float
    onset_s: float
    end_s: float
    rise_db: float
    file: str
    steady: bool = False


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
    rises: tuple[Rise, ...] = ()
    part: str = ""


def read_truth(sound: Path) -> ReelTruth:
    """The truth beside a reel's sound. Raises ``InputError`` when it is missing or broken."""
    path = sound.with_suffix(".json")
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        if row["schema"] not in _READABLE:
            raise InputError(f"{path} was written by another version of the program", "Make the reel again.")
        return ReelTruth(
            int(row["seed"]),
            float(row["duration_s"]),
            tuple(Placed(**clip) for clip in row["clips"]),
            tuple(Mood(**mood) for mood in row["moods"]),
            tuple(Rise(**rise) for rise in row.get("rises", ())),
            str(row.get("part", "")),
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as fault:
        raise InputError(
            f"{path} is no truth of a reel: {fault}", "'python -m train.experiments.make_reel' writes it."
        ) from fault


def write_truth(truth: ReelTruth, file: Path) -> None:
    """Write the truth for its owner alone, in place of what is there."""
    with private_file(file, replace=True) as opened:
        json.dump({"schema": SCHEMA, **asdict(truth)}, opened, indent=1)
