"""Kills a recorder at random moments and looks at what it left: ``python -m tests.kill_recorder --times 200``.

The recorder is the real one (store and sound), fed at many times real time by a child process, under a wall clock that
is set back and forth. It tells how far it has got before it goes on, so that what is missing can be told exactly.
"""

import argparse
import os
import random
import select
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from engine.core import grid
from engine.core.signals import AudioBlock, Health, HealthChange, Reading, Start
from engine.session import Clocks, SessionReader, SessionWriter, list_sessions
from engine.session.disk_space import DiskKeeper, DiskSettings
from engine.session.finish_interrupted import settle_all

STEP = grid.HOP * grid.READING_FRAMES
STEP_S = STEP / grid.SAMPLE_RATE_HZ
ALLOWED_S = 1.0


@dataclass(frozen=True)
class Found:
    """What one kill left: seconds of sound that had been heard, and that are missing."""

    heard_s: float
    missing_readings_s: float
    missing_sound_s: float
    faults: tuple[str, ...]


def main() -> int:
    """Kill as often as asked, print each fault and a summary; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--stopped", type=float, default=0.0, help="stop it for so many seconds before each kill")
    parser.add_argument("--record", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.record:
        root, tell, speed, own_seed = asked.record
        _record(Path(root), int(tell), float(speed), int(own_seed))
        return 1
    seed = random.randrange(2**32) if asked.seed is None else asked.seed
    print(f"seed {seed}")
    found = []
    for number, one in enumerate(kills(asked.times, seed, asked.stopped), start=1):
        found.append(one)
        for fault in one.faults:
            print(f"kill {number}: {fault}")
    print(summary(found))
    return int(any(one.faults for one in found))


def summary(found: list[Found]) -> str:
    """One line on all kills."""
    heard = [f.heard_s for f in found]
    return (
        f"{len(found)} kills after {min(heard):.1f} to {max(heard):.1f} s of sound: "
        f"at most {max(f.missing_readings_s for f in found):.2f} s of readings and "
        f"{max(f.missing_sound_s for f in found):.2f} s of sound missing, "
        f"{sum(bool(f.faults) for f in found)} sessions with a fault"
    )


def kills(times: int, seed: int, stopped_s: float = 0.0) -> Iterator[Found]:
    """Kill ``times`` recorders, each in a folder of its own, after up to about two minutes of sound."""
    chance = random.Random(seed)
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "sessions"
            heard_s = _record_and_kill(root, chance, stopped_s)
            yield look(root, heard_s)


def _record_and_kill(root: Path, chance: random.Random, stopped_s: float) -> float:
    """Returns how much sound the recorder had heard for certain."""
    reading_end, writing_end = os.pipe()
    speed, seed = chance.uniform(20, 400), chance.randrange(2**32)
    # No fork of this process: on macOS a child that has not begun a program of its own may do next to nothing.
    command = [
        sys.executable,
        "-m",
        "tests.kill_recorder",
        "--record",
        str(root),
        str(writing_end),
        str(speed),
        str(seed),
    ]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[1], pass_fds=[writing_end])
    os.close(writing_end)
    # Until the first word it is starting; a kill from then on must cost no more than a second.
    told = os.read(reading_end, 8)
    select.select([], [], [], chance.uniform(0.0, 0.4))
    if stopped_s:
        child.send_signal(signal.SIGSTOP)
        os.waitpid(child.pid, os.WUNTRACED)
        time.sleep(stopped_s)
        child.send_signal(signal.SIGCONT)
        select.select([], [], [], chance.uniform(0.0, 0.1))
    child.kill()
    child.wait()
    while part := os.read(reading_end, 1 << 16):
        told = (told + part)[-16:]
    os.close(reading_end)
    whole = len(told) - len(told) % 8
    return struct.unpack("d", told[whole - 8 : whole])[0] if whole else 0.0


def _record(root: Path, tell: int, speed: float, seed: int) -> None:
    chance = random.Random(seed)

    def jumping() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=chance.choice((0, 0, 0, 3600, -86400)))

    keeper = DiskKeeper(root, DiskSettings(reserve_bytes=0))
    writer = SessionWriter.create(root, "demo", keep_sound=True, disk=keeper, clocks=Clocks(utc=jumping))
    writer.write(Start(writer.name, "demo", "none", False, grid.SAMPLE_RATE_HZ, "", 0.5, ""))
    began_s = time.monotonic()
    for number in range(1, 1_000_000):
        t = number * STEP_S
        while time.monotonic() - began_s < t / speed:
            select.select([], [], [], 0.001)
        writer.sound(AudioBlock(_sound((number - 1) * STEP, STEP), (number - 1) * STEP))
        writer.write(Reading(t, 0.5, -20.0, -10.0, Health.LISTENING))
        if number % 50 == 0:
            writer.write(HealthChange(t, Health.LISTENING, "x" * chance.randrange(6000)))
        writer.flush()
        os.write(tell, struct.pack("d", t))


def _sound(first: int, count: int) -> np.ndarray:
    return ((np.arange(first, first + count) * 7919 % 20011) / 40022).astype(np.float32)


def look(root: Path, heard_s: float) -> Found:
    """Open what was left, put it in order as the next start would, and compare it with what was heard."""
    faults = []
    (session,) = list_sessions(root)
    told = settle_all(root, Clocks(), os.getpid())
    if len(told) != 1 or "was cut off" not in told[0]:
        faults.append(f"the next start said {told}")
    database = sqlite3.connect(session / "session.db")
    verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
    database.close()
    if verdict != "ok":
        faults.append(f"integrity_check: {verdict}")
    with SessionReader.open(session) as reader:
        times = reader.readings().t
        end = reader.info.end
        segments = reader.segments()
    if any(abs(b - a - STEP_S) > 1e-6 for a, b in pairwise(times)):
        faults.append("readings are missing in the middle")
    if end is None or end.reason != "killed":
        faults.append(f"the end is {end}")
    at = 0
    for segment in segments:
        played, _ = soundfile.read(segment.path, dtype="int16")
        expected = np.rint(_sound(segment.start, len(played)) * 32768).astype(np.int16)
        if segment.start != at or len(played) != segment.end - segment.start or not np.array_equal(played, expected):
            faults.append(f"{segment.path.name} does not hold what was heard")
        at = segment.end
    missing_s = heard_s - (float(times[-1]) if len(times) else 0.0)
    missing_sound_s = heard_s - at / grid.SAMPLE_RATE_HZ
    for what, seconds in (("readings", missing_s), ("sound", missing_sound_s)):
        if seconds > ALLOWED_S:
            faults.append(f"{seconds:.2f} s of {what} are missing")
    return Found(heard_s, missing_s, missing_sound_s, tuple(faults))


if __name__ == "__main__":
    sys.exit(main())
