"""Which of a run's events a receiver is told: a function of the run alone, whenever it is asked."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from engine.core.signals import Alarm, End, Event, Health, HealthChange, Mark, Reading, Spike, Start

EVENTS: Final[dict[str, tuple[type, ...]]] = {
    "alarm": (Alarm,),
    "spike": (Spike,),
    "health": (HealthChange,),
    "match": (Mark,),
    "session": (Start, End),
}
"""What a receiver can ask for, by the word in the settings."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """``events`` are keys of ``EVENTS``; ``readings_hz`` readings a second of sound, 0 for none; ``only_changes``: of
    the health only that it is another one, without the notices in between.
    """

    events: frozenset[str] = frozenset(EVENTS)
    readings_hz: float = 0.0
    only_changes: bool = False


class Choice:
    """Told every event of a run in order, it says which are wanted. The first reading of each stretch of time
    is, and those that say what is heard."""

    def __init__(self, wishes: Wishes) -> None:
        self._types = _types(wishes.events)
        self._wishes = wishes
        self._stretch = -1
        self._health: Health | None = None

    def wants(self, event: Event) -> bool:
        """Whether the receiver is told of the next event."""
        if isinstance(event, Reading):
            stretch = math.floor(event.t * self._wishes.readings_hz + 1e-9)
            before, self._stretch = self._stretch, stretch
            # What is heard is said about once a second, and not always by the first reading of a stretch.
            return self._wishes.readings_hz > 0 and (stretch != before or event.heard is not None)
        if isinstance(event, HealthChange):
            before_health, self._health = self._health, event.health
            if self._wishes.only_changes and event.health is before_health:
                return False
        return isinstance(event, self._types)


def _types(events: Iterable[str]) -> tuple[type, ...]:
    return tuple(type_ for name in events for type_ in EVENTS[name])
