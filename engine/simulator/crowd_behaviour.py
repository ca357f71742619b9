"""What the crowd does: its mood from second to second, and its cries, songs and applause, from a timeline.

Reactions are neither complete nor exclusive: a good chance may pass in silence, and a tackle may set the stand on
fire. What follows from an event says so in ``cause``; the rest has none.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.football.events import EventKind, RecordedEvent, Side
from engine.simulator import chants as songs
from engine.simulator.sound_cues import Cue, Place, Reaction
from engine.simulator.synthesis_primitives import Curve
from engine.simulator.timeline import Timeline
from engine.simulator.venue import Venue

MOOD_STEP_S: Final = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Mood:
    """Two tracks of the murmur, a value every ``MOOD_STEP_S``: its level against the mean in dB, and the tension."""

    level_db: Curve
    tension: Curve


def _shape(rng: np.random.Generator, kind: Reaction, level_db: float) -> tuple[float, float, float]:
    """Rise, hold (s) and decay (dB/s) of a reaction, in the ranges that real ones were measured in."""

    def log_normal(median: float, spread: float, low: float, high: float) -> float:
        return float(np.clip(median * np.exp(rng.normal(0.0, spread)), low, high))

    if kind in (Reaction.ROAR, Reaction.MUTED_ROAR):
        return log_normal(0.6, 0.75, 0.15, 2.6), log_normal(0.4 + 0.06 * level_db, 0.6, 0.1, 6.0), rng.uniform(2.0, 4.5)
    if kind is Reaction.GROAN:
        return log_normal(0.25, 0.6, 0.14, 1.3), log_normal(0.2, 0.5, 0.0, 1.0), log_normal(15.0, 0.55, 4.7, 48.0)
    if kind is Reaction.OOH:
        return log_normal(0.3, 0.6, 0.14, 1.5), log_normal(0.4, 0.6, 0.0, 1.5), log_normal(7.0, 0.5, 3.0, 25.0)
    return log_normal(0.9, 0.7, 0.2, 4.0), log_normal(2.5, 0.7, 0.5, 12.0), rng.uniform(1.5, 6.0)


def make_reaction(
    rng: np.random.Generator,
    kind: Reaction,
    onset_s: float,
    level_db: float,
    cause: str = "",
    cause_s: float | None = None,
) -> Cue:
    """A reaction that starts at ``onset_s`` and reaches ``level_db`` above the bed."""
    rise_s, hold_s, decay = _shape(rng, kind, level_db)
    peak_s = onset_s + rise_s / 0.6
    height_db = max(level_db, 3.0) + 4.0
    end_s = peak_s + hold_s + min(1.5 * height_db / decay, 40.0)
    return Cue(
        kind,
        Place.STANDS,
        onset_s,
        peak_s,
        end_s,
        level_db,
        seed=int(rng.integers(2**32)),
        cause=cause,
        cause_s=cause_s,
        rise_s=rise_s,
        hold_s=hold_s,
        decay_db_per_s=decay,
    )


def make_chant(rng: np.random.Generator, venue: Venue, onset_s: float, seconds: float, level_db: float) -> list[Cue]:
    """A chant of about ``seconds``, in parts of a few lines that swell, hold and trail off."""
    seed = int(rng.integers(2**32))
    song = songs.draw_chant(np.random.default_rng([seed]), venue)
    lines = max(1, round(11.0 / song.line_s))
    part_s = lines * song.line_s
    parts = max(1, round(seconds / part_s))
    swell = np.interp(np.linspace(0, 1, parts), [0, 0.35, 0.8, 1], [-5.0, 0.0, 0.0, -4.0]) if parts > 1 else [0.0]
    blank = Cue(Reaction.CHANT, Place.STANDS, onset_s, onset_s, onset_s, level_db, seed)
    return [
        replace(
            blank,
            onset_s=onset_s + number * part_s,
            peak_s=onset_s + (number + 0.5) * part_s,
            end_s=onset_s + (number + 1) * part_s,
            level_db=level_db + float(swell[number]),
            part=number,
            last=number == parts - 1,
        )
        for number in range(parts)
    ]


class _Plan:
    """Collects the reactions of one match."""

    def __init__(self, rng: np.random.Generator, venue: Venue) -> None:
        self.rng, self.venue = rng, venue
        self.cues: list[Cue] = []

    def maybe(
        self,
        chance: float,
        kinds: tuple[Reaction, ...],
        event: RecordedEvent | None,
        level_db: tuple[float, float],
        delay_s: tuple[float, float] = (0.15, 1.4),
        at_s: float | None = None,
    ) -> bool:
        """Draw whether one of ``kinds`` follows; the level is normal with this mean and deviation."""
        if self.rng.random() > chance:
            return False
        when_s = event.t_s if event is not None else float(at_s or 0.0)
        kind = kinds[int(self.rng.integers(len(kinds)))]
        loud = float(np.clip(self.rng.normal(*level_db) + 12.0 * np.log10(self.venue.excitability), 2.5, 22.0))
        onset_s = max(0.0, when_s + float(self.rng.uniform(*delay_s)))
        cause = event.kind.value if event is not None else ""
        self.cues.append(make_reaction(self.rng, kind, onset_s, loud, cause, event.t_s if event is not None else None))
        return True

    def follow(self, event: RecordedEvent) -> None:
        """What an event of play does to the crowd."""
        home = event.side is Side.HOME
        xg = event.xg if event.xg is not None else 0.1
        away_db = float(np.clip(10 * np.log10(max(1 - self.venue.home_share, 0.02) / 0.5), -9.0, 0.0))
        applause, boo, whistling = Reaction.APPLAUSE, Reaction.BOO, Reaction.WHISTLING
        if event.kind is EventKind.GOAL:
            if home:
                self.maybe(0.99, (Reaction.ROAR,), event, (15.5, 2.5), (0.05, 1.2))
            else:
                self.maybe(0.3, (Reaction.GROAN,), event, (7.0, 2.0), (0.0, 0.8))
                self.maybe(0.92, (Reaction.MUTED_ROAR,), event, (14.5 + away_db, 2.0), (0.1, 1.2))
        elif event.kind is EventKind.SHOT:
            loudness = 8.0 + 5.0 * min(xg, 0.6)
            likely = {"blocked": 0.55, "post": 1.4}.get(event.outcome, 1.0) * (0.3 + 0.6 * min(xg / 0.25, 1.0))
            kinds = (Reaction.OOH, Reaction.GROAN, Reaction.GROAN if event.outcome == "off_target" else Reaction.ROAR)
            if home:
                self.maybe(min(likely, 0.95), kinds, event, (loudness, 2.5))
                self.maybe(0.4, (applause,), event, (6.0, 2.0), (1.2, 4.0))
            else:
                self.maybe(min(0.6 * likely, 0.8), kinds, event, (loudness + 0.4 * away_db, 2.2))
                self.maybe(0.2 if event.outcome == "saved" else 0.08, (applause,), event, (6.0, 2.0), (1.0, 3.0))
        elif event.kind is EventKind.PENALTY:
            self.maybe(0.9, (Reaction.ROAR,) if home else (boo, whistling, Reaction.GROAN), event, (10.5, 2.5))
        elif event.kind is EventKind.CORNER and home:
            self.maybe(0.35, (applause, Reaction.CLAPPING), event, (5.0, 1.5), (2.0, 9.0))
        elif event.kind is EventKind.FOUL:
            self.maybe(0.3 if not home else 0.2, (boo, whistling, boo), event, (7.0, 2.5))
            self.maybe(0.07, (Reaction.ROAR, Reaction.OOH), event, (8.0, 2.5))
        elif event.kind is EventKind.CARD:
            sent_off = event.outcome == "red"
            cheer = (Reaction.ROAR,) if not home else (boo, whistling)
            self.maybe(0.95 if sent_off else 0.35, cheer, event, (12.0 if sent_off else 7.5, 2.0))
        elif event.kind is EventKind.SUBSTITUTION:
            self.maybe(0.65 if home else 0.2, (applause,), event, (6.0, 2.5), (0.0, 12.0))
            self.maybe(0.05, (Reaction.ROAR, boo), event, (8.0, 2.0), (0.0, 8.0))
        elif event.kind is EventKind.OFFSIDE:
            self.maybe(0.25, (boo, Reaction.GROAN) if home else (applause, Reaction.ROAR), event, (6.0, 2.0))
        elif event.kind is EventKind.HALF_START:
            self.maybe(0.7, (Reaction.ROAR, applause), event, (7.0, 2.0), (-3.0, 1.0))
        elif event.kind is EventKind.HALF_END:
            self.maybe(0.85, (applause, applause, boo, Reaction.ROAR), event, (7.5, 2.5), (0.2, 2.0))


def plan_reactions(rng: np.random.Generator, venue: Venue, timeline: Timeline) -> list[Cue]:
    """Everything the crowd lets out in this recording, unordered."""
    plan = _Plan(rng, venue)
    for event in timeline.events:
        plan.follow(event)
    hours = timeline.duration_s / 3600.0
    spontaneous: tuple[tuple[float, tuple[Reaction, ...], tuple[float, float]], ...] = (
        (6.0, (Reaction.ROAR, Reaction.OOH, Reaction.GROAN), (8.0, 2.5)),
        (5.0, (Reaction.APPLAUSE,), (6.0, 2.0)),
        (3.0, (Reaction.BOO, Reaction.WHISTLING), (6.0, 2.0)),
        (5.0, (Reaction.CLAPPING,), (5.0, 2.0)),
    )
    for rate, kinds, level_db in spontaneous:
        for _ in range(int(rng.poisson(rate * venue.restlessness * hours))):
            at_s = float(rng.uniform(0.0, timeline.duration_s))
            # Between the halves nobody cries out over a tackle.
            if timeline.in_play(at_s) or kinds[0] is not Reaction.ROAR:
                plan.maybe(1.0, kinds, None, level_db, (0.0, 0.0), at_s)
    for _ in range(int(rng.poisson((2.0 + 30.0 * venue.singing) * hours))):
        seconds = float(np.clip(rng.gamma(2.0, 16.0), 8.0, 120.0))
        plan.cues += make_chant(
            rng, venue, float(rng.uniform(0.0, timeline.duration_s)), seconds, float(rng.normal(6.0, 3.0))
        )
    for goal in timeline.goals():
        if goal.side is Side.HOME and rng.random() < 0.3 + 0.6 * venue.singing:
            onset_s = goal.t_s + float(rng.uniform(12.0, 45.0))
            plan.cues += make_chant(rng, venue, onset_s, float(rng.uniform(15.0, 60.0)), float(rng.normal(8.0, 2.5)))
    return [cue for cue in plan.cues if cue.onset_s < timeline.duration_s]


_PULL: Final = {
    EventKind.BOX_ENTRY: (0.32, 3.5),
    EventKind.CORNER: (0.35, 12.0),
    EventKind.SHOT: (0.6, 4.5),
    EventKind.GOAL: (0.75, 4.5),
}
"""How tense a moment gets at most, and over how many seconds before it the tension builds."""


def plan_mood(rng: np.random.Generator, venue: Venue, timeline: Timeline) -> Mood:
    """The murmur's level and tension through the recording.

    Tension builds while the ball is near a goal and lets go within seconds; some attacks come out of nothing and
    some build-ups lead nowhere. The level follows it, and the score, and the hour.
    """
    points = int(timeline.duration_s / MOOD_STEP_S) + 8
    at = np.arange(points) * MOOD_STEP_S
    tension = np.zeros(points)
    level_db = np.full(points, -2.5)

    def build(peak_s: float, height: float, before_s: float, after_s: float) -> None:
        first, last = np.searchsorted(at, [peak_s - before_s, peak_s + 4 * after_s])
        span = at[first:last] - peak_s
        bump = np.where(span < 0, 0.5 + 0.5 * np.cos(np.pi * span / before_s), np.exp(-np.maximum(span, 0) / after_s))
        tension[first:last] = np.maximum(tension[first:last], height * bump)

    for event in timeline.events:
        if event.kind in _PULL:
            height, before_s = _PULL[event.kind]
            share = 1.0 if event.side is Side.HOME else float(rng.uniform(0.2, 0.8))
            height = float(np.clip(height * share * rng.gamma(4.0, 0.25), 0.0, 1.0))
            build(event.t_s, height, before_s * float(rng.gamma(4.0, 0.25)) + 0.3, float(rng.uniform(0.8, 3.5)))
    for _ in range(int(rng.poisson(14.0 * timeline.duration_s / 3600.0))):
        when_s = float(rng.uniform(0.0, timeline.duration_s))
        if timeline.in_play(when_s):
            build(when_s, float(rng.uniform(0.15, 0.8)), float(rng.uniform(2.0, 12.0)), float(rng.uniform(0.8, 4.0)))
    for period in timeline.periods:
        level_db += 2.5 * np.clip((at - period.start_s) / 20.0 + 1, 0, 1) * np.clip((period.end_s + 60 - at) / 60, 0, 1)
    for goal in timeline.goals():
        since = at - goal.t_s
        home = goal.side is Side.HOME
        change_db = float(rng.uniform(0.5, 2.5) if home else -rng.uniform(1.0, 4.5) * venue.home_share)
        settle_s = float(rng.uniform(60.0, 240.0) if home else rng.uniform(20.0, 90.0))
        level_db += np.where(since > 3.0, change_db * np.exp(-np.maximum(since - 3.0, 0.0) / settle_s), 0.0)
        if home:  # the roar itself is over in ten seconds, the joy is not
            joy_db, joy_s = float(rng.uniform(1.5, 6.0)), float(rng.uniform(8.0, 30.0))
            level_db += np.where(since > 0.0, joy_db * np.exp(-((since / joy_s) ** 2)), 0.0)
    if timeline.periods:
        level_db -= 8.0 * np.clip((at - timeline.periods[-1].end_s) / 600.0, 0.0, 1.0)
    lift_db = float(np.clip(3.5 * venue.excitability * rng.uniform(0.3, 1.8), 0.5, 8.0))
    return Mood(level_db + lift_db * tension, tension)
