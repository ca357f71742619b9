"""The result of an alignment: where the kick-offs lie in the sound, how that was found, and how sure it is."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.core.clock_text import add_up
from engine.core.errors import InputError, UsageError
from engine.football.json_document import Node
from engine.football.match_clock import MatchClock

Method = Literal["measured", "by hand"]
_CLOCK = re.compile(r"(?:(?:([0-9]{1,2}):)?([0-9]{1,3}):)?([0-9]{1,5}(?:\.[0-9]{1,3})?)", re.ASCII)
_LATEST_S = 6 * 3600.0


class AlignmentRefused(InputError):
    """Sound and events do not fit each other surely enough; the hint says how to give the kick-offs by hand."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """``kick_off_s`` is the second of sound at which each period kicks off, by number.

    ``lag_s`` is how late the crowd answers an event, ``confidence`` in [0, 1]; both None where a person said it.
    """

    kick_off_s: Mapping[int, float]
    method: Method
    lag_s: float | None = None
    confidence: float | None = None

    @property
    def clock(self) -> MatchClock:
        return MatchClock(self.kick_off_s)


def by_hand(kick_offs: Mapping[int, float]) -> Alignment:
    """An alignment that a person gave. Raises ``UsageError`` for kick-offs that do not follow each other."""
    order = [kick_offs[number] for number in sorted(kick_offs)]
    if not order:
        raise UsageError(
            "no kick-off is given", "Give --kickoff, --second-half or both as minutes:seconds of the sound."
        )
    if any(later <= earlier for earlier, later in itertools.pairwise(order)):
        raise UsageError(
            "the second half starts before the first", "Both are times in the sound, not on the match clock."
        )
    return Alignment(dict(kick_offs), "by hand")


def parse_sound_time(text: str, name: str) -> float:
    """Seconds of ``12:34``, ``1:02:03``, ``754`` or ``-0:30`` (before the sound starts).

    Raises ``UsageError`` that says which option holds it.
    """
    match = _CLOCK.fullmatch(text.removeprefix("-"))
    if match is None or (match[2] and float(match[3]) >= 60):
        raise UsageError(f"{name} {text[:20]!a} is no time", "Write minutes:seconds of the sound, such as 12:34.")
    seconds = add_up(match[0])
    if seconds > _LATEST_S:
        raise UsageError(f"{name} {text} lies beyond six hours", "Write minutes:seconds of the sound, such as 12:34.")
    return -seconds if text.startswith("-") else seconds


def parse_kick_offs(kickoff: str | None, second_half: str | None, extra_time: str | None) -> dict[int, float | None]:
    """Kick-offs as given on the command line, by period; None for a period that was not recorded (``none``).

    ``extra_time`` holds one or two times with a comma between. Raises ``UsageError`` naming the option.
    """
    given: dict[int, float | None] = {}
    extras = extra_time.split(",") if extra_time else []
    if len(extras) > 2:
        raise UsageError("--extra-time takes two times at most", "Write both kick-offs: --extra-time 2:05:00,2:22:30.")
    texts = [(1, kickoff, "--kickoff"), (2, second_half, "--second-half")]
    for number, text, name in [*texts, *((3 + i, extra, "--extra-time") for i, extra in enumerate(extras))]:
        if text is not None:
            given[number] = None if text.strip().lower() == "none" else parse_sound_time(text.strip(), name)
    return given


def to_json(alignment: Alignment) -> dict[str, Any]:
    return {
        "kick_off_s": {str(number): round(t_s, 3) for number, t_s in alignment.kick_off_s.items()},
        "method": alignment.method,
        "lag_s": alignment.lag_s,
        "confidence": alignment.confidence,
    }


def from_json(node: Node) -> Alignment:
    """The inverse of ``to_json``. Raises ``InputError`` naming file and place."""
    kick_offs, method = node.get("kick_off_s"), node.get("method").text()
    found = {number: kick_offs.find(str(number)) for number in range(1, 5)}
    lag, confidence = node.find("lag_s"), node.find("confidence")
    return Alignment(
        {number: t.number(-_LATEST_S, _LATEST_S) for number, t in found.items() if t},
        "by hand" if method == "by hand" else "measured",
        lag.number(-60, 60) if lag else None,
        confidence.number(0, 1) if confidence else None,
    )
