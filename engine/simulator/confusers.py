"""When the other sounds of a ground are heard: the habits of each kind, and what events of play set off.

Every kind draws from numbers of its own, so that switching one off leaves all others as they were.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.errors import UsageError
from engine.simulator import music
from engine.simulator.cues import Confuser, Cue, Place
from engine.simulator.timeline import EventKind, Timeline
from engine.simulator.venue import Venue


@dataclass(frozen=True, slots=True)
class Habit:
    """How a kind of sound turns up.

    ``presence`` is the share of grounds that have it at all, ``per_hour`` the mean number there, ``seconds`` the
    range of its length (drawn evenly over the logarithm), ``level_db`` mean and deviation above the bed, ``part_s``
    how long one rendered part is.
    """

    place: Place
    presence: float
    per_hour: float
    seconds: tuple[float, float]
    level_db: tuple[float, float]
    part_s: float = 30.0


HABITS: Final[dict[Confuser, Habit]] = {
    Confuser.PA_SPEECH: Habit(Place.LOUDSPEAKERS, 0.85, 4.0, (3.0, 15.0), (6.0, 4.0)),
    Confuser.PA_MUSIC: Habit(Place.LOUDSPEAKERS, 0.85, 1.5, (8.0, 60.0), (7.0, 4.5), 10.0),
    Confuser.WHISTLE: Habit(Place.OUTDOORS, 0.97, 6.0, (0.3, 3.0), (4.0, 5.0)),
    Confuser.DRUMS: Habit(Place.STANDS, 0.5, 14.0, (4.0, 40.0), (6.0, 4.0), 20.0),
    Confuser.HORNS: Habit(Place.STANDS, 0.5, 8.0, (0.8, 12.0), (6.0, 4.5)),
    Confuser.COMMENTATOR: Habit(Place.NEAR, 0.22, 90.0, (6.0, 30.0), (3.0, 5.0), 15.0),
    Confuser.CHATTER: Habit(Place.NEAR, 0.6, 22.0, (2.0, 14.0), (3.0, 5.0)),
    Confuser.WIND: Habit(Place.NEAR, 0.4, 24.0, (2.0, 25.0), (5.0, 5.0)),
    Confuser.RAIN: Habit(Place.NEAR, 0.25, 2.0, (20.0, 500.0), (3.0, 5.0), 14.0),
    Confuser.HELICOPTER: Habit(Place.OUTDOORS, 0.15, 1.5, (8.0, 60.0), (4.0, 4.0), 60.0),
    Confuser.AIRCRAFT: Habit(Place.OUTDOORS, 0.45, 2.0, (8.0, 45.0), (4.0, 4.0), 45.0),
    Confuser.ENGINE: Habit(Place.OUTDOORS, 0.3, 4.0, (3.0, 30.0), (3.0, 5.0)),
    Confuser.SIREN: Habit(Place.OUTDOORS, 0.35, 3.0, (2.0, 20.0), (2.0, 5.0)),
    Confuser.FIREWORKS: Habit(Place.OUTDOORS, 0.2, 4.0, (1.0, 12.0), (7.0, 5.0)),
    Confuser.THUNDER: Habit(Place.OUTDOORS, 0.08, 5.0, (3.0, 14.0), (6.0, 5.0)),
    Confuser.KNOCKS: Habit(Place.NEAR, 0.6, 16.0, (0.1, 6.0), (6.0, 6.0)),
    Confuser.ANIMAL: Habit(Place.OUTDOORS, 0.3, 8.0, (0.2, 8.0), (4.0, 5.0)),
    Confuser.CHILD: Habit(Place.NEAR, 0.3, 6.0, (1.0, 10.0), (4.0, 5.0)),
}
WHISTLED: Final = frozenset(
    {
        EventKind.FOUL,
        EventKind.PENALTY,
        EventKind.OFFSIDE,
        EventKind.HALF_START,
        EventKind.HALF_END,
        EventKind.GOAL,
        EventKind.STOPPAGE,
    }
)
CHUNKABLE: Final = frozenset({Confuser.RAIN})
"""Kinds whose parts overlap by a second or two, so that the seam is not heard."""
_OVERLAP_S: Final = 2.0


def choose_confusers(words: str | Iterable[str]) -> frozenset[Confuser]:
    """The kinds a person asked for: ``all``, ``none``, or names with commas between. Raises ``UsageError``."""
    names = [name.strip() for name in (words.split(",") if isinstance(words, str) else words)]
    if names == ["all"]:
        return frozenset(Confuser)
    if names == ["none"]:
        return frozenset()
    known = {kind.value for kind in Confuser}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(
            f"no confuser is called {unknown[0]!r}", f"Choose from all, none or: {', '.join(sorted(known))}."
        )
    return frozenset(Confuser(name) for name in names)


def make_confuser(
    rng: np.random.Generator, kind: Confuser, onset_s: float, seconds: float, level_db: float, cause: str = ""
) -> list[Cue]:
    """A sound of ``seconds`` from ``onset_s`` on, in as many parts as it needs."""
    habit = HABITS[kind]
    seed = int(rng.integers(2**32))
    part_s = min(habit.part_s, seconds)
    if kind is Confuser.PA_MUSIC:
        bar_s = music.draw_song(np.random.default_rng([seed])).bar_s
        part_s = bar_s * max(1, round(habit.part_s / bar_s))
    overlap_s = _OVERLAP_S if kind in CHUNKABLE else 0.0
    cues: list[Cue] = []
    at_s = onset_s
    while at_s < onset_s + seconds - 0.05 or not cues:
        end_s = min(at_s + part_s, onset_s + seconds)
        last = end_s >= onset_s + seconds - 0.5
        end_s = onset_s + seconds if last else end_s
        cues.append(
            Cue(kind, habit.place, at_s, (at_s + end_s) / 2, end_s, level_db, seed, len(cues), cause, last=last)
        )
        if last:
            break
        at_s = end_s - overlap_s
    return cues


def draw_length_s(rng: np.random.Generator, kind: Confuser) -> float:
    """A length as this kind has it."""
    low, high = HABITS[kind].seconds
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def plan_confusers(
    draws: Callable[[str], np.random.Generator],
    venue: Venue,
    timeline: Timeline,
    kinds: Iterable[Confuser],
    density: float,
) -> list[Cue]:
    """All confusers of a recording, unordered. ``draws`` gives a name's random numbers, ``density`` scales rates."""
    cues: list[Cue] = []
    for kind in sorted(kinds):
        rng = draws(f"confuser {kind.value}")
        habit = HABITS[kind]
        if rng.random() > habit.presence:
            continue
        offset_db = float(rng.normal(0.0, 0.6 * habit.level_db[1]))

        def play(
            at_s: float,
            seconds: float,
            cause: str = "",
            kind: Confuser = kind,
            rng: np.random.Generator = rng,
            offset_db: float = offset_db,
            habit: Habit = habit,
        ) -> None:
            level_db = float(rng.normal(habit.level_db[0] + offset_db, 0.7 * habit.level_db[1]))
            cues.extend(make_confuser(rng, kind, max(at_s, 0.0), seconds, float(np.clip(level_db, -8.0, 18.0)), cause))

        rate = habit.per_hour * float(rng.gamma(2.0, 0.5)) * density * timeline.duration_s / 3600.0
        for _ in range(int(rng.poisson(rate))):
            play(float(rng.uniform(0.0, timeline.duration_s)), draw_length_s(rng, kind))
        _set_off(rng, kind, timeline, play)
    return [cue for cue in cues if cue.onset_s < timeline.duration_s]


def _set_off(rng: np.random.Generator, kind: Confuser, timeline: Timeline, play: Callable[..., None]) -> None:
    """What the events of a match bring with them: the referee's whistle, the announcer, the music."""
    for event in timeline.events:
        what, t_s = event.kind, event.t_s
        if kind is Confuser.WHISTLE and what in WHISTLED:
            if rng.random() < 0.9:
                play(t_s + float(rng.uniform(0.1, 1.5)), draw_length_s(rng, kind), what.value)
        elif kind is Confuser.PA_SPEECH and what in (EventKind.GOAL, EventKind.SUBSTITUTION, EventKind.HALF_END):
            if rng.random() < 0.7:
                play(t_s + float(rng.uniform(8.0, 45.0)), float(rng.uniform(4.0, 14.0)), what.value)
        elif kind is Confuser.PA_MUSIC and what in (EventKind.GOAL, EventKind.SUBSTITUTION, EventKind.STOPPAGE):
            if rng.random() < (0.5 if what is EventKind.GOAL and event.team == "home" else 0.08):
                play(t_s + float(rng.uniform(3.0, 14.0)), float(rng.uniform(8.0, 25.0)), what.value)
        elif kind is Confuser.FIREWORKS and what is EventKind.GOAL and event.team == "home" and rng.random() < 0.4:
            play(t_s + float(rng.uniform(2.0, 20.0)), draw_length_s(rng, kind), what.value)
    if kind in (Confuser.PA_MUSIC, Confuser.PA_SPEECH):
        for start_s, end_s in _pauses(timeline):
            at_s = start_s + float(rng.uniform(5.0, 60.0))
            while at_s < end_s - 10.0:
                seconds = min(
                    float(rng.uniform(40.0, 200.0) if kind is Confuser.PA_MUSIC else rng.uniform(4.0, 40.0)),
                    end_s - at_s,
                )
                play(at_s, seconds, "pause")
                at_s += seconds + float(
                    rng.uniform(2.0, 60.0) if kind is Confuser.PA_MUSIC else rng.uniform(20.0, 200.0)
                )


def _pauses(timeline: Timeline) -> list[tuple[float, float]]:
    """Before, between and after the periods of play."""
    edges = [0.0, *(t for period in timeline.periods for t in (period.start_s, period.end_s)), timeline.duration_s]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 20.0]
