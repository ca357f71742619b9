"""The danger of a match as alarms are judged by it: its events, the cries that answered them, other reactions."""

from collections.abc import Iterable, Sequence
from typing import Final

from engine.errors import InputError
from train.clock import MatchOnSound
from train.labels import Danger, GoalWindow, Rule
from train.metrics.alarms import DangerEvent, Stretch
from train.simulated import ALARM_KINDS, Heard

REACTION_KINDS: Final = ALARM_KINDS | {"applause", "boo", "whistling"}
_REACTS_S: Final = (-1.0, 8.0)
_FADES_S: Final = 10.0
"""A window still holds a cry for so long after its end."""


def danger_events(on_sound: MatchOnSound, rule: Rule, sounds: Sequence[Heard] = ()) -> tuple[DangerEvent, ...]:
    """The events of a match that an alarm should be raised at, with the rule's reach around each.

    The original's rule looks ahead of a goal and leaves out the celebration after it: an alarm counts in both.
    """
    if isinstance(rule, Danger):
        found = [(t_s, goal, *rule.reach_s(goal)) for t_s, goal in rule.events_s(on_sound)]
    elif isinstance(rule, GoalWindow):
        found = [(m.t_s, True, rule.before_s, rule.celebration_s) for m in on_sound.moments if m.goal]
    else:
        raise InputError(f"the rule {rule.name!r} names no events to raise an alarm at", "Take '--labels danger'.")
    return tuple(
        DangerEvent(t_s, t_s - before_s, t_s + after_s, goal, _answered_at(t_s, sounds))
        for t_s, goal, before_s, after_s in found
    )


def _answered_at(t_s: float, sounds: Iterable[Heard]) -> float | None:
    """When the crowd cried out about what happened at ``t_s``; None where it did not, or nobody knows."""
    onsets = [heard.onset_s for heard in sounds if heard.kind in ALARM_KINDS and heard.cause]
    return min((onset for onset in onsets if _REACTS_S[0] <= onset - t_s <= _REACTS_S[1]), default=None)


def reactions(sounds: Iterable[Heard]) -> tuple[Stretch, ...]:
    """While the crowd reacts to anything, as long as it is heard in a window."""
    return tuple(Stretch(h.onset_s, h.end_s + _FADES_S, h.kind) for h in sounds if h.kind in REACTION_KINDS)
