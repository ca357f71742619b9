"""When the other sounds of a ground are heard: the habits of each kind, and what events of play set off.

Every kind draws from numbers of its own, so that switching one off leaves all others as they were.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core.errors import UsageError
from engine.football.events import EventKind, RecordedEvent, Side
from engine.simulator import music
from engine.simulator.sound_cues import Confuser, Cue, Place
from engine.simulator.timeline import Timeline


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
ANNOUNCED: Final = frozenset({EventKind.GOAL, EventKind.SUBSTITUTION, EventKind.HALF_END})
ACCOMPANIED: Final = frozenset({EventKind.GOAL, EventKind.SUBSTITUTION, EventKind.STOPPAGE})
OVERLAPPING: Final = frozenset({Confuser.RAIN})
"""Kinds whose parts overlap by a second or two, so that the seam is not heard."""
_OVERLAP_S: Final = 2.0
_BESIDE: Final = {Confuser.PA_MUSIC: 0.2, Confuser.DRUMS: 0.2, Confuser.HORNS: 0.25, Confuser.WHISTLE: 0.15}


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
    # Now and then the radio, the drum or the horn is the neighbour's own.
    place = Place.NEAR if rng.random() < _BESIDE.get(kind, 0.0) else habit.place
    part_s = min(habit.part_s, seconds)
    if kind is Confuser.PA_MUSIC:
        bar_s = music.draw_song(np.random.default_rng([seed])).bar_s
        part_s = bar_s * max(1, round(habit.part_s / bar_s))
    overlap_s = _OVERLAP_S if kind in OVERLAPPING else 0.0
    cues: list[Cue] = []
    at_s = onset_s
    while True:
        last = at_s + part_s >= onset_s + seconds - 0.5
        end_s = onset_s + seconds if last else at_s + part_s
        cues.append(Cue(kind, place, at_s, (at_s + end_s) / 2, end_s, level_db, seed, len(cues), cause, last=last))
        if last:
            return cues
        at_s = end_s - overlap_s


def draw_length_s(rng: np.random.Generator, kind: Confuser) -> float:
    """A length as this kind has it."""
    low, high = HABITS[kind].seconds
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


class _Player:
    """Plays one kind of sound through a recording: its own random numbers, and how loud it is at this ground."""

    def __init__(self, rng: np.random.Generator, kind: Confuser) -> None:
        self.rng, self.kind, self.habit = rng, kind, HABITS[kind]
        self.present = bool(rng.random() < self.habit.presence)
        self._level_db = self.habit.level_db[0] + float(rng.normal(0.0, 0.6 * self.habit.level_db[1]))
        self.cues: list[Cue] = []

    def play(self, at_s: float, seconds: float, cause: str = "") -> None:
        """Let it sound once."""
        level_db = float(np.clip(self.rng.normal(self._level_db, 0.7 * self.habit.level_db[1]), -8.0, 18.0))
        self.cues += make_confuser(self.rng, self.kind, max(at_s, 0.0), seconds, level_db, cause)

    def at_random(self, duration_s: float, density: float) -> None:
        """Let it sound whenever it likes."""
        mean = self.habit.per_hour * float(self.rng.gamma(2.0, 0.5)) * density * duration_s / 3600.0
        for _ in range(int(self.rng.poisson(mean))):
            self.play(float(self.rng.uniform(0.0, duration_s)), draw_length_s(self.rng, self.kind))

    def after(self, event: RecordedEvent) -> None:
        """What an event of play brings with it."""
        rng, what = self.rng, event.kind
        cheered = what is EventKind.GOAL and event.side is Side.HOME
        if self.kind is Confuser.WHISTLE and what in WHISTLED and rng.random() < 0.9:
            self.play(event.t_s + float(rng.uniform(0.1, 1.5)), draw_length_s(rng, self.kind), what.value)
        elif self.kind is Confuser.PA_SPEECH and what in ANNOUNCED and rng.random() < 0.7:
            self.play(event.t_s + float(rng.uniform(8.0, 45.0)), float(rng.uniform(4.0, 14.0)), what.value)
        elif self.kind is Confuser.PA_MUSIC and what in ACCOMPANIED and rng.random() < (0.5 if cheered else 0.08):
            self.play(event.t_s + float(rng.uniform(3.0, 14.0)), float(rng.uniform(8.0, 25.0)), what.value)
        elif self.kind is Confuser.FIREWORKS and cheered and rng.random() < 0.4:
            self.play(event.t_s + float(rng.uniform(2.0, 20.0)), draw_length_s(rng, self.kind), what.value)

    def through(self, start_s: float, end_s: float) -> None:
        """The loudspeakers fill a pause: songs with short gaps, announcements with long ones."""
        music_on = self.kind is Confuser.PA_MUSIC
        at_s = start_s + float(self.rng.uniform(5.0, 60.0))
        while at_s < end_s - 10.0:
            seconds = min(float(self.rng.uniform(*((40.0, 200.0) if music_on else (4.0, 40.0)))), end_s - at_s)
            self.play(at_s, seconds, "pause")
            at_s += seconds + float(self.rng.uniform(*((2.0, 60.0) if music_on else (20.0, 200.0))))


def plan_confusers(
    draws: Callable[[str], np.random.Generator],
    timeline: Timeline,
    kinds: Iterable[Confuser],
    density: float,
) -> list[Cue]:
    """All confusers of a recording, unordered. ``draws`` gives a name's random numbers, ``density`` scales rates."""
    cues: list[Cue] = []
    for kind in sorted(kinds):
        player = _Player(draws(f"confuser {kind.value}"), kind)
        if not player.present:
            continue
        player.at_random(timeline.duration_s, density)
        for event in timeline.events:
            player.after(event)
        if kind in (Confuser.PA_MUSIC, Confuser.PA_SPEECH):
            for start_s, end_s in _pauses(timeline):
                player.through(start_s, end_s)
        cues += player.cues
    return [cue for cue in cues if cue.onset_s < timeline.duration_s]


def _pauses(timeline: Timeline) -> list[tuple[float, float]]:
    """Before, between and after the periods of play."""
    edges = [0.0, *(t for period in timeline.periods for t in (period.start_s, period.end_s)), timeline.duration_s]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 20.0]
