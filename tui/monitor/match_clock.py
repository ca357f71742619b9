"""The match clock, from the marks that a person set: kick-off, half-time, second half, full time."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.core.signals import Mark

KICK_OFF = "kick-off"
HALF_TIME = "half-time"
SECOND_HALF = "second-half"
FULL_TIME = "full-time"
CLOCK_LABELS = (KICK_OFF, HALF_TIME, SECOND_HALF, FULL_TIME)
"""Labels of the marks that set the clock, in their usual order."""

HALF_MINUTES = 45
_HALF_S = HALF_MINUTES * 60


@dataclass(frozen=True, slots=True)
class MatchClock:
    """When the halves began and ended, in seconds of sound; None where that was not marked.

    A later mark with the same label replaces the one before: that is how a mistake is put right.
    """

    kick_off_s: float | None = None
    half_time_s: float | None = None
    second_half_s: float | None = None
    full_time_s: float | None = None

    @classmethod
    def from_marks(cls, marks: Iterable[Mark]) -> "MatchClock":
        """Read the clock off the marks, given in the order in which they were set."""
        found: dict[str, float] = {mark.label: mark.t for mark in marks if mark.label in CLOCK_LABELS}
        return cls(*(found.get(label) for label in CLOCK_LABELS))

    def next_label(self, t: float) -> str:
        """What most likely happens next at ``t``."""
        steps = zip(
            CLOCK_LABELS, (self.kick_off_s, self.half_time_s, self.second_half_s, self.full_time_s), strict=True
        )
        return next((label for label, at in steps if at is None or at > t), FULL_TIME)

    def minute(self, t: float) -> str:
        """The clock as a scoreboard shows it: ``23:41``, ``45+2:10``, ``HT``, ``FT``; empty before the kick-off."""
        if self.full_time_s is not None and t >= self.full_time_s:
            return "FT"
        if self.second_half_s is not None and t >= self.second_half_s:
            return _played(t - self.second_half_s, HALF_MINUTES)
        if self.half_time_s is not None and t >= self.half_time_s:
            return "HT"
        if self.kick_off_s is not None and t >= self.kick_off_s:
            return _played(t - self.kick_off_s, 0)
        return ""

    def period(self, t: float) -> str:
        """The period in words; empty before the kick-off."""
        minute = self.minute(t)
        if minute in ("", "HT", "FT"):
            return {"": "", "HT": "half-time", "FT": "full time"}[minute]
        return "2nd half" if self.second_half_s is not None and t >= self.second_half_s else "1st half"


def _played(seconds: float, before_minutes: int) -> str:
    minutes, rest = divmod(int(seconds), 60)
    if seconds >= _HALF_S:
        return f"{before_minutes + HALF_MINUTES}+{minutes - HALF_MINUTES}:{rest:02d}"
    return f"{before_minutes + minutes:02d}:{rest:02d}"
