"""Where the kick-offs lie on the sound's clock, and with them everything that happened on the match clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.football.events import EventKind, MatchEvents, RecordedEvent


@dataclass(frozen=True, slots=True)
class MatchClock:
    """The second of sound at which each period kicks off, by the period's number.

    A kick-off may lie before the start of the sound (negative), or be missing where that period was not recorded.
    """

    kick_off_s: Mapping[int, float]

    def sound_s(self, period: int, clock_s: float) -> float:
        """Seconds of sound at ``clock_s`` seconds of ``period``. Raises ``KeyError`` where it was not recorded."""
        return self.kick_off_s[period] + clock_s


@dataclass(frozen=True, slots=True)
class MatchOnSound:
    """What the label rules look at: shots with goals, and stretches of play, both in seconds of sound and in order."""

    shots: tuple[RecordedEvent, ...]
    play: tuple[tuple[float, float], ...]

    @property
    def play_s(self) -> float:
        return sum(end - start for start, end in self.play)


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
