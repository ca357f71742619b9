"""A session in a few fields, as lists, reports and JSON show it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.core.errors import MomentumError
from engine.core.said_events import confirming
from engine.core.signals import Spike, Words, WordsEvent, to_json
from engine.session.reader import SessionReader
from engine.session.state import SessionState


def row_of(folder: Path) -> dict[str, Any]:
    """What a list shows of a session, as JSON takes it; one that can't be read says why."""
    try:
        with SessionReader.open(folder) as reader:
            return _described(reader)
    except MomentumError as error:
        return {"session": folder.name, "state": SessionState.DAMAGED.value, "fault": error.message}


def all_of(folder: Path, spills: Iterable[Path]) -> dict[str, Any]:
    """Everything but the readings of a session, as JSON takes it; ``spills`` are its files that wait elsewhere.

    Raises ``MomentumError`` where it can't be read.
    """
    with SessionReader.open(folder) as reader:
        said = reader.said()
        return {
            **row_of(folder),
            "settings": reader.info.settings,
            "weights": reader.info.weights,
            "engine": reader.info.start.engine if reader.info.start else None,
            "clock_jumps": reader.info.clock_jumps,
            "overruns": reader.info.reports.overruns,
            "overloads": reader.info.reports.overloads,
            "segments": len(reader.segments()),
            "not_kept": reader.not_kept.lines(),
            "waits_in": [str(file) for file in spills],
            "spikes": [_spike_row(spike, said) for spike in reader.spikes()],
            "rejected": [to_json(rejected) for rejected in reader.rejected()],
            "marks": [to_json(mark) for mark in reader.marks()],
            "health": [to_json(change) for change in reader.health_changes()],
            "words": sum(isinstance(said, Words) for said in reader.words()),
            "said": [to_json(event) for event in said],
            "spotted": [asdict(event) for event in reader.spotted()],
        }


def _spike_row(spike: Spike, said: Sequence[WordsEvent]) -> dict[str, Any]:
    """A spike; with ``said`` where a commentator spoke of what lies there."""
    event = confirming(spike, said)
    return {**to_json(spike), **({"said": to_json(event)} if event is not None else {})}


def _described(reader: SessionReader) -> dict[str, Any]:
    info = reader.info
    sound = sum(segment.path.stat().st_size for segment in reader.segments())
    return {
        "session": info.name,
        "source": info.source,
        "venue": info.venue,
        "started_at": info.started_at.isoformat(timespec="seconds"),
        "state": info.state.value,
        "end": info.end.reason if info.end else None,
        "heard_s": round(info.heard_s, 3),
        "readings": info.readings,
        "spikes": info.spikes,
        "marks": info.marks,
        "sound_bytes": sound,
    }
