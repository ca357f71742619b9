"""What is true of a simulated recording: events, reactions, confusers, ground; as JSON, and on the frame grid."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine import grid
from engine.errors import InputError, UsageError
from engine.paths import private_file
from engine.simulator.cues import ALARMS, Confuser, Cue, Reaction
from engine.simulator.match import Score

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Sounding:
    """Something that is heard from ``onset_s`` to ``end_s``, loudest at ``peak_s``, all in seconds of sound.

    ``level_db`` is how far its loudest part stands above the bed; ``cause`` the event or occasion behind it, empty
    where there is none, and ``cause_s`` when that was, where it is an event.
    """

    kind: str
    onset_s: float
    peak_s: float
    end_s: float
    level_db: float
    cause: str = ""
    cause_s: float | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of play."""

    t_s: float
    kind: str
    team: str | None
    xg: float | None
    outcome: str
    period: int


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything a listener could be asked about."""

    seed: int
    duration_s: float
    venue: Mapping[str, float]
    periods: tuple[tuple[float, float], ...]
    events: tuple[Happening, ...]
    reactions: tuple[Sounding, ...]
    confusers: tuple[Sounding, ...]

    def alarms(self) -> tuple[Sounding, ...]:
        """The sudden cries among the reactions: roars, oohs and groans."""
        return tuple(reaction for reaction in self.reactions if reaction.kind in {kind.value for kind in ALARMS})

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, ``schema`` first."""
        return {"schema": SCHEMA, "sample_rate": grid.SAMPLE_RATE_HZ, **asdict(self)}


def truth_of(score: Score) -> Truth:
    """The truth of a score; the parts of one long sound become one."""
    end_s = score.duration_s
    return Truth(
        seed=score.seed,
        duration_s=round(end_s, 4),
        venue=score.venue.summary(),
        periods=tuple((round(period.start_s, 3), round(period.end_s, 3)) for period in score.timeline.periods),
        events=tuple(
            Happening(round(event.t_s, 3), event.kind.value, event.team, event.xg, event.outcome, event.period)
            for event in score.timeline.events
        ),
        reactions=_soundings((cue for cue in score.cues if isinstance(cue.kind, Reaction)), end_s),
        confusers=_soundings((cue for cue in score.cues if isinstance(cue.kind, Confuser)), end_s),
    )


def _soundings(cues: Iterable[Cue], duration_s: float) -> tuple[Sounding, ...]:
    pieces: dict[tuple[str, int], list[Cue]] = {}
    for cue in cues:
        pieces.setdefault((cue.kind.value, cue.seed), []).append(cue)
    found = []
    for (kind, _), parts in pieces.items():
        loudest = max(parts, key=lambda cue: cue.level_db)
        onset_s, end_s = max(parts[0].onset_s, 0.0), min(parts[-1].end_s, duration_s)
        if end_s > onset_s:
            found.append(
                Sounding(
                    kind,
                    round(onset_s, 3),
                    round(float(np.clip(loudest.peak_s, onset_s, end_s)), 3),
                    round(end_s, 3),
                    round(loudest.level_db, 2),
                    parts[0].cause,
                    None if parts[0].cause_s is None else round(parts[0].cause_s, 3),
                )
            )
    return tuple(sorted(found, key=lambda sounding: (sounding.onset_s, sounding.kind)))


def on_frames(soundings: Iterable[Sounding], frames: int, level: bool = False) -> dict[str, NDArray[np.float32]]:
    """Where each kind sounds on the frame grid: kind -> (frames,), 1 or (``level``) dB above the bed, else 0.

    Frame ``i`` has heard a sounding if more than half of its samples lie after the onset and before the end.
    """
    found: dict[str, NDArray[np.float32]] = {}
    middle = grid.FRAME_LENGTH / 2
    for sounding in soundings:
        first = int(np.ceil((sounding.onset_s * grid.SAMPLE_RATE_HZ - middle) / grid.HOP))
        last = int(np.ceil((sounding.end_s * grid.SAMPLE_RATE_HZ - middle) / grid.HOP))
        row = found.setdefault(sounding.kind, np.zeros(frames, np.float32))
        part = row[max(first, 0) : max(last, 0)]
        np.maximum(part, np.float32(max(sounding.level_db, 0.01) if level else 1.0), out=part)
    return found


def write_truth(truth: Truth, file: Path, replace: bool = False) -> None:
    """Write the truth for its owner alone. Raises ``UsageError`` where the file is there and ``replace`` is False."""
    try:
        opened = private_file(file, replace)
    except FileExistsError as error:
        raise UsageError(f"{file} is there already", "Choose another name, or replace it with --force.") from error
    with opened:
        json.dump(truth.to_json(), opened, indent=1, allow_nan=False)
        opened.write(os.linesep)


def load_truth(file: Path) -> Truth:
    """Read a truth file. Raises ``InputError`` for one that is missing, broken or of another schema."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise InputError(f"{file}: schema {data['schema']} is not {SCHEMA}", "Simulate it again with this version.")
        return Truth(
            seed=int(data["seed"]),
            duration_s=float(data["duration_s"]),
            venue={str(name): float(value) for name, value in data["venue"].items()},
            periods=tuple((float(start), float(end)) for start, end in data["periods"]),
            events=tuple(Happening(**event) for event in data["events"]),
            reactions=tuple(Sounding(**reaction) for reaction in data["reactions"]),
            confusers=tuple(Sounding(**confuser) for confuser in data["confusers"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{file} is no truth of a simulated match: {error}", "'momentum simulate OUT.flac' writes OUT.events.json."
        ) from error
