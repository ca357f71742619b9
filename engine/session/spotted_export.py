"""What was spotted in a session's recording, for the formats of others: events, and how sure the channels were."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from engine.core.spotted import Spotted
from engine.session.reader import SessionReader

Holds = Callable[[float], bool]
"""Whether a moment is wanted."""
LANES: Final = ("t", "lane", "highest", "step_s")


def spotted_columns(reader: SessionReader) -> tuple[str, ...]:
    """With a column for the share of every channel that spoke."""
    return "t", "label", "confidence", *(f"share_{name}" for name in _channels(reader.spotted()))


def spotted_rows(reader: SessionReader, holds: Holds) -> Iterator[tuple[Any, ...]]:
    """In those columns; None where a channel had no share in an event."""
    events = reader.spotted()
    channels = _channels(events)
    for event in events:
        if holds(event.t):
            yield event.t, event.label, event.confidence, *(event.shares.get(name) for name in channels)


def lane_rows(reader: SessionReader, holds: Holds) -> Iterator[tuple[Any, ...]]:
    """A row for each value of every lane, one lane after the other."""
    for lane in reader.lanes():
        for t, highest in zip(lane.t_s.tolist(), lane.highest.tolist(), strict=True):
            if holds(t):
                yield t, lane.name, round(highest, 6), lane.step_s


def spotted_lines(reader: SessionReader, holds: Holds) -> list[tuple[float, str]]:
    """When, and a line of JSON, in the order of time: an event, as ``spot --json`` has it, or a value of a lane."""
    rows: list[dict[str, Any]] = [
        {"type": "spotted", "t": e.t, "label": e.label, "confidence": e.confidence, "shares": dict(e.shares)}
        for e in reader.spotted()
        if holds(e.t)
    ]
    rows += [{"type": "lane", **dict(zip(LANES, row, strict=True))} for row in lane_rows(reader, holds)]
    rows.sort(key=lambda row: float(row["t"]))
    return [(row["t"], json.dumps(row, separators=(",", ":"), allow_nan=False)) for row in rows]


def _channels(events: list[Spotted]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for event in events for name in event.shares))
