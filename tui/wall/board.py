"""All venues: which there are, in which order they stand, and what has just happened at one of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from engine.core.signals import Reading
from tui.wall.delivery import Delivery
from tui.wall.standing import TROUBLE, Standing, State, standing_of
from tui.wall.venue import Venue

MOST_VENUES: Final = 512
_COUNTED: Final = 100_000
"""Names that are left out are told apart up to here."""
_RESORT_S: Final = 2.0
"""By pressure the order moves no more often than this, or nobody could read it; an alarm moves at once."""
_STEP: Final = 0.1
"""A venue moves when its pressure has changed by this much since it moved last: smaller changes are no news."""


class Order(StrEnum):
    """By what the venues are sorted."""

    PRESSURE = "pressure"
    NAME = "name"
    STATE = "state"


class Only(StrEnum):
    """Which venues are shown."""

    ALL = "all"
    UP = "alarm or building"
    TROUBLE = "trouble"
    PINNED = "pinned"


class Shown(NamedTuple):
    """A venue and how it stands."""

    venue: Venue
    standing: Standing
    pinned: bool


class Counts(NamedTuple):
    """How many venues there are, and how many of them are in alarm and in trouble."""

    venues: int
    alarms: int
    trouble: int


@dataclass(slots=True)
class Board:
    """Takes what arrives and says what to show. Nothing here draws or waits; times are monotonic seconds."""

    most: int = MOST_VENUES
    order: Order = Order.PRESSURE
    only: Only = Only.ALL
    typed: str = ""
    """Words that a shown venue has in its name, its state or what is heard there."""
    pinned: set[str] = field(default_factory=set)
    venues: dict[str, Venue] = field(default_factory=dict)
    _standings: dict[str, Standing] = field(default_factory=dict)
    _left_out: set[int] = field(default_factory=set)
    _unheard: dict[str, None] = field(default_factory=dict)
    """Venues that no reading of now has come from: they give their place to one that sends."""
    _levels: dict[str, float] = field(default_factory=dict)
    _sorted: list[str] = field(default_factory=list)
    _sorted_for: tuple[object, ...] = ()
    _sorted_s: float = float("-inf")

    @property
    def left_out(self) -> int:
        """Venues that there was no room for."""
        return len(self._left_out)

    def take(self, deliveries: Iterable[Delivery]) -> list[Venue]:
        """Take what arrived; returns the venues at which an alarm has begun."""
        alarmed: list[Venue] = []
        for delivery in deliveries:
            venue = self.venues.get(delivery.venue) or self._welcome(delivery)
            if venue is None:
                continue
            if venue.take(delivery):
                alarmed.append(venue)
            if venue.newest is not None:
                self._unheard.pop(venue.key, None)
        return alarmed

    def look(self, now_s: float, linked: bool = True) -> Counts:
        """Find out how every venue stands now."""
        self._standings = {key: standing_of(venue, now_s, linked) for key, venue in self.venues.items()}
        states = [standing.state for standing in self._standings.values()]
        return Counts(len(states), states.count(State.ALARM), sum(map(states.count, TROUBLE)))

    def shown(self, now_s: float) -> list[Shown]:
        """The venues that the filter and the words let through, in order: alarms first, the newest foremost; then what
        is pinned; then all others. As of the last ``look``.
        """
        keys = [key for key in self._in_order(now_s) if self._passes(key)]
        return [Shown(self.venues[key], self._standings[key], key in self.pinned) for key in keys]

    def standing(self, venue: Venue) -> Standing:
        """How a venue stood at the last ``look``."""
        return self._standings[venue.key]

    def alarms(self) -> list[Venue]:
        """The venues in alarm, the newest foremost, whatever is filtered."""
        up = [self.venues[key] for key, standing in self._standings.items() if standing.state is State.ALARM]
        return sorted(up, key=lambda venue: venue.alarmed_at_s, reverse=True)

    def pin(self, key: str) -> bool:
        """Pin a venue, or let it go; returns whether it is pinned now."""
        self.pinned ^= {key}
        return key in self.pinned

    def _welcome(self, delivery: Delivery) -> Venue | None:
        """A place for a new venue. Where all are taken, one that nothing was ever heard from makes room for one that
        sends; else the newcomer is counted.
        """
        if len(self.venues) >= self.most:
            sends = isinstance(delivery.news, Reading) and not delivery.retained and not delivery.late
            victim = next(iter(self._unheard), None) if sends else None
            if victim is None:
                if len(self._left_out) < _COUNTED:
                    self._left_out.add(hash(delivery.venue))
                return None
            del self._unheard[victim], self.venues[victim]
            self._standings.pop(victim, None)
            self.pinned.discard(victim)
            self._left_out.add(hash(victim))
        self._left_out.discard(hash(delivery.venue))
        venue = self.venues[delivery.venue] = Venue(delivery.venue, delivery.arrived_s)
        self._unheard[venue.key] = None
        return venue

    def _in_order(self, now_s: float) -> Sequence[str]:
        alarms = tuple(venue.key for venue in self.alarms())
        wanted = (alarms, frozenset(self.pinned), self.order, frozenset(self._standings))
        by_name = self.order is Order.NAME
        if wanted == self._sorted_for and (by_name or now_s - self._sorted_s < _RESORT_S):
            return self._sorted
        self._sorted_for, self._sorted_s = wanted, now_s
        rest = sorted(self._standings.keys() - set(alarms), key=self._rank)
        self._sorted = [*alarms, *rest]
        return self._sorted

    def _rank(self, key: str) -> tuple[object, ...]:
        venue, standing = self.venues[key], self._standings[key]
        first = key not in self.pinned
        match self.order:
            case Order.PRESSURE:
                return (first, -self._level(key, standing.pressure), standing.state, venue.order)
            case Order.NAME:
                return (first, venue.order)
            case Order.STATE:
                return (first, standing.state, venue.order)

    def _level(self, key: str, pressure: float | None) -> float:
        """The pressure that a venue is sorted by; without one it comes after those that have one."""
        if pressure is None:
            self._levels.pop(key, None)
            return -1.0
        before = self._levels.get(key)
        if before is None or abs(before - pressure) >= _STEP:
            self._levels[key] = before = round(pressure, 1)
        return before

    def _passes(self, key: str) -> bool:
        venue, standing = self.venues[key], self._standings[key]
        if self.only is Only.UP and standing.state not in (State.ALARM, State.BUILDING):
            return False
        if self.only is Only.TROUBLE and standing.state not in TROUBLE:
            return False
        if self.only is Only.PINNED and key not in self.pinned:
            return False
        words = self.typed.casefold().split()
        known = f"{venue.name}\n{standing.word}\n{venue.heard}".casefold()
        return all(word in known for word in words)
