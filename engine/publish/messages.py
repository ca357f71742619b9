"""What leaves the machine, as one JSON object a message, for brokers and receivers alike.

``messages.schema.json`` beside this file is the published schema, docs/publish.md explains it. Keys may be added under
the same version; these stay.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

from engine.core.signals import Alarm, End, Event, HealthChange, Mark, Reading, Rejected, Spike, Start, to_json
from engine.core.text import plain

VERSION: Final = 1
PREFIX: Final = "momentum"
READING, SPIKE, HEALTH, MATCH, SESSION, STATE = "reading", "spike", "health", "match", "session", "state"
KINDS: Final = (READING, SPIKE, HEALTH, MATCH, SESSION)
"""The last level of the topics that carry messages; ``STATE`` carries one word, ``ONLINE`` or ``OFFLINE``."""
RETAINED: Final = frozenset({READING, HEALTH, SESSION})
"""Of these a broker keeps the latest, for whoever comes later."""
ONLINE: Final = "online"
OFFLINE: Final = "offline"

TEXT_CELLS: Final = 500
"""The longest text in a message: a name, a note, a detail."""
VENUE_CELLS: Final = 64

_LEFT_OUT: Final = frozenset({"schema"})
_NO_TOPIC: Final = re.compile(r"[+#/\s]+")
_KIND_OF: Final[Mapping[type, str]] = {
    Reading: READING,
    Alarm: SPIKE,
    Spike: SPIKE,
    HealthChange: HEALTH,
    Mark: MATCH,
    Start: SESSION,
    End: SESSION,
}
"""What is not named here stays on the machine."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event as the run stored it, with what tells it from all others.

    ``number`` counts readings, or else all other events, from 1; ``recorded_at`` is when it was recorded, in UTC.
    """

    event: Event
    number: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is ready to go: ``kind`` is the last level of its topic, ``body`` what is sent as JSON."""

    kind: str
    body: dict[str, Any]

    @property
    def id(self) -> str:
        """The same however often it is sent, and no other message's."""
        return str(self.body["id"])

    @property
    def type(self) -> str:
        """What has happened, the word as in JSON Lines."""
        return str(self.body["type"])

    def payload(self) -> bytes:
        """Strict JSON in ASCII, on one line."""
        return json.dumps(self.body, separators=(",", ":"), allow_nan=False).encode()


def message(row: Numbered, venue: str, session: str, late: bool = False) -> Message | None:
    """The message of an event; None for one that stays on the machine: a candidate that was not reported, and what a
    commentator said, which is somebody else's.

    ``late``: it was missed and comes after its time, or it may have been sent before.
    """
    event = row.event
    if type(event) not in _KIND_OF:
        return None
    letter = "r" if isinstance(event, Reading) else "e"
    body: dict[str, Any] = {
        "v": VERSION,
        "id": f"{session}/{letter}{row.number}",
        "type": "",
        "venue": plain(venue, VENUE_CELLS),
        "session": session,
        "at": iso_ms(row.recorded_at),
        "t": round(_heard_s(event), 4),
    }
    body |= {name: _value(value) for name, value in to_json(event).items() if name not in _LEFT_OUT | {"session"}}
    if late:
        body["late"] = True
    return Message(_KIND_OF[type(event)], body)


def topic(prefix: str, venue: str, kind: str) -> str:
    """The topic of a kind of message, or of the state: ``<prefix>/<venue>/<kind>``."""
    return f"{prefix}/{topic_level(venue)}/{kind}"


def topic_level(venue: str) -> str:
    """A venue's name as one level of a topic: what steers a broker, blanks and what can't be seen become ``-``."""
    shown = "".join("-" if unicodedata.category(c)[0] == "C" else c for c in venue)
    level = _NO_TOPIC.sub("-", plain(shown, VENUE_CELLS)).replace("\ufffd", "-").strip("-")
    return level or "venue"


def schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) that every message keeps."""
    text = files("engine.publish").joinpath("messages.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def iso_ms(moment: datetime) -> str:
    """UTC in ISO 8601 to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _heard_s(event: Event) -> float:
    """Seconds of sound that the run had heard when it could know the event."""
    match event:
        case Start():
            return 0.0
        case Alarm() | Rejected():
            return event.decided_at
        case Spike():
            return event.end
    return event.t


def _value(value: Any) -> Any:
    if isinstance(value, float) and value - value != 0:  # what is no number
        return None
    return plain(value, TEXT_CELLS) if isinstance(value, str) else value
