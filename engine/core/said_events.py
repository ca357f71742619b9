"""Events that a commentator spoke of, in words, and as what confirms a spike of the crowd."""

from collections.abc import Iterable
from typing import Final

from engine.core.signals import Alarm, Spike, WordsEvent
from engine.core.text import plain

KINDS: Final = ("goal", "chance", "penalty", "card", "substitution", "corner", "foul", "offside")
"""What a commentator may be heard to speak of; a chance is a shot on or off target."""
GOAL: Final = KINDS[0]
DANGER: Final = frozenset({GOAL, "chance", "penalty"})
"""Kinds that make a crowd cry out, and so confirm a spike."""
LESSER: Final = frozenset({"substitution", "corner", "foul", "offside"})
"""Kinds that are told of dozens of times a match."""
WITHIN_S: Final = 15.0
"""What the model of words promises: an event lies no further than this from the moment that it names."""

_KIND_CELLS: Final = 16


def confirming(spike: Spike | Alarm, said: Iterable[WordsEvent]) -> WordsEvent | None:
    """The likeliest event of ``DANGER`` that lies within ``WITHIN_S`` of a spike, whenever it was told, for words come
    later than the crowd. None where nobody spoke of any."""
    end = spike.end if isinstance(spike, Spike) else float("inf")
    near = [event for event in said if event.kind in DANGER and spike.onset - WITHIN_S <= event.at <= end + WITHIN_S]
    return max(near, key=lambda event: event.probability, default=None)


def event_said(event: WordsEvent) -> str:
    """``said goal 83%``; the commentator's own words are not in it."""
    return share_said(event.kind, event.probability)


def share_said(kind: str, probability: float) -> str:
    """The same of a row."""
    return f"said {plain(kind, _KIND_CELLS)} {100 * probability:.0f}%"
