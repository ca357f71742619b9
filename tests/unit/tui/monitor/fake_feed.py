"""A session made up for the tests: an index with a roar now and then, and a feed that gives it out up to a moment."""

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.errors import InputError
from engine.core.operating_points import OperatingPoint
from engine.core.signals import (
    End,
    Event,
    Health,
    HealthChange,
    Mark,
    Reading,
    Rejected,
    Spike,
    Words,
    WordsEvent,
    WordsState,
)
from engine.explain.attribution import Left
from engine.explain.explanation import Explanation
from engine.live.spike_detector import SpikeDetector, SpikeSettings
from engine.session.recording_problems import NotKept
from tests.unit.tui.monitor.made_up_explanation import made_up
from tui.monitor.feed import FeedInfo, FeedKind, Readings, SpikeLabel, Vitals

READING_S = grid.READING_FRAMES * grid.HOP_S
THRESHOLD = 0.7
POINTS = (OperatingPoint(0.5, 0.8), OperatingPoint(1.0, THRESHOLD), OperatingPoint(3.0, 0.55))
ROARS = ((70.0, 0.93), (130.0, 0.64), (175.0, 0.82), (221.0, 0.97))
"""Onset and height: three that become spikes, one that stays below the line."""

INFO = FeedInfo(
    kind=FeedKind.LIVE,
    session="20261120T150000Z-4f2a9c",
    source="demo:7",
    weights="default",
    trained=True,
    threshold=THRESHOLD,
    started_at="2026-11-20T15:00:00Z",
    label_rule="danger",
    operating_points=POINTS,
    calibration="platt, 40 matches",
)


def pressure_at(t: float) -> float:
    """A calm that breathes, and roars that rise within 3 s and decay over 12."""
    calm = 0.16 + 0.06 * math.sin(t / 7.0) + 0.04 * math.sin(t / 1.9)
    roar = max((height * _shape(t - onset) for onset, height in ROARS), default=0.0)
    return min(max(calm, roar), 1.0)


def reading_at(t: float) -> Reading:
    """The reading of a session that is listening."""
    level = -34.0 + 22.0 * pressure_at(t) + 1.5 * math.sin(t * 3.1)
    return Reading(t, pressure_at(t), level, level + 9.0, Health.LISTENING)


def _shape(since: float) -> float:
    if since < 0:
        return 0.0
    return min(since / 3.0, 1.0) if since < 8 else math.exp(-(since - 8) / 12.0)


def heard_at(t: float) -> dict[str, float]:
    """What is heard: a chant, and a cheer where the index is high."""
    return {"chant": 0.81, "speech": 0.22, "music": 0.1, "cheer": min(1.0, 1.2 * pressure_at(t))}


def make_events(
    length_s: float, health: Health = Health.LISTENING, warm_s: float = grid.HISTORY_S, tags: bool = False
) -> list[Event]:
    """A session of ``length_s`` seconds: warming up first, then readings and what the real detector decides.

    With ``tags`` it is one of weights that tell what is heard.
    """
    return list(_made(length_s, health, warm_s, tags))


@cache
def _made(length_s: float, health: Health, warm_s: float, tags: bool) -> tuple[Event, ...]:
    detector = SpikeDetector(SpikeSettings(on=THRESHOLD, off=0.5))
    events: list[Event] = [HealthChange(0.0, Health.WARMING_UP, "filling the history of 39 s")]
    listening = False
    for index in range(1, int(length_s / READING_S) + 1):
        t = index * READING_S
        warm = t >= warm_s
        if warm and not listening:
            listening = True
            events.append(HealthChange(t, health, ""))
        pressure = pressure_at(t) if warm and health in (Health.LISTENING, Health.CLIPPED) else None
        reading = replace(reading_at(t), pressure=pressure, health=health if warm else Health.WARMING_UP)
        if tags and pressure is not None:
            told = heard_at(t)
            reading = replace(reading, tags=told, heard=told if index % 10 == 0 else None)
        events.append(reading)
        events.extend(detector.push(reading))
    return tuple(events)


class FakeFeed:
    """Gives out ``events`` up to a moment that the test moves."""

    def __init__(self, events: Sequence[Event], info: FeedInfo = INFO, until_s: float = math.inf) -> None:
        self._events = list(events)
        self._given = 0
        self.until_s = until_s
        self._info = info
        self.alive = info.kind is not FeedKind.REPLAY
        self.kept_labels: list[SpikeLabel] = []
        self.kept_marks: list[Mark] = []
        self.thresholds: list[float] = []
        self.exported: list[str] = []
        self.fails: Exception | None = None
        self.may_write = True
        self.sound_kept = False
        self.explained: list[float | Spike | Rejected] = []
        self.fails_to_explain: Exception | None = None
        self.explains_for_ever = False
        self.asked = threading.Event()
        self.mel: NDArray[np.float32] | None = None
        self.not_kept = NotKept()

    @property
    def info(self) -> FeedInfo:
        return self._info

    @property
    def running(self) -> bool:
        return self.alive

    def poll(self) -> Sequence[Event]:
        if self.fails:
            raise self.fails
        start = self._given
        while self._given < len(self._events) and when(self._events[self._given]) <= self.until_s:
            self._given += 1
        return self._events[start : self._given]

    def readings(self, from_s: float, to_s: float) -> Readings:
        empty = np.empty(0)
        return Readings(empty, empty, empty, empty, np.empty(0, np.uint8))

    def push(self, *events: Event) -> None:
        """Let something happen now."""
        self._events[self._given : self._given] = events

    def forget(self) -> None:
        """Let go of what was given out."""
        del self._events[: self._given]
        self._given = 0

    def labels(self) -> Sequence[SpikeLabel]:
        return self.kept_labels

    def add_mark(self, mark: Mark) -> None:
        self.kept_marks.append(mark)
        self.push(mark)

    def label_spike(self, label: SpikeLabel) -> None:
        if not self.may_write:
            raise InputError("this session can't be written", "look at a copy of it")
        self.kept_labels.append(label)

    def unlabel_spike(self, label: SpikeLabel) -> None:
        self.kept_labels = [kept for kept in self.kept_labels if kept.onset != label.onset]

    @property
    def writable(self) -> bool:
        return self.may_write

    def has_sound(self, onset: float) -> bool:
        return self.sound_kept

    def vitals(self) -> Vitals:
        return Vitals(delay_s=0.12, disk_free_bytes=41 * 1024**3, not_kept=self.not_kept)

    def spectrum(self) -> NDArray[np.float32] | None:
        return self.mel

    def set_threshold(self, threshold: float) -> bool:
        self.thresholds.append(threshold)
        return self.info.kind is FeedKind.LIVE

    def export(self, kind: str, folder: Path) -> Path:
        self.exported.append(kind)
        path = folder / f"session.{kind}"
        path.write_text("t\n", encoding="utf-8")
        return path

    def clip(self, onset: float, folder: Path) -> Path:
        raise InputError("this session kept no sound", "record with sound to export clips")

    def explain(
        self, moment: float | Spike | Rejected, wanted: Callable[[], bool], tell: Callable[[Explanation], None]
    ) -> Explanation:
        self.explained.append(moment)
        if self.explains_for_ever and self.fails_to_explain is None:
            tell(made_up(nodes=9, sure=0.9))
        while self.explains_for_ever:
            if not wanted():
                raise Left
            self.asked.set()
        if self.fails_to_explain:
            raise self.fails_to_explain
        return made_up(moment.peak if isinstance(moment, Spike) else 74.0)

    def close(self) -> None:
        self.alive = False


def when(event: Event) -> float:
    """The moment at which an event is known."""
    if isinstance(event, Reading | Mark | HealthChange | Words | WordsState | WordsEvent | End):
        return event.t
    return getattr(event, "decided_at", 0.0)


def replaying(info: FeedInfo = INFO) -> FeedInfo:
    return replace(info, kind=FeedKind.REPLAY)
