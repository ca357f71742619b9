"""What a person is told without asking: spikes, and trouble with the listening."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from engine.core.clock_text import session_time
from engine.core.heard_tags import sounds_like
from engine.core.signals import TROUBLE, Alarm, End, Event, Health, HealthChange, Spike
from engine.core.text import plain
from engine.football.match_clock import MatchClock

BELL_EVERY_S = 10.0
_FRESH_S = 30.0


@dataclass(frozen=True, slots=True)
class Notice:
    """A line for the corner of the screen."""

    text: str
    severity: Literal["information", "warning", "error"]
    rings: bool


@dataclass
class Alerts:
    """Turns events into notices, each thing once, and says when the bell may ring."""

    bell: bool = True
    _told_onsets: set[float] = field(default_factory=set)
    _in_trouble: bool = False
    _rang_at: float = float("-inf")

    def notices(self, events: Iterable[Event], now_s: float, clock: MatchClock) -> list[Notice]:
        """What to say about ``events``; ``now_s`` is the newest moment, and what ended long before it is no news."""
        said = []
        for event in events:
            notice = self._notice(event, now_s, clock)
            if notice is not None:
                said.append(notice)
        return said

    def may_ring(self, clock_s: float) -> bool:
        """Whether the bell may ring now; if so, it counts as rung."""
        if not self.bell or clock_s - self._rang_at < BELL_EVERY_S:
            return False
        self._rang_at = clock_s
        return True

    def trouble(self, change: HealthChange) -> Notice:
        """What is said of a source that gives no sound."""
        detail = f": {plain(change.detail, 80)}" if change.detail else ""
        return Notice(f"{str(change.health).capitalize()}{detail}", "error", True)

    def _notice(self, event: Event, now_s: float, clock: MatchClock) -> Notice | None:
        match event:
            case Alarm() | Spike():
                if event.onset in self._told_onsets or now_s - event.decided_at > _FRESH_S:
                    return None
                self._told_onsets.add(event.onset)
                height = event.pressure if isinstance(event, Alarm) else event.peak_pressure
                at = clock.minute(event.onset) or session_time(event.onset)
                what = sounds_like(event.what, event.what_probability)
                return Notice(f"Spike: {height:.2f} at {at}{what}", "warning", True)
            case End(reason=reason, detail=detail) if detail or reason == "fault":
                kept = "All until then is kept; start again with: momentum live"
                return Notice(f"Stopped: {plain(detail, 200) or 'no reason given'}. {kept}", "error", True)
            case HealthChange(health=health) if health in TROUBLE:
                self._in_trouble = True
                return self.trouble(event)
            case HealthChange(health=Health.LISTENING) if self._in_trouble:
                self._in_trouble = False
                return Notice("Listening again", "information", False)
        return None
