"""The result of an alignment: where the kick-offs lie in the sound, how that was found, and how sure it is."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.core.errors import InputError, UsageError
from engine.core.parse_kick_offs import LATEST_S
from engine.football.json_document import Node
from engine.football.match_clock import MatchClock

Method = Literal["measured", "by hand"]


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

    def to_json(self) -> dict[str, Any]:
        return {
            "kick_off_s": {str(number): round(t_s, 3) for number, t_s in self.kick_off_s.items()},
            "method": self.method,
            "lag_s": self.lag_s,
            "confidence": self.confidence,
        }


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


def from_json(node: Node) -> Alignment:
    """The inverse of ``Alignment.to_json``. Raises ``InputError`` naming file and place."""
    kick_offs, method = node.get("kick_off_s"), node.get("method").text()
    found = {number: kick_offs.find(str(number)) for number in range(1, 5)}
    lag, confidence = node.find("lag_s"), node.find("confidence")
    return Alignment(
        {number: t.number(-LATEST_S, LATEST_S) for number, t in found.items() if t},
        "by hand" if method == "by hand" else "measured",
        lag.number(-60, 60) if lag else None,
        confidence.number(0, 1) if confidence else None,
    )
