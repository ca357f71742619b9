"""The danger of a match as alarms are counted by it: its events, the cries that answered them, other reactions."""

from collections.abc import Iterable, Sequence
from typing import Final

from engine.football.match_clock import MatchOnSound
from engine.simulator.truth import Sounding
from train.data.labels import Rule
from train.data.simulated import ALARM_KINDS
from train.metrics.alarms import DangerEvent, Stretch

REACTION_KINDS: Final = ALARM_KINDS | {"applause", "boo", "whistling"}
_REACTS_S: Final = (-1.0, 8.0)
_FADES_S: Final = 10.0
"""A window still holds a cry for so long after its end."""


def danger_events(on_sound: MatchOnSound, rule: Rule, sounds: Sequence[Sounding] = ()) -> tuple[DangerEvent, ...]:
    """The events of a match that an alarm should be raised at, with the rule's reach and the crowd's answer."""
    return tuple(
        DangerEvent(event.t_s, event.from_s, event.to_s, event.is_goal, _answered_at(event.t_s, sounds))
        for event in rule.events(on_sound)
    )


def _answered_at(t_s: float, sounds: Iterable[Sounding]) -> float | None:
    """When the crowd cried out about what happened at ``t_s``; None where it did not, or nobody knows."""
    onsets = [sound.onset_s for sound in sounds if sound.kind in ALARM_KINDS and sound.cause]
    return min((onset for onset in onsets if _REACTS_S[0] <= onset - t_s <= _REACTS_S[1]), default=None)


def reactions(sounds: Iterable[Sounding]) -> tuple[Stretch, ...]:
    """While the crowd reacts to anything, as long as it is heard in a window."""
    return tuple(Stretch(h.onset_s, h.end_s + _FADES_S, h.kind) for h in sounds if h.kind in REACTION_KINDS)
