"""The program that ``bench_monitor`` measures: the real monitor on a made-up live session, ten readings a second.

    python -m tests.bench.monitor_child REPORT SECONDS

Writes one JSON object to REPORT: seconds of processor time and of wall time between its first and its last look.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.core.signals import Event
from tests.unit.tui.monitor.fake_feed import INFO, FakeFeed, make_events
from tui.monitor.launch import run_monitor
from tui.monitor.settings import MonitorSettings

SETTLE_S = 3.0
_PAST_S = 200.0


class LiveLike(FakeFeed):
    """A feed whose sound goes on in real time, after 200 s that have been heard already."""

    def __init__(self, report: Path, seconds: float) -> None:
        super().__init__(make_events(_PAST_S + SETTLE_S + seconds + 60.0), INFO, until_s=_PAST_S)
        self.mel = np.linspace(-20, -70, 64, dtype=np.float32)
        self._report = report
        self._seconds = seconds
        self._began = time.monotonic()
        self._from: tuple[float, float] | None = None

    def poll(self) -> Sequence[Event]:
        passed = time.monotonic() - self._began
        self.until_s = _PAST_S + passed
        if self._from is None and passed >= SETTLE_S:
            self._from = time.process_time(), time.monotonic()
        if self._from is not None and passed >= SETTLE_S + self._seconds and not self._report.exists():
            spent = {"cpu_s": time.process_time() - self._from[0], "wall_s": time.monotonic() - self._from[1]}
            self._report.write_text(json.dumps(spent), encoding="utf-8")
        return super().poll()


if __name__ == "__main__":
    report = Path(sys.argv[1])
    sys.exit(run_monitor(LiveLike(report, float(sys.argv[2])), MonitorSettings(), report.parent))
