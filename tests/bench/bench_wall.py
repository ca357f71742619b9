"""What the wall costs through a real broker: processor, memory, bytes to the terminal, how late an alarm is shown."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import Row
from tests.bench.bench_monitor import start
from tests.bench.wall_child import SETTLE_S
from tests.publishing.brokers import MOSQUITTO, Mosquitto

_SECONDS = 20.0
_READINGS_HZ = 2.0
_CASES = ((16, 200, 50), (64, 200, 50), (256, 200, 50), (256, 80, 24))


def run() -> list[Row]:
    """All figures; none where there is no mosquitto."""
    if MOSQUITTO is None:
        print("bench wall: mosquitto is not installed", file=sys.stderr)
        return []
    return [row for venues, width, height in _CASES for row in _cost(venues, width, height)]


def _cost(venues: int, width: int, height: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as made, Mosquitto(Path(made) / "broker") as desk:
        report = Path(made) / "report.json"
        sender = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.wall_venues", str(desk.port), str(venues), str(_READINGS_HZ)]
        )
        command = [
            sys.executable,
            "-m",
            "tests.bench.wall_child",
            str(report),
            str(_SECONDS),
            f"mqtt://127.0.0.1:{desk.port}",
        ]
        wall = start(command, width, height, {})
        wall.read_until(lambda: b"WALL" in wall.tail, 60.0)
        wall.read_until(lambda: False, SETTLE_S)
        before, began_s = wall.written, time.monotonic()
        done = wall.read_until(report.exists, 6 * _SECONDS)
        bytes_per_s = (wall.written - before) / (time.monotonic() - began_s)
        wall.end()
        sender.terminate()
        sender.wait()
        if not done:
            raise RuntimeError(f"the wall of {venues} venues never reported")
        spent = json.loads(report.read_text(encoding="utf-8"))
    name = f"{venues} venues, {width}x{height}"
    came = f"{spent['readings'] / spent['wall_s']:.0f} readings/s came"
    rows = [
        Row(f"{name}: processor", 100 * spent["cpu_s"] / spent["wall_s"], "% of a core", note=came),
        Row(f"{name}: memory", spent["mb"], "MB"),
        Row(f"{name}: to the terminal", bytes_per_s / 1000, "kB/s"),
    ]
    delays_ms = spent["delays_ms"]
    if len(delays_ms) >= 2:
        late = statistics.quantiles(delays_ms, n=20, method="inclusive")[-1]
        rows.append(Row(f"{name}: alarm to screen, p95", late, "ms", note=f"{len(delays_ms)} alarms"))
    return rows
