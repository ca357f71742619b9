"""A recorder whose clocks the tests turn."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from hypothesis.strategies import DataObject, binary, integers

from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import Alarm, AudioBlock, End, Health, HealthChange, Mark, Reading, Rejected, Spike, Start
from engine.session import Clocks, SessionWriter
from engine.session.disk_space import DiskKeeper, DiskSettings

STARTED_AT = datetime(2026, 11, 20, 15, 0, 0, tzinfo=UTC)
READING_S = 0.1


@dataclass
class FakeTime:
    """Monotonic seconds, and a wall clock that can be set."""

    now_s: float = 1000.0
    wall_off_s: float = 0.0
    started_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.started_s = self.now_s

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: self.now_s, self.utc)

    def utc(self) -> datetime:
        return STARTED_AT + timedelta(seconds=self.now_s - self.started_s + self.wall_off_s)

    def pass_s(self, seconds: float) -> None:
        self.now_s += seconds


def damaged(whole: bytes, data: DataObject, most: int, longest: int) -> bytearray:
    """``whole`` with up to ``most`` places written over, by up to ``longest`` bytes each."""
    hurt = bytearray(whole)
    for _ in range(data.draw(integers(1, most))):
        at = data.draw(integers(0, len(whole) - 1))
        part = data.draw(binary(min_size=1, max_size=longest))
        hurt[at : at + len(part)] = part
    return hurt


def start(session: str) -> Start:
    return Start(session, "demo:7", "default", False, SAMPLE_RATE_HZ, "2026-11-20T15:00:00Z", 0.5, "rule")


def reading(t: float, pressure: float | None = 0.25, health: Health = Health.LISTENING) -> Reading:
    return Reading(t, pressure, -23.0, -9.0, health, 1.5)


def listen(writer: SessionWriter, time: FakeTime, seconds: float, from_s: float = 0.0, live: bool = True) -> None:
    """Ten readings a second with their sound, at real time or as fast as it will go."""
    for number in range(round(seconds / READING_S)):
        t = from_s + (number + 1) * READING_S
        writer.sound(noise(from_s + number * READING_S, READING_S))
        if live:
            time.pass_s(READING_S / 2)
        writer.write(reading(t, pressure=round(0.5 + 0.4 * np.sin(t / 10), 6)))
        writer.flush()
        if live:
            time.pass_s(READING_S / 2)


def noise(from_s: float, seconds: float) -> AudioBlock:
    """Sound that says when it was heard: its samples are a function of their index."""
    first, last = round(from_s * SAMPLE_RATE_HZ), round((from_s + seconds) * SAMPLE_RATE_HZ)
    index = np.arange(first, last)
    return AudioBlock(((index * 7919 % 20011) / 40022).astype(np.float32), first)


def recorder(root: Path, time: FakeTime, keep_sound: bool = False, source: str = "demo:7") -> SessionWriter:
    disk = DiskKeeper(root, DiskSettings(), free=lambda folder: 10**12)
    writer = SessionWriter.create(
        root, source, keep_sound=keep_sound, disk=disk, settings={"spike_on": 0.5}, clocks=time.clocks
    )
    writer.write(replace(start(writer.name), source=source))
    return writer


EVENTS = [
    HealthChange(0.1, Health.WARMING_UP, "filling"),
    reading(0.1, None, Health.WARMING_UP),
    reading(1.0, 0.4),
    Alarm(1.0, 1.5, 0.8),
    reading(2.0, 0.9),
    Spike(1.0, 2.0, 3.0, 0.9, 1.5),
    Rejected(4.0, 0.5, "too_short", 4.5),
    Mark(4.0, "goal", 'a "quoted",\nnote'),
    reading(5.0, 0.2),
    Spike(3000.0, 3005.5, 3010.0, 0.7, 3002.0),
    End(5.0, "end_of_file"),
]
"""A short run in which everything happens."""
