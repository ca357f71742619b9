"""What the screen knows of its session: everything polled so far, and the answer to "what was so at this moment?"."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from engine.core.said_events import LESSER, confirming
from engine.core.signals import (
    ALARM_LINE,
    Alarm,
    End,
    Event,
    Health,
    HealthChange,
    Mark,
    OfCommentary,
    Reading,
    Rejected,
    Spike,
    Start,
    Words,
    WordsEvent,
    WordsState,
)
from engine.core.spotted import Lane, Spotted
from engine.football.match_clock import MatchClock
from tui.monitor.commentary import Commentary
from tui.monitor.feed import SessionFeed, SpikeLabel
from tui.monitor.history import History

Candidate: TypeAlias = Spike | Rejected | Alarm | Spotted
"""What a line of the spike log speaks of; an alarm becomes the spike with the same onset when it has ended."""


def number_in(text: str) -> float | None:
    """The number between 0 and 1 that ``text`` spells, if it does; marks may come from anybody."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 < value <= 1.0 else None


_TREND_S = 4.0
_TREND_STEP = 0.05
_RATE_OVER_S = 10.0


@dataclass(frozen=True, slots=True)
class Moment:
    """All that the widgets show of one moment of the session."""

    t: float
    reading: Reading | None
    health: Health | None
    detail: str
    threshold: float
    trend: int
    """1 rising, -1 falling, 0 neither."""
    alarm_since: float | None
    """Onset of the spike that the moment lies in."""
    peak_hold_db: float | None
    minute: str
    period: str
    withheld: str = ""
    """Why the recorder's readings don't reach whoever watches; empty where they do."""
    heard: str | None = None
    """What is heard, in words; None with weights that tell no tags, and where there is no index."""


@dataclass
class Model:
    """Takes events in order and answers questions about any moment. Nothing here draws or waits."""

    feed: SessionFeed
    history: History = field(default_factory=History)
    spikes: list[Spike] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    spotted: list[Spotted] = field(default_factory=list)
    lanes: tuple[Lane, ...] = ()
    alarm: Alarm | None = None
    marks: list[Mark] = field(default_factory=list)
    health: list[HealthChange] = field(default_factory=list)
    labels: dict[float, SpikeLabel] = field(default_factory=dict)
    clock: MatchClock = field(default_factory=MatchClock)
    commentary: Commentary = field(default_factory=Commentary)
    end: End | None = None
    threshold: float = 0.0
    version: int = 0
    """Rises with every change to anything but the readings and the words."""

    def open(self) -> None:
        """Load what the session holds so far."""
        self.threshold = self.feed.info.threshold
        self.labels = {label.onset: label for label in self.feed.labels()}
        kept = self.feed.readings(0.0, float("inf"))
        self.history.load(kept)
        self.spotted, self.lanes = list(kept.spotted), tuple(kept.lanes)
        self.take(self.feed.poll())

    def take(self, events: Iterable[Event]) -> list[Event]:
        """Take new events; returns those that are no readings, for whoever wants to tell a person."""
        readings: list[Reading] = []
        news: list[Event] = []
        for event in events:
            if isinstance(event, Reading):
                readings.append(event)
            else:
                news.append(event)
        self.history.extend(readings)
        for event in news:
            if isinstance(event, OfCommentary):
                self.commentary.take(event)
            else:
                self._take_one(event)
            if not isinstance(event, Words | WordsState):
                self.version += 1
        self._raise_alarm(readings)
        return news

    def _raise_alarm(self, readings: Iterable[Reading]) -> None:
        """An alarm that goes on is as high as the highest reading since its onset."""
        if self.alarm is None:
            return
        onset = self.alarm.onset
        highest = max((r.pressure for r in readings if r.pressure is not None and r.t >= onset), default=0.0)
        if highest > self.alarm.pressure:
            self.alarm = replace(self.alarm, pressure=highest)
            self.version += 1

    def _take_one(self, event: Event) -> None:
        match event:
            case Spike():
                if self.alarm is not None and self.alarm.onset == event.onset:
                    self.alarm = None
                insort(self.spikes, event, key=lambda spike: spike.onset)
            case Rejected():
                insort(self.rejected, event, key=lambda rejected: rejected.onset)
            case Alarm():
                self.alarm = event
            case Mark():
                self._take_mark(event)
            case HealthChange():
                insort(self.health, event, key=lambda change: change.t)
            case End():
                self.end = event
                self.alarm = None
            case Start():
                self.threshold = event.threshold

    def _take_mark(self, mark: Mark) -> None:
        if mark.label == ALARM_LINE:
            threshold = number_in(mark.note)
            if threshold is not None:
                self.threshold = threshold
            return
        self.marks.append(mark)
        self.clock = MatchClock.from_marks(self.marks)

    @property
    def head_s(self) -> float:
        """The newest moment that anything is known of."""
        newest = self.history.head_s
        if self.health:
            newest = max(newest, self.health[-1].t)
        return max(newest, self.end.t) if self.end else newest

    def set_threshold(self, threshold: float) -> None:
        self.threshold = threshold
        self.version += 1

    def label(self, label: SpikeLabel) -> None:
        """Keep a label here and in the session."""
        self.feed.label_spike(label)
        self.labels[label.onset] = label
        self.version += 1

    def unlabel(self, label: SpikeLabel) -> None:
        """Take a label back, here and in the session."""
        self.feed.unlabel_spike(label)
        del self.labels[label.onset]
        self.version += 1

    def health_at(self, t: float) -> HealthChange | None:
        """The newest change of state not after ``t``."""
        index = bisect_right(self.health, t, key=lambda change: change.t) - 1
        return self.health[index] if index >= 0 else None

    def spike_at(self, t: float) -> Spike | Alarm | None:
        """The spike, or alarm still going on, that ``t`` lies in, once it was decided."""
        if self.alarm is not None and t >= self.alarm.decided_at:
            return self.alarm
        index = bisect_right(self.spikes, t, key=lambda spike: spike.onset) - 1
        if index < 0:
            return None
        spike = self.spikes[index]
        return spike if spike.decided_at <= t <= spike.end else None

    def moment(self, t: float) -> Moment:
        """What the screen shows at ``t``."""
        reading = self.history.at(t)
        change = self.health_at(t)
        health = change.health if change else None
        if reading is not None and (change is None or change.t <= reading.t):
            health = reading.health
        spike = self.spike_at(t)
        return Moment(
            t=t,
            reading=reading,
            health=health,
            detail=change.detail if change is not None and change.health == health else "",
            threshold=self.threshold,
            trend=self._trend(t),
            alarm_since=spike.onset if spike else None,
            peak_hold_db=self.history.highest_level(t - 2.0, t),
            minute=self.clock.minute(t),
            period=self.clock.period(t),
            heard=self.history.heard_at(t) if reading is not None and reading.pressure is not None else None,
        )

    def candidates(self, with_rejected: bool) -> list[Candidate]:
        """Lines of the spike log, newest first."""
        found: list[Candidate] = [*self.spikes, *self.spotted]
        if self.alarm is not None:
            found.append(self.alarm)
        if with_rejected:
            found.extend(self.rejected)
        return sorted(found, key=lambda candidate: candidate.onset, reverse=True)

    def said(self, with_lesser: bool) -> list[WordsEvent]:
        """Events that the commentator spoke of, newest first; those that raise no crowd only ``with_lesser``."""
        found = [event for event in self.commentary.said if with_lesser or event.kind not in LESSER]
        return sorted(found, key=lambda event: event.at, reverse=True)

    def confirmed(self, until_s: float) -> dict[float, WordsEvent]:
        """What was said of spikes by ``until_s``, by their onset."""
        said = [event for event in self.commentary.said if event.t <= until_s]
        spikes: list[Spike | Alarm] = [*self.spikes, *([self.alarm] if self.alarm is not None else [])]
        found = {spike.onset: confirming(spike, said) for spike in spikes}
        return {onset: event for onset, event in found.items() if event is not None}

    def readings_per_s(self, t: float) -> float | None:
        """Readings a second of sound over the ten seconds before ``t``, or None while there are too few to say."""
        return self.history.rate(t - _RATE_OVER_S, t)

    def _trend(self, t: float) -> int:
        now = self.history.mean_pressure(t - _TREND_S / 4, t)
        before = self.history.mean_pressure(t - _TREND_S, t - _TREND_S / 2)
        if now is None or before is None or abs(now - before) < _TREND_STEP:
            return 0
        return 1 if now > before else -1
