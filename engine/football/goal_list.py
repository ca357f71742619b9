"""Plain goal lists, as a person types them: ``12:34,45+2:10,4021``.

``12:34`` is the match clock (``67:01`` lies in the second half), ``45+2:10`` added time, a bare whole number seconds on
the match clock. After the 90th minute the clock alone is ambiguous, so it takes ``90+5:00`` or ``et95:00``.
"""

import re

from engine.core.errors import UsageError
from engine.football.events import PERIOD_START_MINUTE, EventKind, MatchEvent, MatchEvents, Period, Shots

_HINT = "Write goals as 12:34, 45+2:10, 90+3:00, et95:00 (extra time) or seconds, with commas between them."
_GOAL_LIMIT = 100
_CLOCK = re.compile(r"(et)?([0-9]{1,3})(?:\+([0-9]{1,2}))?:([0-5][0-9](?:\.[0-9]{1,3})?)", re.ASCII | re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,5}", re.ASCII)
_ENDS = {45: 1, 90: 2, 105: 3, 120: 4}
_LAST_MINUTE = 120


def load_goals(text: str, name: str = "goals") -> MatchEvents:
    """``MatchEvents`` with nothing but goals in it. Raises ``UsageError`` naming the entry that can't be read."""
    entries = [entry.strip() for entry in text.split(",")]
    if len(entries) > _GOAL_LIMIT:
        raise UsageError(f"{len(entries)} goals are more than a match has", _HINT)
    times = sorted(_time(entry, number) for number, entry in enumerate(entries, start=1)) if text.strip() else []
    last = max([2, *(period for period, _ in times)])
    return MatchEvents(
        match_id=name,
        home="",
        away="",
        date="",
        competition="",
        score=None,
        periods=tuple(Period(number) for number in range(1, last + 1)),
        events=tuple(MatchEvent(period, clock_s, EventKind.GOAL) for period, clock_s in times),
        source="goals",
        attribution="times given by hand",
        shots=Shots.UNKNOWN,
    )


def _time(entry: str, number: int) -> tuple[int, float]:
    """Period and clock in seconds of one entry."""
    if _SECONDS.fullmatch(entry):
        extra, minute, added, seconds = None, int(entry) // 60, None, float(int(entry) % 60)
    else:
        match = _CLOCK.fullmatch(entry)
        if match is None:
            raise UsageError(f"goal {number}, {entry[:20]!a}, is no time", _HINT)
        extra, minute, added, seconds = match[1], int(match[2]), match[3], float(match[4])
    if added is not None:
        if minute not in _ENDS:
            raise UsageError(f"goal {number}, {entry!a}: added time follows 45, 90, 105 or 120", _HINT)
        period = _ENDS[minute]
        return period, (minute + int(added) - PERIOD_START_MINUTE[period]) * 60 + seconds
    if minute > _LAST_MINUTE or (minute >= 90) != bool(extra):
        raise UsageError(f"goal {number}, {entry!a}: is it added time (90+) or extra time (et)?", _HINT)
    period = max(period for period, start in PERIOD_START_MINUTE.items() if start <= minute)
    return period, (minute - PERIOD_START_MINUTE[period]) * 60 + seconds
