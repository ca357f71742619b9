"""What happens in a match, second by second: drawn at random, or placed from the events of a real one.

Times are seconds of sound since the start of the recording. A ``MatchEvent`` still counts from the start of its half,
as event data does; ``place_events`` puts such events on the clock of a recording.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.core.errors import UsageError
from engine.football.events import EventKind, MatchEvent, RecordedEvent, RecordedPeriod, Side

HALF_S = 45 * 60.0
USUAL_HALF_S = HALF_S + 225.0
SHOTS_A_MATCH = 25.0
BOX_ENTRIES_A_MATCH = 48.0
FOULS_A_MATCH = 22.0
XG_BETA = (0.75, 6.7)
"""Shape of the drawn xG: mean 0.1, so that 25 shots make the 2.5 goals of a league match; a third reach 0.1."""

RESTART_S = 45.0
"""From a goal to play again."""
PENALTY_SHARE, PENALTY_XG = 0.01, 0.76


@dataclass(frozen=True, slots=True)
class Timeline:
    """A whole recording: events in order of time, the periods of play, and how long the sound lasts."""

    events: tuple[RecordedEvent, ...]
    periods: tuple[RecordedPeriod, ...]
    duration_s: float

    def goals(self) -> tuple[RecordedEvent, ...]:
        """The goals, in order of time."""
        return tuple(event for event in self.events if event.kind is EventKind.GOAL)

    def dangers(self, least_xg: float = 0.1) -> tuple[RecordedEvent, ...]:
        """Goals, and shots of at least ``least_xg``."""
        return tuple(
            event
            for event in self.events
            if event.kind is EventKind.GOAL or (event.kind is EventKind.SHOT and (event.xg or 0.0) >= least_xg)
        )

    def in_play(self, t_s: float) -> bool:
        """Whether ``t_s`` lies between a kick-off and the whistle that ends the half."""
        return any(period.start_s <= t_s < period.end_s for period in self.periods)


def place_events(
    events: Iterable[MatchEvent], kickoff_s: float, half_time_s: float, after_s: float, name: str = "the match"
) -> Timeline:
    """Put a match's events on the clock of a recording.

    ``kickoff_s`` is how long the recording runs before the first kick-off, ``half_time_s`` the pause between two
    periods, ``after_s`` what is recorded after the last whistle. A period lasts until its ``half_end`` event, or
    else until its last event. Raises ``UsageError`` when there is no event to place or a time is negative.
    """
    rows = sorted((event for event in events if event.period <= 4), key=lambda event: (event.period, event.clock_s))
    if not rows:
        raise UsageError(f"{name} has no events", "Choose a match whose events are known.")
    if min(kickoff_s, half_time_s, after_s) < 0 or rows[0].clock_s < 0:
        raise UsageError(f"{name}: a time before the start", "Times count from the start of the sound or of the half.")
    placed: list[RecordedEvent] = []
    periods: list[RecordedPeriod] = []
    start_s = kickoff_s
    for number in sorted({event.period for event in rows}):
        mine = [event for event in rows if event.period == number]
        ends = [event.clock_s for event in mine if event.kind is EventKind.HALF_END]
        length_s = max(ends) if ends else mine[-1].clock_s
        placed.append(RecordedEvent(start_s, EventKind.HALF_START, period=number))
        placed.extend(
            RecordedEvent(start_s + event.clock_s, event.kind, event.side, event.xg, event.outcome, number)
            for event in mine
            if event.kind not in (EventKind.HALF_START, EventKind.HALF_END) and event.clock_s <= length_s
        )
        placed.append(RecordedEvent(start_s + length_s, EventKind.HALF_END, period=number))
        periods.append(RecordedPeriod(number, start_s, start_s + length_s))
        start_s += length_s + half_time_s
    placed.sort(key=lambda event: event.t_s)
    return Timeline(tuple(placed), tuple(periods), periods[-1].end_s + after_s)


def draw_events(rng: np.random.Generator) -> list[MatchEvent]:
    """Draw the events of two halves.

    Attacks come as a renewal process with quiet and lively spells; part of them end in a shot, some in a corner, and
    a shot scores with the probability its xG says, so goals follow the shots and not the other way round.
    """
    home_strength = float(np.clip(rng.normal(0.56, 0.1), 0.25, 0.8))
    liveliness = float(np.exp(rng.normal(0.0, 0.2)))
    events: list[MatchEvent] = []
    for period in (1, 2):
        length_s = HALF_S + 60.0 * float(rng.uniform(0.5, 4.0) if period == 1 else rng.uniform(2.0, 9.0))
        share = length_s / (2 * USUAL_HALF_S)
        events.append(MatchEvent(period, length_s, EventKind.HALF_END))
        attacks = int(rng.poisson((SHOTS_A_MATCH + BOX_ENTRIES_A_MATCH) * share * liveliness))
        for clock_s in np.sort(rng.uniform(20.0, length_s - 3.0, attacks)):
            side = Side.HOME if rng.random() < home_strength else Side.AWAY
            events.extend(_attack(rng, period, float(clock_s), side))
        events.extend(_interruptions(rng, period, length_s, share))
        goals_s = [event.clock_s for event in events if event.period == period and event.kind is EventKind.GOAL]
        events = [event for event in events if event.period != period or _possible(event, goals_s, length_s)]
    return events


def _possible(event: MatchEvent, goals_s: list[float], length_s: float) -> bool:
    """Whether an event lies within the half, and not between a goal and the kick-off after it."""
    if event.kind in (EventKind.HALF_END, EventKind.CARD, EventKind.SUBSTITUTION):
        return event.clock_s <= length_s
    earlier_s = [goal_s for goal_s in goals_s if goal_s < event.clock_s]
    return event.clock_s <= length_s and not (earlier_s and event.clock_s < max(earlier_s) + RESTART_S)


def _attack(rng: np.random.Generator, period: int, clock_s: float, side: Side) -> list[MatchEvent]:
    """A box entry, and what comes of it."""
    events = [MatchEvent(period, clock_s, EventKind.BOX_ENTRY, side)]
    if rng.random() < SHOTS_A_MATCH / (SHOTS_A_MATCH + BOX_ENTRIES_A_MATCH):
        shot_s = clock_s + float(rng.uniform(0.4, 5.0))
        xg = float(np.clip(rng.beta(*XG_BETA), 0.01, 0.95))
        if rng.random() < PENALTY_SHARE:
            events.append(MatchEvent(period, clock_s + 1.0, EventKind.PENALTY, side))
            xg, shot_s = PENALTY_XG, clock_s + float(rng.uniform(40.0, 90.0))
        if rng.random() < xg:
            events.append(MatchEvent(period, shot_s, EventKind.GOAL, side, xg))
            return events
        outcome = str(rng.choice(["saved", "off_target", "blocked", "post"], p=[0.31, 0.37, 0.29, 0.03]))
        events.append(MatchEvent(period, shot_s, EventKind.SHOT, side, xg, outcome))
        clock_s = shot_s
    if rng.random() < 0.15:
        events.append(MatchEvent(period, clock_s + float(rng.uniform(1.0, 4.0)), EventKind.CORNER, side))
    return events


def _interruptions(rng: np.random.Generator, period: int, length_s: float, share: float) -> list[MatchEvent]:
    """Fouls with their cards, offsides, substitutions and long stoppages of one half."""
    events: list[MatchEvent] = []

    def times(mean: float, first_s: float = 30.0) -> list[float]:
        return [float(t) for t in np.sort(rng.uniform(first_s, length_s - 2.0, int(rng.poisson(mean))))]

    def either() -> Side:
        return Side.HOME if rng.random() < 0.48 else Side.AWAY

    for clock_s in times(FOULS_A_MATCH * share):
        side = either()
        events.append(MatchEvent(period, clock_s, EventKind.FOUL, side))
        if rng.random() < 0.17:
            outcome = "red" if rng.random() < 0.05 else "yellow"
            events.append(MatchEvent(period, clock_s + float(rng.uniform(8, 30)), EventKind.CARD, side, None, outcome))
    events += [MatchEvent(period, clock_s, EventKind.OFFSIDE, either()) for clock_s in times(4.0 * share)]
    substitutions = 0.6 if period == 1 else 5.5
    first_s = 1200.0 if period == 1 else 300.0
    events += [
        MatchEvent(period, clock_s, EventKind.SUBSTITUTION, either()) for clock_s in times(substitutions, first_s)
    ]
    events += [MatchEvent(period, clock_s, EventKind.STOPPAGE) for clock_s in times(3.0 * share)]
    return [event for event in events if event.clock_s < length_s]


def draw_timeline(rng: np.random.Generator, minutes: float | None = None) -> Timeline:
    """Draw a whole recording: some minutes before kick-off, two halves, half-time, and a while afterwards.

    With ``minutes`` the recording ends after so long; one shorter than half an hour starts close before kick-off, so
    that it is about play. Raises ``UsageError`` for less than a tenth of a minute or more than six hours.
    """
    if minutes is not None:
        _check_length(minutes * 60.0)
    before_s = float(rng.uniform(60.0, 600.0))
    if minutes is not None and minutes < 30.0:
        before_s = float(rng.uniform(0.0, 6.0)) * minutes
    timeline = place_events(draw_events(rng), before_s, float(rng.uniform(720.0, 1200.0)), float(rng.uniform(60, 240)))
    return timeline if minutes is None else cut(timeline, 0.0, minutes * 60.0)


def _check_length(duration_s: float) -> None:
    if not 6.0 <= duration_s <= 6 * 3600.0:
        raise UsageError(f"{duration_s / 60:g} minutes is no match", "Ask for between 0.1 and 360 minutes.")


def cut(timeline: Timeline, start_s: float, duration_s: float) -> Timeline:
    """The stretch of ``timeline`` from ``start_s`` on, with its own clock; silence of events where it runs out."""
    _check_length(duration_s)
    events = tuple(
        RecordedEvent(event.t_s - start_s, event.kind, event.side, event.xg, event.outcome, event.period)
        for event in timeline.events
        if start_s <= event.t_s < start_s + duration_s
    )
    periods = tuple(
        RecordedPeriod(period.number, max(period.start_s - start_s, 0.0), min(period.end_s - start_s, duration_s))
        for period in timeline.periods
        if period.start_s < start_s + duration_s and period.end_s > start_s
    )
    return Timeline(events, periods, duration_s)
