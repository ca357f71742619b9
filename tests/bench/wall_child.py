"""The program that ``bench_wall`` measures: the real wall on a broker.

    python -m tests.bench.wall_child REPORT SECONDS ADDRESS

Writes one JSON object to REPORT: seconds of processor time and of wall time, megabytes, how many readings came, and for
each alarm the milliseconds from its decision to the bytes that show it.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from engine.core.process_stats import resident_mb
from engine.core.signals import Alarm, Reading
from tui.monitor.launch import run_on_terminal
from tui.monitor.settings import MonitorSettings
from tui.wall.app import WallApp
from tui.wall.delivery import Delivery
from tui.wall.sources.broker import BrokerSource
from tui.wall.sources.broker_address import read_address

SETTLE_S = 4.0


class MeasuredSource(BrokerSource):
    """Notes what came, and when alarms were decided by the venue's clock, which is this machine's here."""

    def __init__(self, address: str) -> None:
        super().__init__(read_address(address))
        self.readings = 0
        self.decided_s: list[float] = []

    def poll(self) -> list[Delivery]:
        came = list(super().poll())
        for delivery in came:
            self.readings += isinstance(delivery.news, Reading)
            if isinstance(delivery.news, Alarm) and delivery.behind_s is not None:
                self.decided_s.append(delivery.arrived_s - delivery.behind_s)
        return came


class MeasuredWall(WallApp):
    """Notes when something was sent to the terminal after an alarm had come."""

    def __init__(self, source: MeasuredSource, report: Path, seconds: float) -> None:
        super().__init__(source, MonitorSettings(bell=False))
        self.measured = source
        self._report, self._seconds = report, seconds
        self._began_s = time.monotonic()
        self._from: tuple[float, float, int] | None = None
        self._delays_ms: list[float] = []

    def _display(self, screen: Any, renderable: Any) -> None:
        waiting, self.measured.decided_s = self.measured.decided_s, []
        super()._display(screen, renderable)
        now_s = time.monotonic()
        if renderable is None:
            self.measured.decided_s = waiting + self.measured.decided_s
            return
        if self._from is not None:
            self._delays_ms += [1000 * (now_s - decided_s) for decided_s in waiting]
        self._look(now_s)

    def _look(self, now_s: float) -> None:
        passed_s = now_s - self._began_s
        if self._from is None and passed_s >= SETTLE_S:
            self._from = time.process_time(), now_s, self.measured.readings
        if self._from is not None and passed_s >= SETTLE_S + self._seconds and not self._report.exists():
            cpu_s, from_s, readings = self._from
            spent = {
                "cpu_s": time.process_time() - cpu_s,
                "wall_s": now_s - from_s,
                "mb": resident_mb(),
                "readings": self.measured.readings - readings,
                "delays_ms": self._delays_ms,
            }
            self._report.write_text(json.dumps(spent), encoding="utf-8")


def main(report: Path, seconds: float, address: str) -> int:
    source = MeasuredSource(address)
    source.open()
    try:
        return run_on_terminal(lambda: MeasuredWall(source, report, seconds), MonitorSettings(), report.parent)
    finally:
        source.close()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
