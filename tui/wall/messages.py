"""From the bytes that a broker hands over to what they say. Anybody may have sent them: what makes no sense is refused.

A topic is ``<prefix>/<venue>/<kind>``; all payloads but that of ``state`` are JSON objects of version 1.
"""

import json
import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NoReturn

from engine.core.signals import Alarm, End, Health, HealthChange, Mark, Reading, Rejected, Spike, Start
from tui.wall.delivery import Delivery, News, Presence, Score

VERSION: Final = 1
KINDS: Final = ("reading", "spike", "health", "match", "session", "state")
MOST_BYTES: Final = 16_384
"""A longer payload is no message of a venue: the longest there is takes some hundred bytes."""
_MOST_CHARACTERS: Final = 200
"""Of any text in a message, and of a venue's name."""
_LONGEST_S: Final = 366 * 86_400.0
_SCORE: Final = re.compile(r"\d{1,2} ?[-–:] ?\d{1,2}")


class Refused(ValueError):
    """A message that says nothing that can be shown, and why."""


def topics(prefix: str) -> list[tuple[str, int]]:
    """What to subscribe to, each with its QoS: a reading that is lost is followed by the next one."""
    return [(f"{prefix}/+/{kind}", 0 if kind == "reading" else 1) for kind in KINDS]


def read_message(topic: str, payload: bytes, retained: bool, arrived_s: float, arrived_unix_s: float) -> Delivery:
    """What a message says; ``arrived_s`` is this machine's monotonic clock, ``arrived_unix_s`` its time of day.

    Raises ``Refused`` for what is no message of a venue.
    """
    venue, _, kind = topic.rpartition("/")
    venue = venue.rpartition("/")[2]
    if kind not in KINDS or not venue or len(venue) > _MOST_CHARACTERS:
        raise Refused("topic")
    if len(payload) > MOST_BYTES:
        raise Refused("too long")
    if kind == "state" and (online := _presence(payload)) is not None:
        return Delivery(venue, "", Presence(online), arrived_s, retained=retained)
    row = _object(payload)
    if row.get("v") != VERSION or isinstance(row["v"], bool):
        raise Refused("version")
    if row.get("test") is True:  # somebody tries the way: the venue is there, and nothing has happened
        return Delivery(venue, "", Presence(True), arrived_s, retained=retained)
    news = _READERS[kind](row)
    sent_unix_s = _sent(row.get("at"))
    return Delivery(
        venue,
        _text(row, "session"),
        news,
        arrived_s,
        None if sent_unix_s is None else arrived_unix_s - sent_unix_s,
        row.get("late") is True,
        retained,
        (_text(row, "heard") or _text(row, "what")) if kind == "reading" else "",
        _name(row, venue),
    )


def score_in(note: str) -> str:
    """The score that a note spells (``2-1``, ``2 : 1``), or nothing."""
    found = _SCORE.fullmatch(note.strip())
    return re.sub(r" ?[-–:] ?", "-", found[0]) if found else ""


def _name(row: dict[str, Any], level: str) -> str:
    """The venue as its settings name it, where its topic is made of that name; else nothing: a message can't
    give itself out for another venue's.
    """
    name = _text(row, "venue")
    return name if _letters(name) == _letters(level) else ""


def _letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _no_number(name: str) -> NoReturn:
    raise Refused(f"{name} is no number")


def _object(payload: bytes) -> dict[str, Any]:
    try:
        row = json.loads(payload, parse_constant=_no_number)
    except Refused:
        raise
    except (ValueError, RecursionError) as error:
        raise Refused("no JSON") from error
    if not isinstance(row, dict):
        raise Refused("no object")
    return row


def _presence(payload: bytes) -> bool | None:
    """``online`` or ``offline``, bare or as JSON; None where it is neither."""
    word = payload[:_MOST_CHARACTERS].strip(b' \t\r\n"')
    if word in (b"online", b"offline"):
        return word == b"online"
    if not word.startswith(b"{"):
        raise Refused("state")
    said = _object(payload).get("state")
    if said in ("online", "offline"):
        return bool(said == "online")
    raise Refused("state")


def _reading(row: dict[str, Any]) -> News:
    health = _health(row)
    pressure = None if row.get("pressure") is None else _number(row, "pressure", 0.0, 1.0)
    if health not in (Health.LISTENING, Health.CLIPPED):
        pressure = None  # whatever it says: without sound there is no number
    return Reading(
        _time(row, "t"), pressure, _number(row, "level_db", -1000, 1000, -120.0),
        _number(row, "peak_db", -1000, 1000, -120.0), health,
    )  # fmt: skip


def _spike(row: dict[str, Any]) -> News:
    kind = row.get("type", "spike")
    decided_at = _time(row, "decided_at")
    onset = _time(row, "onset")
    if kind == "alarm":
        return Alarm(onset, decided_at, _number(row, "pressure", 0.0, 1.0))
    highest = _number(row, "peak_pressure", 0.0, 1.0)
    if kind == "rejected":
        return Rejected(onset, highest, _text(row, "reason"), decided_at)
    if kind != "spike":
        raise Refused("type")
    return Spike(onset, _time(row, "peak"), _time(row, "end"), highest, decided_at)


def _change(row: dict[str, Any]) -> News:
    return HealthChange(_time(row, "t"), _health(row), _text(row, "detail"))


def _match(row: dict[str, Any]) -> News:
    said = row.get("score")
    if isinstance(said, str) and score_in(said):
        return Score(score_in(said))
    if all(isinstance(row.get(side), int) for side in ("home", "away")):
        return Score(f"{int(_number(row, 'home', 0, 99))}-{int(_number(row, 'away', 0, 99))}")
    label = _text(row, "label")
    if not label:
        raise Refused("label")
    return Mark(_number(row, "t", -_LONGEST_S, _LONGEST_S), label, _text(row, "note"))


def _session(row: dict[str, Any]) -> News:
    if row.get("type") == "end":
        return End(_time(row, "t"), _text(row, "reason"), _text(row, "detail"))
    if row.get("type", "start") != "start":
        raise Refused("type")
    return Start(
        session=_text(row, "session"),
        source=_text(row, "source"),
        weights=_text(row, "weights"),
        trained=row.get("trained") is True,
        sample_rate=int(_number(row, "sample_rate", 0, 10_000_000, 0)),
        started_at=_text(row, "started_at"),
        threshold=_number(row, "threshold", 0.0, 1.0),
        label_rule=_text(row, "label_rule"),
    )


_READERS: Final[dict[str, Callable[[dict[str, Any]], News]]] = {
    "reading": _reading, "spike": _spike, "health": _change, "match": _match, "session": _session,
}  # fmt: skip


def _number(row: dict[str, Any], name: str, lowest: float, highest: float, otherwise: float | None = None) -> float:
    value = row.get(name)
    if value is None and otherwise is not None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        raise Refused(name)
    return float(value)


def _time(row: dict[str, Any], name: str) -> float:
    return _number(row, name, 0.0, _LONGEST_S)


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name, "")
    return value[:_MOST_CHARACTERS] if isinstance(value, str) else ""


def _health(row: dict[str, Any]) -> Health:
    try:
        return Health(str(row.get("health")))
    except ValueError as error:
        raise Refused("health") from error


def _sent(at: object) -> float | None:
    """Seconds since 1970 of a time in ISO 8601 that says its zone; None where it is none."""
    if not isinstance(at, str) or len(at) > 40:
        return None
    try:
        when = datetime.fromisoformat(at)
        seconds = when.timestamp() if when.tzinfo is not None else math.nan
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None
