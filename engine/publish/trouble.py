"""Trouble with the listening, said to the person who started a recorder: when it begins, and when it is over."""

from engine.core.clock_text import session_time
from engine.core.signals import TROUBLE, Event, Health, HealthChange
from engine.core.telling import Tell


class SaidTrouble:
    """Says every trouble once, and that the source is heard again."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._in_trouble = False

    def write(self, event: Event) -> None:
        """Say it, if it is one of those."""
        if not isinstance(event, HealthChange):
            return
        at = session_time(event.t)
        if event.health in TROUBLE:
            self._in_trouble = True
            self._tell(f"{at} {event.health.value}{': ' if event.detail else ''}{event.detail}")
        elif event.health is Health.LISTENING and self._in_trouble:
            self._in_trouble = False
            self._tell(f"{at} listening again")

    def flush(self) -> None:
        """Nothing waits here."""
