"""The match clock on the sound's: when the periods began and ended, and with them all that happened in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final

from engine.core.clock_text import scoreboard
from engine.core.signals import Mark
from engine.football.events import PERIOD_START_MINUTE, REGULAR_LENGTH_S, EventKind, MatchEvents, RecordedEvent

KICK_OFF: Final = "kick-off"
HALF_TIME: Final = "half-time"
SECOND_HALF: Final = "second-half"
FULL_TIME: Final = "full-time"
CLOCK_LABELS: Final = (KICK_OFF, HALF_TIME, SECOND_HALF, FULL_TIME)
"""Labels of the marks that set the clock, in their usual order."""
_BEGINS: Final = {KICK_OFF: 1, SECOND_HALF: 2}
_ENDS: Final = {HALF_TIME: 1, FULL_TIME: 2}
_BREAKS: Final = {"HT": "half-time", "FT": "full time"}
_PERIODS: Final = {1: "1st half", 2: "2nd half", 3: "1st half of extra time", 4: "2nd half of extra time"}


@dataclass(frozen=True, slots=True)
class MatchClock:
    """The second of sound at which each period kicks off, by the period's number, and at which a whistle ended it.

    A kick-off may lie before the start of the sound (negative). A period is missing where it was not recorded, or
    nobody said when it was.
    """

    kick_off_s: Mapping[int, float] = field(default_factory=dict)
    ended_s: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def from_marks(cls, marks: Iterable[Mark]) -> "MatchClock":
        """Read the clock off the marks that a person set, in the order in which they were set.

        A later mark with the same label replaces the one before: that is how a mistake is put right.
        """
        at_s = {mark.label: mark.t for mark in marks if mark.label in CLOCK_LABELS}
        return cls(
            {number: at_s[label] for label, number in _BEGINS.items() if label in at_s},
            {number: at_s[label] for label, number in _ENDS.items() if label in at_s},
        )

    def sound_s(self, period: int, clock_s: float) -> float:
        """Seconds of sound at ``clock_s`` seconds of ``period``. Raises ``KeyError`` where it was not recorded."""
        return self.kick_off_s[period] + clock_s

    def played_s(self, t: float) -> tuple[int, float]:
        """(period, seconds since its kick-off) of a second of sound: the inverse of ``sound_s``.

        Before all kick-offs it is the first period; where nobody said when that began, it did with the sound.
        """
        begun = [number for number, at_s in self.kick_off_s.items() if t >= at_s]
        period = max([1, *begun])
        return period, t - self.kick_off_s.get(period, 0.0)

    def minute(self, t: float) -> str:
        """The clock as a scoreboard shows it: ``23:41``, ``45+2:10``, ``HT``, ``FT``; empty before the kick-off."""
        for period in sorted({*self.kick_off_s, *self.ended_s}, reverse=True):
            if t >= self.ended_s.get(period, inf):
                return "HT" if period == 1 else "FT"
            if t >= self.kick_off_s.get(period, inf):
                regular_minutes = int(REGULAR_LENGTH_S[period]) // 60
                return scoreboard(t - self.kick_off_s[period], PERIOD_START_MINUTE[period], regular_minutes, digits=2)
        return ""

    def period(self, t: float) -> str:
        """The period in words; empty before the kick-off."""
        minute = self.minute(t)
        return _BREAKS.get(minute) or (minute and _PERIODS[self.played_s(t)[0]])

    def next_label(self, t: float) -> str:
        """The label of what most likely happens next at ``t``."""
        steps = ((of, number) for number in (1, 2) for of in (self.kick_off_s, self.ended_s))
        labels = zip(CLOCK_LABELS, steps, strict=True)
        return next((label for label, (of, number) in labels if of.get(number, inf) > t), FULL_TIME)


@dataclass(frozen=True, slots=True)
class MatchOnSound:
    """What the label rules look at: shots with goals, and stretches of play, both in seconds of sound and in order."""

    shots: tuple[RecordedEvent, ...]
    play: tuple[tuple[float, float], ...]


def on_sound(match: MatchEvents, clock: MatchClock) -> MatchOnSound:
    """Shots, goals and play of the periods that ``clock`` knows, moved onto the sound's clock."""
    shots = [
        RecordedEvent(
            clock.sound_s(event.period, event.clock_s), event.kind, event.side, event.xg, event.outcome, event.period
        )
        for event in match.events
        if event.kind in (EventKind.GOAL, EventKind.SHOT) and event.period in clock.kick_off_s
    ]
    play = [
        (clock.sound_s(period.number, 0.0), clock.sound_s(period.number, match.length_s(period.number)))
        for period in match.periods
        if period.number in clock.kick_off_s
    ]
    return MatchOnSound(tuple(sorted(shots, key=lambda shot: shot.t_s)), tuple(sorted(play)))
