"""What the wall knows of one venue: its newest number, how old that is, and the little of its past that is shown."""

import re
from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from engine.core.signals import ALARM_LINE, Alarm, End, Health, HealthChange, Mark, Reading, Rejected, Spike, Start
from engine.core.text import plain
from engine.football.match_clock import CLOCK_LABELS, MatchClock
from tui.wall.delivery import FRESH_S, Delivery, Presence, Score
from tui.wall.messages import score_in
from tui.wall.recent_index import PressureRing

_NAME_CELLS: Final = 40
_KEPT_MARKS: Final = 64
_KEPT_SPIKES: Final = 16
_FORGOTTEN_ALARM_S: Final = 30.0
"""Below half of the alarm line for this long, an alarm whose end never came is over."""
_NEWS_S: Final = 20.0
"""An alarm that comes late is an alarm still if it was decided no longer ago than this."""
_STAMP: Final = re.compile(r"\d{8}T\d{6}Z")
_PARTS: Final = re.compile(r"(\d+)")


@dataclass(slots=True)
class Heard:
    """The newest reading, and when it came by this machine's monotonic clock."""

    reading: Reading
    arrived_s: float


class Venue:
    """One venue. Takes what arrives and never goes back in time; memory is bounded whatever arrives.

    ``key`` is what its messages are known by; ``name`` the same, fit to be shown.
    """

    __slots__ = (
        "_called",
        "_quiet_since_s",
        "alarm",
        "alarmed_at_s",
        "behind_s",
        "change",
        "clock",
        "end",
        "heard",
        "key",
        "marks",
        "name",
        "newest",
        "online",
        "order",
        "ring",
        "score",
        "session",
        "since_s",
        "spikes",
        "start",
        "threshold",
    )

    def __init__(self, key: str, now_s: float) -> None:
        self.key = key
        self._call(key)
        self.online: bool | None = None
        """What its publisher, or its last will, said last; None where neither has."""
        self.since_s = now_s
        self._begin("")

    def _call(self, name: str) -> None:
        self._called = name
        self.name = plain(name, _NAME_CELLS) or "?"
        self.order = tuple(
            (0, int(part[:15]), "") if part.isdecimal() else (1, 0, part.casefold())
            for part in _PARTS.split(self.name)
            if part
        )
        """What it is sorted by where names are: ground 2 before ground 10."""

    def _begin(self, session: str) -> None:
        """Another session: nothing of the one before is true of it."""
        self.session = session
        self.start: Start | None = None
        self.threshold: float | None = None
        self.newest: Heard | None = None
        self.change: HealthChange | None = None
        self.alarm: Alarm | None = None
        self.alarmed_at_s = 0.0
        self.end: End | None = None
        self.heard = ""
        self.behind_s: float | None = None
        self.spikes: deque[Spike | Alarm] = deque(maxlen=_KEPT_SPIKES)
        self.marks: deque[Mark] = deque(maxlen=_KEPT_MARKS)
        self.clock = MatchClock()
        self.score = ""
        self.ring = PressureRing()
        self._quiet_since_s: float | None = None

    @property
    def t(self) -> float:
        """The newest second of its sound that a number arrived for."""
        return self.newest.reading.t if self.newest is not None else 0.0

    def age_s(self, now_s: float) -> float | None:
        """Seconds since its newest reading arrived; None where none has."""
        return now_s - self.newest.arrived_s if self.newest is not None else None

    def is_fresh(self, now_s: float) -> bool:
        """Whether its newest number may still be shown."""
        return self.newest is not None and now_s - self.newest.arrived_s < FRESH_S

    def minute(self) -> str:
        """The match clock at its newest second, where it was marked."""
        return self.clock.minute(self.t)

    def take(self, delivery: Delivery) -> bool:
        """Take a message; returns whether an alarm has begun that nobody knew of."""
        news = delivery.news
        if isinstance(news, Presence):
            self.online = news.online
            return False
        if not self._is_of_now(delivery):
            return False
        if delivery.name and delivery.name != self._called:
            self._call(delivery.name)
        match news:
            case Reading():
                self._take_reading(news, delivery)
            case Alarm():
                return self._take_alarm(news, delivery)
            case Spike():
                return self._take_spike(news, delivery)
            case HealthChange() if self.change is None or news.t >= self.change.t:
                self.change = news
            case Mark():
                self._take_mark(news)
            case Score():
                self.score = news.text
            case Start():
                self.start, self.threshold = news, news.threshold
            case End():
                self.end, self.alarm = news, None
            case Rejected() | HealthChange():
                pass
        return False

    def _is_of_now(self, delivery: Delivery) -> bool:
        """Whether a message is of the session that is shown, or of one that takes its place.

        One that began later by its name does, or one that goes on while ours is silent: a venue's clock may be wrong.
        What comes late never takes the place of a session that goes on.
        """
        session = delivery.session
        if session in (self.session, ""):
            return True
        if self.session and not self._replaced_by(delivery):
            return False
        self._begin(session)
        return True

    def _replaced_by(self, delivery: Delivery) -> bool:
        new, old = _STAMP.match(delivery.session), _STAMP.match(self.session)
        if new is not None and old is not None and new[0] > old[0]:
            return True
        over = self.end is not None or not self.is_fresh(delivery.arrived_s)
        return over and not delivery.late and not delivery.retained

    def _take_reading(self, reading: Reading, delivery: Delivery) -> None:
        if delivery.late or delivery.retained or (self.newest is not None and reading.t <= self.newest.reading.t):
            # It is true of its own moment, and says nothing of now.
            if not delivery.retained:
                self.ring.put(min(reading.t, self.t) if self.newest else reading.t, reading.pressure)
            return
        self.newest = Heard(reading, delivery.arrived_s)
        self.heard = delivery.heard
        self.online = True
        self.ring.put(reading.t, reading.pressure)
        self.behind_s = delivery.behind_s
        if self.alarm is not None:
            self._raise_alarm(reading)
            self._look_whether_over(reading, delivery.arrived_s)

    def _look_whether_over(self, reading: Reading, now_s: float) -> None:
        line = (self.threshold if self.threshold is not None else self.alarm.pressure if self.alarm else 1.0) / 2
        if reading.pressure is not None and reading.pressure >= line:
            self._quiet_since_s = None
        elif self._quiet_since_s is None:
            self._quiet_since_s = now_s
        elif now_s - self._quiet_since_s >= _FORGOTTEN_ALARM_S:
            self.alarm = None

    def _raise_alarm(self, reading: Reading) -> None:
        """An alarm that goes on is as high as the highest reading since."""
        alarm, pressure = self.alarm, reading.pressure
        if alarm is not None and pressure is not None and pressure > alarm.pressure:
            self.alarm = replace(alarm, pressure=pressure)
            if self.spikes and self.spikes[-1] is alarm:
                self.spikes[-1] = self.alarm

    def _take_alarm(self, alarm: Alarm, delivery: Delivery) -> bool:
        if self._knows(alarm.onset) or self.end is not None:
            return False
        self.spikes.append(alarm)
        news_yet = self.newest is not None and self.t - alarm.decided_at < _NEWS_S
        if delivery.retained or (delivery.late and not news_yet):
            return False
        self.alarm, self.alarmed_at_s, self._quiet_since_s = alarm, delivery.arrived_s, None
        return True

    def _take_spike(self, spike: Spike, delivery: Delivery) -> bool:
        known = self._knows(spike.onset)
        if self.alarm is not None and self.alarm.onset <= spike.onset:
            self.alarm = None
        kept = [other for other in self.spikes if other.onset != spike.onset]
        self.spikes.clear()
        self.spikes.extend(sorted([*kept, spike], key=lambda other: other.onset))
        return not known and not delivery.late and not delivery.retained

    def _knows(self, onset: float) -> bool:
        return any(spike.onset == onset for spike in self.spikes)

    def _take_mark(self, mark: Mark) -> None:
        if mark.label == ALARM_LINE:
            self._move_line(mark.note)
            return
        if mark in self.marks:
            return
        self.marks.append(mark)
        if mark.label in CLOCK_LABELS:
            self.clock = MatchClock.from_marks(self.marks)
        elif mark.label == "goal":
            goals = sum(known.label == "goal" for known in self.marks)
            self.score = score_in(mark.note) or (f"{goals} goal" + "s" * (goals > 1))

    def _move_line(self, note: str) -> None:
        try:
            line = float(note)
        except ValueError:
            return
        if 0.0 < line <= 1.0:
            self.threshold = line

    @property
    def last_spike(self) -> Spike | Alarm | None:
        """The newest spike, or the alarm that goes on."""
        return self.spikes[-1] if self.spikes else None

    @property
    def health(self) -> Health | None:
        """The state of its listening by its newest reading or the change after it."""
        if self.newest is None:
            return self.change.health if self.change is not None else None
        if self.change is not None and self.change.t > self.newest.reading.t:
            return self.change.health
        return self.newest.reading.health
