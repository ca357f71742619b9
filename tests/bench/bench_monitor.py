"""What the monitor costs on a terminal, through a pty: processor and bytes at ten readings a second, and its start."""

import asyncio
import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.core.process_stats import processor_s, resident_mb
from engine.core.signals import End, Start
from engine.session import SessionWriter
from tests.bench import Row
from tests.bench.monitor_child import SETTLE_S
from tests.unit.tui.monitor.fake_feed import INFO, READING_S, FakeFeed, make_events, reading_at
from tui.monitor.app import MonitorApp
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.settings import MonitorSettings

_SECONDS = 12.0
_STARTS = 5
_TEN_HOURS_S = 36_000.0
_EIGHT_HOURS_S = 28_800.0
_LOOK_S = 10.0


@dataclass
class Pty:
    """A program on a pty, and what it has written so far."""

    process: subprocess.Popen[bytes]
    terminal: int
    written: int = 0
    tail: bytes = b""

    def read_until(self, done: Callable[[], bool], limit_s: float) -> bool:
        """Read what it writes until ``done``; False where that took too long or it ended."""
        deadline = time.monotonic() + limit_s
        while not done():
            if time.monotonic() > deadline:
                return False
            if select.select([self.terminal], [], [], 0.02)[0]:
                try:
                    data = os.read(self.terminal, 65536)
                except OSError:
                    return False
                self.written += len(data)
                self.tail = (self.tail + data)[-200_000:]
        return True

    def cpu_s(self) -> float:
        """Processor time of the process so far."""
        return processor_s(self.process.pid)

    def end(self) -> None:
        self.process.terminate()
        self.read_until(lambda: False, 5.0)
        self.process.wait()
        os.close(self.terminal)


def start(command: list[str], width: int, height: int, environ: dict[str, str]) -> Pty:
    """Run ``command`` on a pty of that size."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    environ = {**os.environ, "TERM": "xterm-256color", "OMP_NUM_THREADS": "1", **environ}
    # No fork of this process: on macOS a child that has not begun a program of its own may do next to nothing.
    process = subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside, env=environ, start_new_session=True)
    os.close(inside)
    return Pty(process, terminal)


def run() -> list[Row]:
    """All figures."""
    rows = []
    for width, height in ((80, 24), (200, 50)):
        rows += _cost(width, height)
    with tempfile.TemporaryDirectory() as home:
        _session(Path(home), 300.0)
        rows += _start_of("replay, 5 minutes", ["replay", "latest"], home, b"REPLAY")
        rows += _start_of("live demo", ["live", "demo"], home, b"LIVE")
        _session(Path(home), _TEN_HOURS_S)
        rows += _start_of("replay, 10 hours", ["replay", "latest"], home, b"REPLAY")
    return rows + _long_run()


def _cost(width: int, height: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "tests.bench.monitor_child", str(report), str(_SECONDS)]
        running = start(command, width, height, {})
        running.read_until(lambda: b"LIVE" in running.tail, 30.0)
        running.read_until(lambda: False, SETTLE_S)
        before, began = running.written, time.monotonic()
        running.read_until(report.exists, 4 * _SECONDS)
        bytes_per_s = (running.written - before) / (time.monotonic() - began)
        running.end()
        spent = json.loads(report.read_text(encoding="utf-8"))
    size = f"{width}x{height}"
    return [
        Row(f"{size}: processor at 10 readings/s", 100 * spent["cpu_s"] / spent["wall_s"], "% of a core"),
        Row(f"{size}: to the terminal", bytes_per_s / 1000, "kB/s"),
    ]


def _start_of(name: str, arguments: list[str], home: str, shows: bytes) -> list[Row]:
    wall, cpu = [], []
    for _ in range(_STARTS + 1):
        began = time.monotonic()
        running = start([sys.executable, "-m", "tui", *arguments], 80, 24, {"MOMENTUM_HOME": home})
        running.read_until(lambda running=running: shows in running.tail, 60.0)  # type: ignore[misc]
        wall.append(time.monotonic() - began)
        cpu.append(running.cpu_s())
        running.end()
    note = f"processor time {statistics.median(cpu[1:]):.2f} s"  # the first start warms the disk's cache
    quarters = statistics.quantiles(wall[1:], n=4)
    return [
        Row(f"{name}: start to first screen", statistics.median(wall[1:]), "s", (quarters[2] - quarters[0]) / 2, note)
    ]


def _long_run() -> list[Row]:
    """Eight hours of a live session, ten seconds of sound a look: does a look cost more at the end, does it leak?"""
    return asyncio.run(_looks())


async def _looks() -> list[Row]:
    feed = FakeFeed([], INFO)
    app = MonitorApp(feed, MonitorSettings(fps=0), clock=lambda: 0.0, environ={})
    costs: list[float] = []
    grown = 0.0
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, MonitorScreen)
        looks = int(_EIGHT_HOURS_S / _LOOK_S)
        for look in range(looks):
            first = int(look * _LOOK_S / READING_S)
            feed.push(*[reading_at((first + index) * READING_S) for index in range(int(_LOOK_S / READING_S))])
            began = time.process_time()
            screen.tick()
            await pilot.pause()
            costs.append(time.process_time() - began)
            feed.forget()
            if look == looks // 8:
                grown = resident_mb()
        grown = resident_mb() - grown
    eighth = len(costs) // 8
    ratio = statistics.median(costs[-eighth:]) / statistics.median(costs[:eighth])
    return [
        Row("8 hours: a look in the last hour against the first", ratio, "times"),
        Row(
            "8 hours: memory since the first hour",
            grown,
            "MB",
            note="readings in memory: 21 bytes each, room doubled when full",
        ),
    ]


def _session(home: Path, length_s: float) -> None:
    writer = SessionWriter.create(home / "data" / "sessions", "demo:7")
    writer.write(Start(writer.name, "demo:7", "default", True, 22050, INFO.started_at, 0.7, "danger"))
    for event in make_events(length_s):
        writer.write(event)
    writer.write(End(length_s, "end_of_file"))
    writer.close()
