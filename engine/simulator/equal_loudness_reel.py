"""Reels: one sound after another over a bed, all kinds at the same loudness, so that loudness alone tells nothing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from engine.core.errors import UsageError
from engine.simulator import confuser_schedule
from engine.simulator import crowd_behaviour as crowd
from engine.simulator.match import Score, draws_for, in_order
from engine.simulator.sound_cues import ALARMS, Confuser, Cue, Reaction
from engine.simulator.timeline import Timeline
from engine.simulator.venue import Venue, draw_venue

_COMPANY: Final[Mapping[Reaction | Confuser, Reaction | Confuser]] = {
    Reaction.CHANT: Confuser.DRUMS,
    Reaction.BOO: Reaction.WHISTLING,
    Reaction.WHISTLING: Reaction.BOO,
}
_ACCOMPANIED: Final = 0.5
_BESIDE_DB: Final = (-8.0, 2.0)
"""What often comes with what, in which share of cases, and how loud against it."""
_SHORTEST_S: Final = 4.0
EVERYTHING: Final[frozenset[Reaction | Confuser]] = frozenset(Reaction) | frozenset(Confuser)


def plan_reel(
    seed: int,
    minutes: float,
    kinds: frozenset[Reaction | Confuser] = EVERYTHING,
    gap_s: tuple[float, float] = (14.0, 26.0),
    level_db: tuple[float, float] = (6.0, 15.0),
    alarm_share: float = 0.35,
    crowd_share: float = 0.3,
    longest_s: float = 12.0,
) -> Score:
    """A bed with one sound every ``gap_s`` seconds, its level drawn from ``level_db`` whatever its kind.

    ``alarm_share`` of the sounds are roars, oohs and groans, ``crowd_share`` what else a crowd does, as far as
    ``kinds`` has these and confusers; within a group the kinds come evenly. Chants often come with drums, boos with
    whistles. With one kind alone it is that kind over a bed: what a table of false alarms needs. Raises ``UsageError``
    for an empty choice of kinds, or lengths and gaps that make no reel.
    """
    if not kinds:
        raise UsageError("a reel of nothing", "Name at least one kind of sound.")
    if not (0 < minutes <= 600 and 0.5 <= gap_s[0] <= gap_s[1] and longest_s >= _SHORTEST_S):
        raise UsageError(
            f"no reel of {minutes:g} minutes with gaps of {gap_s} s",
            "Up to 600 minutes, gaps from 0.5 s, sounds of 4 s and more.",
        )
    venue = draw_venue(draws_for(seed, "venue"))
    rng = draws_for(seed, "reel")
    timeline = Timeline((), (), minutes * 60.0)
    groups = [
        (share, sorted(group))
        for share, group in (
            (alarm_share, kinds & ALARMS),
            (crowd_share, kinds & frozenset(Reaction) - ALARMS),
            (1.0 - alarm_share - crowd_share, kinds & frozenset(Confuser)),
        )
        if group
    ]
    shares = np.array([share for share, _ in groups])
    cues: list[Cue] = []
    at_s = float(rng.uniform(*gap_s))
    while at_s < timeline.duration_s - 1.0:
        _, group = groups[int(rng.choice(len(groups), p=shares / shares.sum()))]
        kind = group[int(rng.integers(len(group)))]
        level = float(rng.uniform(*level_db))
        seconds = _draw_length_s(rng, kind, longest_s)
        cues += _play(rng, venue, kind, at_s, seconds, level)
        company = _COMPANY.get(kind)
        if company in kinds and rng.random() < _ACCOMPANIED:
            cues += _play(rng, venue, company, at_s, seconds, level + float(rng.uniform(*_BESIDE_DB)))
        at_s += float(rng.uniform(*gap_s))
    mood = crowd.plan_mood(draws_for(seed, "mood"), venue, timeline)
    return Score(seed, venue, timeline, replace(mood, level_db=np.zeros_like(mood.level_db)), in_order(cues))


def _draw_length_s(rng: np.random.Generator, kind: Reaction | Confuser, longest_s: float) -> float:
    """How long a confuser lasts, or how long the crowd keeps up what it can keep up."""
    if isinstance(kind, Confuser):
        return min(confuser_schedule.draw_length_s(rng, kind), longest_s)
    return float(rng.uniform(_SHORTEST_S, longest_s))


def _play(
    rng: np.random.Generator, venue: Venue, kind: Reaction | Confuser, at_s: float, seconds: float, level_db: float
) -> list[Cue]:
    """One sound at a level; cries are as long as they are, of what else a crowd does at least ``seconds``."""
    if isinstance(kind, Confuser):
        parts = confuser_schedule.make_confuser(rng, kind, at_s, seconds, level_db)
    elif kind is Reaction.CHANT:
        parts = crowd.make_chant(rng, venue, at_s, seconds, level_db)
    else:
        cue = crowd.make_reaction(rng, kind, at_s, level_db)
        more_s = 0.0 if kind in ALARMS else max(0.0, seconds - (cue.end_s - cue.onset_s))
        parts = [replace(cue, hold_s=cue.hold_s + more_s, end_s=cue.end_s + more_s)]
    return [replace(part, level_db=level_db) for part in parts]
