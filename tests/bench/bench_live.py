"""The command as its user runs it: delay, CPU share, a 95-minute file, memory over hours."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

import numpy as np

from engine.core import grid
from engine.core.process_stats import processor_s
from tests.bench import Row

_MOMENTUM = [sys.executable, "-m", "tui"]
_LIVE_S = 75.0
_MATCH_S = 95 * 60
_TIMES = 3
_HOURS = """
import numpy as np
from engine import grid
from engine.model.checkpoint import load
from engine.core.paths import shipped_weights
from engine.core.signals import AudioBlock
from engine.live.stream import PressureStream
from engine.core.process_stats import resident_mb

weights = load(shipped_weights() / "default")
stream = PressureStream(weights.network, weights.config.calibration, grid.WINDOW_HOP_FRAMES)
block = (0.05 * np.random.default_rng(4).normal(size=10 * grid.SAMPLE_RATE_HZ)).astype(np.float32)
for i in range(4 * 360):
    stream.push(AudioBlock(block, stream.heard))
    if i == 60:
        early = resident_mb()
print(resident_mb() - early)
"""


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        match = Path(folder) / "match.flac"
        write_noise(match, _MATCH_S)
        env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MOMENTUM_HOME": folder}
        return [*_live(env), *_score(match, env), *_four_hours(env)]


def write_noise(path: Path, seconds: int) -> None:
    import soundfile

    rng = np.random.default_rng(2)
    with soundfile.SoundFile(path, "w", grid.SAMPLE_RATE_HZ, 1, "PCM_16") as file:
        for _ in range(seconds):
            file.write(0.05 * rng.normal(size=grid.SAMPLE_RATE_HZ))


def _live(env: dict[str, str]) -> list[Row]:
    """Raw sound on standard input in real time: when does each reading leave, and what does it cost?"""
    block = grid.HOP // 2
    rng = np.random.default_rng(3)
    delays_ms: list[float] = []
    with subprocess.Popen(
        [*_MOMENTUM, "live", "-", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=env,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        lines = process.stdout
        assert lines.readline()
        began = time.monotonic()

        def read() -> None:
            for line in lines:
                now = time.monotonic()
                row = json.loads(line)
                if row["type"] == "reading" and row["pressure"] is not None:
                    delays_ms.append((now - began - row["t"]) * 1e3)

        reader = threading.Thread(target=read)
        reader.start()
        measured_from: tuple[float, float] | None = None
        for i in range(int(_LIVE_S * grid.SAMPLE_RATE_HZ / block)):
            ahead_s = began + (i + 1) * block / grid.SAMPLE_RATE_HZ - time.monotonic()
            if ahead_s > 0:
                time.sleep(ahead_s)
            process.stdin.write((1600 * rng.normal(size=block)).astype("<i2").tobytes())
            process.stdin.flush()
            if measured_from is None and i * block > (grid.HISTORY_S + 1) * grid.SAMPLE_RATE_HZ:
                measured_from = (time.monotonic(), processor_s(process.pid))
        assert measured_from is not None
        share = (processor_s(process.pid) - measured_from[1]) / (time.monotonic() - measured_from[0])
        process.stdin.close()
        reader.join()
    p50, p99 = np.percentile(delays_ms, [50, 99])
    return [
        Row("sound to line, p50", float(p50), "ms", None, f"{len(delays_ms)} readings over a pipe"),
        Row("sound to line, p99", float(p99), "ms", None, "required: 150"),
        Row("live at ten readings a second, session included", 100 * share, "% of a core", None, "required: 8"),
    ]


def _score(match: Path, env: dict[str, str]) -> list[Row]:
    rows = []
    for step, name, required in (
        (grid.WINDOW_HOP_FRAMES, "one reading a window hop", 1000),
        (grid.READING_FRAMES, "ten readings a second", 150),
    ):
        runs = [score_match(match, step, env) for _ in range(_TIMES)]
        factors, memory_mb = [run.factor for run in runs], [run.memory_mb for run in runs]
        rows.append(_row(f"score 95 minutes of FLAC, {name}", factors, "x real time", f"required: {required}"))
        rows.append(_row(f"memory of that, {name}", memory_mb, "MB", "required: 400"))
    return rows


class ScoreRun(NamedTuple):
    """``factor`` times real time by the clock, start of the program included."""

    factor: float
    processor_s: float
    memory_mb: float


def score_match(match: Path, step: int, env: dict[str, str], engine: str = "auto") -> ScoreRun:
    """``momentum score`` on a file of 95 minutes."""
    before, began = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(
        [*_MOMENTUM, "score", str(match), "--json", "--step", str(step), "--engine", engine],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    _, status, usage = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - began
    assert status == 0, status
    after = getrusage(RUSAGE_CHILDREN)
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return ScoreRun(_MATCH_S / took_s, processor_s, usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))


def _row(name: str, values: list[float], unit: str, note: str = "") -> Row:
    low, middle, high = np.percentile(values, [25, 50, 75])
    return Row(name, float(middle), unit, float(high - low) / 2, note)


def _four_hours(env: dict[str, str]) -> list[Row]:
    """Four hours through one stream: resident memory at the end less that after ten minutes."""
    done = subprocess.run([sys.executable, "-c", _HOURS], check=True, env=env, capture_output=True, text=True)
    return [Row("memory after four hours less after ten minutes", float(done.stdout), "MB", None, "required: flat")]
