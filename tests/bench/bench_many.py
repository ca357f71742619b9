"""Recording several sources: one process for all of them against one for each; processor time and memory."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import Row
from tests.bench.bench_live import write_noise

_SOURCES = 8
_SECONDS = 70
"""In real time, since what is live comes in small pieces; the history is full after 39 s."""
_RECORD = [sys.executable, "-m", "tui", "record", "--no-sound"]


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        long, short = Path(folder) / "long.wav", Path(folder) / "short.wav"
        write_noise(long, _SECONDS)
        write_noise(short, 1)
        env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MOMENTUM_HOME": folder}
        one = _spent([[str(long)] * _SOURCES], env), _spent([[str(short)] * _SOURCES], env)
        each = _spent([[str(long)]] * _SOURCES, env), _spent([[str(short)]] * _SOURCES, env)
    rows = []
    for name, (whole, start) in ((f"{_SOURCES} sources, one process", one), (f"{_SOURCES} processes", each)):
        share = 100 * (whole[0] - start[0]) / (_SECONDS - 1)
        rows.append(
            Row(f"{name}: live", share, "% of a core", None, f"beyond the start; {share / _SOURCES:.2f} a source")
        )
        rows.append(Row(f"{name}: start and end", start[0], "s of the processor", None, "and one second of sound"))
        rows.append(Row(f"{name}: memory", whole[1], "MB", None, "resident, added up"))
    return rows


def _spent(runs: list[list[str]], env: dict[str, str]) -> tuple[float, float]:
    """Processor time and resident memory of recorders on these sources that run side by side."""
    started = [subprocess.Popen([*_RECORD, *sources], env=env, stderr=subprocess.DEVNULL) for sources in runs]
    seconds = megabytes = 0.0
    for process in started:
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, status
        seconds += usage.ru_utime + usage.ru_stime
        megabytes += usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return seconds, megabytes
