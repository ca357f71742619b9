"""The one type that every loader of event data returns.

Times are seconds since the kick-off of the period (``clock_s``): the clock of a match restarts with every period, and
how long a half lasted is part of the data, so no other clock can be added up without loss.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.core.clock_text import scoreboard

PERIOD_START_MINUTE: Final = {1: 0, 2: 45, 3: 90, 4: 105}
"""The minute on the match clock at which each period kicks off. Period 5, the shoot-out, is no play."""
REGULAR_LENGTH_S: Final = {1: 2700.0, 2: 2700.0, 3: 900.0, 4: 900.0}


class Side(StrEnum):
    HOME = "home"
    AWAY = "away"


class EventKind(StrEnum):
    GOAL = "goal"
    SHOT = "shot"
    PENALTY = "penalty"
    """A penalty was given; the kick itself is a shot."""
    CORNER = "corner"
    BOX_ENTRY = "box_entry"
    FOUL = "foul"
    CARD = "card"
    OFFSIDE = "offside"
    SUBSTITUTION = "substitution"
    STOPPAGE = "stoppage"
    KICK_OFF = "kick_off"
    HALF_START = "half_start"
    HALF_END = "half_end"
    """The two whistles around a period of a recording; event data says them as the periods themselves."""


class Shots(StrEnum):
    """What the source says about shots that were no goals."""

    UNKNOWN = "unknown"
    LISTED = "listed"
    WITH_XG = "with_xg"


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of play from a kick-off on. ``end_s`` is its length on the clock; None where nobody wrote it down."""

    number: int
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class MatchEvent:
    """Something that happened ``clock_s`` seconds after the kick-off of ``period``.

    ``side`` is who it was for: the shooting side, the side an own goal counts for, the side that fouled. ``xg`` is the
    chance of the shot in [0, 1], None where it is not known or the event is no shot.
    """

    period: int
    clock_s: float
    kind: EventKind
    side: Side | None = None
    xg: float | None = None
    outcome: str = ""
    player: str = ""

    @property
    def match_clock(self) -> str:
        """As the scoreboard says it: ``67:01``, ``45+2:10``."""
        start = PERIOD_START_MINUTE[self.period]
        regular = int(REGULAR_LENGTH_S[self.period]) // 60
        return scoreboard(self.clock_s, start, regular)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """Something that happened ``t_s`` seconds into a recording: a ``MatchEvent`` on the sound's own clock.

    ``outcome`` is ``saved``, ``off_target``, ``blocked`` or ``post`` for a shot, ``yellow`` or ``red`` for a card, else
    empty.
    """

    t_s: float
    kind: EventKind
    side: Side | None = None
    xg: float | None = None
    outcome: str = ""
    period: int = 1

    @property
    def is_goal(self) -> bool:
        return self.kind is EventKind.GOAL


@dataclass(frozen=True, slots=True)
class RecordedPeriod:
    """A stretch of play in a recording, from its kick-off to the whistle that ends it, in seconds of sound."""

    number: int
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class MatchEvents:
    """A match as told by one source; ``events`` are in the order of play."""

    match_id: str
    home: str
    away: str
    date: str
    competition: str
    score: tuple[int, int] | None
    periods: tuple[Period, ...]
    events: tuple[MatchEvent, ...]
    source: str
    attribution: str
    shots: Shots

    def __post_init__(self) -> None:
        numbers = [period.number for period in self.periods]
        if numbers != sorted(set(numbers)) or any(number not in PERIOD_START_MINUTE for number in numbers):
            raise ValueError(f"periods must be in order and between 1 and 4: {numbers}")
        order = [(event.period, event.clock_s) for event in self.events]
        if order != sorted(order):
            raise ValueError("events must be in the order of play")
        if any(event.period not in numbers for event in self.events):
            raise ValueError("every event must lie in a period of the match")

    @property
    def title(self) -> str:
        result = f"{self.score[0]}-{self.score[1]}" if self.score else "v"
        return f"{self.home or 'home'} {result} {self.away or 'away'}"

    @property
    def goals(self) -> tuple[MatchEvent, ...]:
        """Every goal that counted, own goals with the side they count for."""
        return tuple(event for event in self.events if event.kind is EventKind.GOAL)

    def period(self, number: int) -> Period | None:
        return next((period for period in self.periods if period.number == number), None)

    def in_period(self, number: int) -> tuple[MatchEvent, ...]:
        return tuple(event for event in self.events if event.period == number)

    def length_s(self, number: int) -> float:
        """Length of a period in seconds; where nobody wrote it down, the regular one or up to its last event."""
        period = self.period(number)
        if period is None:
            raise ValueError(f"the match has no period {number}")
        if period.end_s is not None:
            return period.end_s
        return max([REGULAR_LENGTH_S[number], *(event.clock_s for event in self.in_period(number))])
