"""Breaks a microphone in every way that is known and times the listening: ``python -m tests.device_faults``.

The microphone is a sound server of its own with a null sink (``../shared/tools/virtual-microphone.sh``); the listening
is ``momentum live mic:pulse --json`` in a process of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from queue import Empty, Queue
from subprocess import DEVNULL, PIPE
from typing import Any

import numpy as np
import soundfile

from tests.functional.test_virtual_microphone import MISSING, SCRIPT, VirtualMicrophone

Line = dict[str, Any]
NULL_SINK = ("module-null-sink", "sink_name=crowd", "rate=48000", "channels=1")
REMAP = ("module-remap-source", "master=crowd.monitor", "source_name=virtmic", "channels=1", "remix=no")
ROOT = Path(__file__).parents[1]
STATE_WITHIN_S = 3.0
BACK_WITHIN_S = 5.0


@dataclass(frozen=True)
class Fault:
    """A way to break the microphone, how to mend it, and the state that the listening should be in meanwhile."""

    name: str
    state: str
    break_: Callable[["Bench"], None]
    mend: Callable[["Bench"], None]


class Bench:
    """A microphone that somebody plays noise into, and a listener."""

    def __init__(self, folder: Path) -> None:
        self.microphone = VirtualMicrophone(folder)
        self.players: list[subprocess.Popen[bytes]] = []
        noise = np.random.default_rng(0).normal(scale=0.05, size=48000 * 300).astype(np.float32)
        soundfile.write(folder / "noise.wav", noise, 48000)
        self.play()
        environment = {**self.microphone.environment, "MOMENTUM_HOME": str(folder / "home")}
        command = [sys.executable, "-m", "tui", "live", "mic:pulse", "--json"]
        self.listener = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=PIPE, stderr=DEVNULL, text=True)
        self.lines: Queue[Line | None] = Queue()
        self.readings: list[Line] = []
        threading.Thread(target=self._read, daemon=True).start()

    def play(self) -> None:
        """Make noise from now on."""
        command = ["paplay", "--device=crowd", str(self.microphone.folder / "noise.wav")]
        self.players.append(subprocess.Popen(command, env=self.microphone.environment, stderr=subprocess.DEVNULL))

    def hush(self) -> None:
        """Make none."""
        for player in self.players:
            player.kill()
            player.wait()
        self.players.clear()

    def until(self, state: str, within_s: float) -> float:
        """Wait for a reading or a change in ``state``; seconds that it took."""
        began_s = time.monotonic()
        while (left_s := began_s + within_s - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left_s)
            except Empty:
                break
            if line is None:
                raise AssertionError("the listening has ended")
            if line.get("health") == state:
                return time.monotonic() - began_s
        raise AssertionError(f"not {state} within {within_s:g} s")

    def pass_s(self, seconds: float) -> None:
        """Let so much time pass, and forget what was said meanwhile."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            with suppress(Empty):
                self.lines.get(timeout=left_s)

    def end(self) -> int:
        """End the listening as a service manager would; its exit code."""
        self.listener.terminate()
        while self.lines.get(timeout=30) is not None:
            pass
        return self.listener.wait()

    def stop(self) -> None:
        """Clear up."""
        self.listener.kill()
        self.listener.wait()
        self.hush()
        self.microphone.stop()

    def _read(self) -> None:
        assert self.listener.stdout is not None
        with self.listener.stdout as out:
            for text in out:
                line = json.loads(text)
                if line["type"] == "reading":
                    self.readings.append(line)
                self.lines.put(line)
        self.lines.put(None)


def _pactl(*command: str) -> Callable[[Bench], None]:
    return lambda bench: void(bench.microphone.do("pactl", *command))


def _server(what: str) -> Callable[[Bench], None]:
    def do(bench: Bench) -> None:
        bench.microphone.do("sh", str(SCRIPT), what)
        if what == "start":
            bench.hush()
            bench.play()

    return do


def _plug_in(bench: Bench) -> None:
    bench.microphone.do("pactl", "load-module", *NULL_SINK)
    bench.microphone.do("pactl", "load-module", *REMAP)
    bench.hush()
    bench.play()


def void(_: object) -> None:
    """Nothing."""


FAULTS = (
    Fault(
        "source suspended",
        "stalled",
        _pactl("suspend-source", "virtmic", "1"),
        _pactl("suspend-source", "virtmic", "0"),
    ),
    Fault("flat zeros", "silent", Bench.hush, Bench.play),
    Fault("source removed", "lost", _pactl("unload-module", "module-null-sink"), _plug_in),
    Fault("sound server killed", "lost", _server("stop"), _server("start")),
)


def suffer(fault: Fault, bench: Bench, state_s: float, back_s: float, away_s: float = 0.0) -> tuple[float, float]:
    """Break and, after ``away_s``, mend once; seconds until the state was right, and until sound was heard again."""
    bench.until("warming_up", 30)
    fault.break_(bench)
    state_took_s = bench.until(fault.state, state_s)
    bench.pass_s(away_s)
    fault.mend(bench)
    return state_took_s, bench.until("warming_up", back_s)


def wrong(bench: Bench) -> list[str]:
    """What must never be among the readings."""
    times = [line["t"] for line in bench.readings]
    faults = []
    if any(b <= a for a, b in pairwise(times)):
        faults.append("a reading came twice, or out of order")
    if any(line["pressure"] is not None and line["health"] not in ("listening", "clipped") for line in bench.readings):
        faults.append("a number where there should be none")
    return faults


def main() -> int:
    """Print a line a fault; 1 where a limit was missed."""
    if MISSING:
        print(f"not here: {MISSING}")
        return 1
    failed = False
    with tempfile.TemporaryDirectory(prefix="mic", ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder))
        try:
            for fault in FAULTS:
                state_s, back_s = suffer(fault, bench, 30, 30, away_s=7.0)
                late = state_s > STATE_WITHIN_S or back_s > BACK_WITHIN_S
                failed |= late
                print(
                    f"{fault.name:20} {fault.state:8} after {state_s:.1f} s, heard again after {back_s:.1f} s", end=""
                )
                print("   TOO LATE" if late else "", flush=True)
            code = bench.end()
            faults = wrong(bench)
            print(f"{len(bench.readings)} readings, exit code {code}", *faults, sep="; ")
        finally:
            bench.stop()
    return int(failed or bool(faults) or code != 143)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
