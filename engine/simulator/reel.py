"""Reels: one sound after another over a bed, all kinds at the same loudness, so that loudness alone tells nothing."""

from dataclasses import replace
from typing import Final

import numpy as np

from engine.errors import UsageError
from engine.simulator import confusers, crowd
from engine.simulator.cues import ALARMS, Confuser, Cue, Reaction
from engine.simulator.match import Score, draws_for, in_order
from engine.simulator.timeline import Timeline
from engine.simulator.venue import draw_venue

EVERYTHING: Final[frozenset[Reaction | Confuser]] = frozenset(Reaction) | frozenset(Confuser)


def plan_reel(
    seed: int,
    minutes: float,
    kinds: frozenset[Reaction | Confuser] = EVERYTHING,
    gap_s: tuple[float, float] = (14.0, 26.0),
    level_db: tuple[float, float] = (6.0, 15.0),
    alarm_share: float = 0.35,
    longest_s: float = 12.0,
) -> Score:
    """A bed with one sound every ``gap_s`` seconds, its level drawn from ``level_db`` whatever its kind.

    ``alarm_share`` of the sounds are roars, oohs and groans, as far as ``kinds`` has both these and others; the rest
    come evenly. With one kind alone it is that kind over a bed: what a table of false alarms needs. Raises
    ``UsageError`` for an empty choice of kinds, or lengths and gaps that make no reel.
    """
    if not kinds:
        raise UsageError("a reel of nothing", "Name at least one kind of sound.")
    if not (0 < minutes <= 600 and 0.5 <= gap_s[0] <= gap_s[1] and longest_s > 0):
        raise UsageError(
            f"no reel of {minutes:g} minutes with gaps of {gap_s} s", "Up to 600 minutes, gaps from 0.5 s."
        )
    venue = draw_venue(draws_for(seed, "venue"))
    rng = draws_for(seed, "reel")
    timeline = Timeline((), (), minutes * 60.0)
    alarms = sorted(kinds & ALARMS)
    others = sorted(kinds - ALARMS)
    cues: list[Cue] = []
    at_s = float(rng.uniform(*gap_s))
    while at_s < timeline.duration_s - 1.0:
        group = alarms if alarms and (not others or rng.random() < alarm_share) else others
        kind = group[int(rng.integers(len(group)))]
        level = float(rng.uniform(*level_db))
        if kind is Reaction.CHANT:
            seconds = float(rng.uniform(4.0, longest_s))
            parts = crowd.make_chant(rng, venue, at_s, seconds, level)
        elif isinstance(kind, Reaction):
            parts = [crowd.make_reaction(rng, kind, at_s, level)]
        else:
            parts = confusers.make_confuser(rng, kind, at_s, min(confusers.draw_length_s(rng, kind), longest_s), level)
        cues += [replace(part, level_db=level) for part in parts]
        at_s += float(rng.uniform(*gap_s))
    mood = crowd.plan_mood(draws_for(seed, "mood"), venue, timeline)
    return Score(seed, venue, timeline, replace(mood, level_db=np.zeros_like(mood.level_db)), in_order(cues))
