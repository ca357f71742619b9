"""What is true of a simulated recording: events, reactions, confusers, ground; as JSON."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.core import grid
from engine.core.errors import UsageError
from engine.core.files import whole_file
from engine.football.events import RecordedEvent
from engine.simulator.match import Score
from engine.simulator.sound_cues import ALARMS, Confuser, Cue, Reaction

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
class Truth:
    """Everything a listener could be asked about."""

    seed: int
    duration_s: float
    venue: Mapping[str, float]
    periods: tuple[tuple[float, float], ...]
    events: tuple[RecordedEvent, ...]
    reactions: tuple[Sounding, ...]
    confusers: tuple[Sounding, ...]

    def alarms(self) -> tuple[Sounding, ...]:
        """The sudden cries among the reactions: roars, oohs and groans."""
        return tuple(reaction for reaction in self.reactions if reaction.kind in {kind.value for kind in ALARMS})

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, ``schema`` first."""
        return {
            "schema": SCHEMA,
            "sample_rate": grid.SAMPLE_RATE_HZ,
            **asdict(self),
            "events": [_event_row(event) for event in self.events],
        }


def _event_row(event: RecordedEvent) -> dict[str, Any]:
    row = asdict(event)
    return {"t_s": row.pop("t_s"), "kind": row.pop("kind"), "team": row.pop("side"), **row}


def truth_of(score: Score) -> Truth:
    """The truth of a score; the parts of one long sound become one."""
    end_s = score.duration_s
    return Truth(
        seed=score.seed,
        duration_s=round(end_s, 4),
        venue=score.venue.summary(),
        periods=tuple((round(period.start_s, 3), round(period.end_s, 3)) for period in score.timeline.periods),
        events=tuple(replace(event, t_s=round(event.t_s, 3)) for event in score.timeline.events),
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


def truth_file_of(sound: Path) -> Path:
    """Where the truth of the recording in the file ``sound`` goes."""
    return sound.with_name(f"{sound.stem}.events.json")


def write_truth(truth: Truth, file: Path, overwrite: bool = False) -> None:
    """Write the truth for its owner alone, whole or not at all. Raises ``UsageError`` where the file is there and
    ``overwrite`` is False."""
    try:
        with whole_file(file, replace=overwrite) as unfinished:
            unfinished.write_text(json.dumps(truth.to_json(), indent=1, allow_nan=False) + os.linesep, encoding="utf-8")
    except FileExistsError as error:
        raise UsageError(f"{file} is there already", "Choose another name, or replace it with --force.") from error
