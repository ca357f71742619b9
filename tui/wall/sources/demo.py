"""Grounds that never were, to see what the wall looks like: every state comes up within two minutes.

Their index is made up and nothing is heard; alarms are decided by the real detector.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from engine.core.errors import UsageError
from engine.core.signals import Health, HealthChange, Mark, Reading, Start
from engine.core.spike_settings import SpikeSettings
from engine.football.match_clock import KICK_OFF
from engine.live.spike_detector import SpikeDetector
from tui.wall.delivery import Delivery, News, Presence
from tui.wall.recent_index import SPAN_S
from tui.wall.sources.source import Link, LinkState

MOST: Final = 256
_STEP_S: Final = 0.5
_THRESHOLD: Final = 0.7
_FIRST: Final = (
    "Aldermoor", "Brackley", "Calder", "Dunmore", "Eastgate", "Fenwick", "Garston", "Hollin", "Inverly", "Juniper",
    "Kestrel", "Larkhill", "Marston", "Norbeck", "Oakley", "Penrith", "Quarry", "Ravens", "Selby", "Thornton",
    "Ullswater", "Vale",
)  # fmt: skip
_SECOND: Final = (
    "Park", "Road", "Lane", "Stadium", "Ground", "Meadow", "Field", "Bank", "Arena", "Green", "Cross", "Moor",
)  # fmt: skip
_LONGEST_S: Final = 10.0
_GAP_S: Final = (35.0, 80.0)
"""When some of them say nothing."""


def demo_count(text: str) -> int:
    """How many grounds ``demo:N`` asks for. Raises ``UsageError``."""
    count = text.removeprefix("demo").removeprefix(":") or "12"
    if not count.isdecimal() or not 1 <= int(count) <= MOST:
        raise UsageError(f"a demonstration has 1 to {MOST} venues", "such as: momentum wall demo:12")
    return int(count)


@dataclass(slots=True)
class _Ground:
    """A ground that never was. ``t`` is its sound so far; the number decides its fate."""

    number: int
    name: str
    rng: random.Random
    begun_s: float
    t: float = 0.0
    roars: list[tuple[float, float]] = field(default_factory=list)
    goals: tuple[int, int] = (0, 0)
    missed: list[News] = field(default_factory=list)
    detector: SpikeDetector = field(default_factory=lambda: SpikeDetector(SpikeSettings(_THRESHOLD, 0.5, 1.0)))

    @property
    def session(self) -> str:
        return f"20261121T150000Z-{self.number:06x}"

    @property
    def start(self) -> Start:
        return Start(self.session, "demo", "made up", True, 22050, "2026-11-21T15:00:00+00:00", _THRESHOLD, "danger")

    def pressure(self, t: float) -> float:
        """A calm that breathes, and roars that rise within three seconds."""
        phase = self.number * 1.7
        calm = 0.15 + 0.07 * math.sin(t / 9.0 + phase) + 0.05 * math.sin(t / 2.3 + 2 * phase)
        loudest = max((height * _shape(t - onset) for onset, height in self.roars if t - onset < 60.0), default=0.0)
        return min(max(calm, loudest + self.rng.uniform(-0.01, 0.01), 0.0), 1.0)

    def happens(self, t: float, since_s: float) -> Iterator[News]:
        """What is new at ``t``, ``since_s`` seconds after the demonstration began."""
        while not self.roars or self.roars[-1][0] < t:
            wait_s = self.rng.expovariate(1 / 75.0) + 20.0
            self.roars.append(((self.roars[-1][0] if self.roars else t - SPAN_S) + wait_s, self.rng.uniform(0.35, 1.0)))
            del self.roars[:-8]
        health = self._health(since_s)
        number = self.pressure(t) if health is Health.LISTENING else None
        reading = Reading(t, number, -34.0 + 22.0 * (number or 0.0), -20.0, health)
        yield reading
        yield from self.detector.push(reading)
        onset, height = self.roars[-2] if len(self.roars) > 1 else (0.0, 0.0)
        if height > 0.93 and t - _STEP_S < onset + 4.0 <= t:
            home = self.rng.random() < 0.55
            self.goals = (self.goals[0] + home, self.goals[1] + (not home))
            yield Mark(t, "goal", f"{self.goals[0]}-{self.goals[1]}")

    def heard(self, pressure: float | None) -> str:
        """What its crowd does, in a word."""
        if pressure is None:
            return ""
        return "roar" if pressure > 0.6 else "murmur" if pressure > 0.3 else "chant" if self.number % 3 else "calm"

    def _health(self, since_s: float) -> Health:
        if self.number % 12 == 6 and since_s > 8.0:
            return Health.LOST
        return Health.WARMING_UP if self.number % 12 == 9 and since_s < 25.0 else Health.LISTENING

    def speaks(self, since_s: float) -> bool:
        """Whether anything of it arrives."""
        if self.number % 24 == 16:
            return since_s < 60.0
        return not (self.number % 12 == 4 and _GAP_S[0] <= since_s % 120.0 < _GAP_S[1])


class DemoSource:
    """``count`` grounds with two readings a second each; the same ``seed``, the same match day.

    Args:
        clock: monotonic seconds.
    """

    notes: tuple[str, ...] = ("a demonstration: these grounds do not exist and nothing is heard",)
    nothing: str = ""
    link = Link(LinkState.UP)
    lost: tuple[str, ...] = ()

    def __init__(self, count: int, seed: int = 27, clock: Callable[[], float] = time.monotonic) -> None:
        self.title = f"demo:{count}"
        self._clock = clock
        names = [" ".join(parts) for parts in product(_FIRST, _SECOND)]
        random.Random(seed).shuffle(names)
        self._grounds = [self._ground(number, names[number], seed) for number in range(count)]
        self._gone: set[int] = set()
        self._begun_s: float | None = None

    def open(self) -> None:
        """Begin the match day."""
        self._begun_s = self._clock()

    def poll(self) -> Sequence[Delivery]:
        now_s = self._clock()
        assert self._begun_s is not None
        came: list[Delivery] = []
        for ground in self._grounds:
            if ground.t == 0.0:
                came += self._greet(ground, now_s)
            came += self._go_on(ground, now_s, now_s - self._begun_s)
        return came

    def feed(self, venue: str) -> None:
        """There are no sessions: what is shown is all there is."""

    def close(self) -> None:
        """Nothing is held."""

    def _ground(self, number: int, name: str, seed: int) -> _Ground:
        rng = random.Random(f"{seed}:{number}")
        return _Ground(number, name, rng, begun_s=rng.uniform(200.0, 2600.0))

    def _greet(self, ground: _Ground, now_s: float) -> Iterator[Delivery]:
        """What the ground has behind it when the wall comes up."""
        yield Delivery(ground.name, ground.session, ground.start, now_s)
        yield Delivery(ground.name, ground.session, Presence(True), now_s)
        yield Delivery(ground.name, ground.session, Mark(60.0, KICK_OFF), now_s)
        ground.t = ground.begun_s - SPAN_S
        while ground.t < ground.begun_s:
            ground.t += _STEP_S
            for news in ground.happens(ground.t, 0.0):
                yield Delivery(ground.name, ground.session, news, now_s, late=not isinstance(news, Mark))

    def _go_on(self, ground: _Ground, now_s: float, since_s: float) -> Iterator[Delivery]:
        speaks = ground.speaks(since_s)
        if speaks and ground.missed:  # as after an outage: all that was missed comes late
            missed, ground.missed = ground.missed, []
            yield from (Delivery(ground.name, ground.session, news, now_s, late=True) for news in missed)
        if ground.begun_s + since_s - ground.t > _LONGEST_S:  # the machine slept
            ground.t = ground.begun_s + since_s - _LONGEST_S
        while ground.t + _STEP_S <= ground.begun_s + since_s:
            ground.t += _STEP_S
            for news in ground.happens(ground.t, since_s):
                if not speaks:
                    ground.missed.append(news)
                    continue
                heard = ground.heard(news.pressure) if isinstance(news, Reading) else ""
                if isinstance(news, Reading) and news.health is Health.LOST:
                    change = HealthChange(news.t, Health.LOST, "USB microphone unplugged")
                    yield Delivery(ground.name, ground.session, change, now_s)
                yield Delivery(ground.name, ground.session, news, now_s, heard=heard)
        if not speaks and ground.number % 24 == 16 and ground.number not in self._gone:
            self._gone.add(ground.number)
            yield Delivery(ground.name, ground.session, Presence(False), now_s)


def _shape(since: float) -> float:
    if since < 0:
        return 0.0
    return min(since / 3.0, 1.0) if since < 7 else math.exp(-(since - 7) / 8.0)
