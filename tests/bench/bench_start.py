"""What it costs to start: the commands, and ``live`` until its first line is out."""

import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median, quantiles
from time import perf_counter

import numpy as np
import soundfile

from engine.core.grid import SAMPLE_RATE_HZ
from tests.bench import Row

_TIMES = 15
_NOTE = f"{_TIMES} starts, warm"
_COMMANDS = {
    "python alone": ["-c", "pass"],
    "momentum --help": ["-m", "tui", "--help"],
    "momentum config show": ["-m", "tui", "config", "show"],
    "momentum --version": ["-m", "tui", "--version"],
}


def run() -> list[Row]:
    """Processor time and time by the clock; the commands take turns, so that a busy neighbour meets them all."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "noise.wav"
        noise = np.random.default_rng(0).normal(0, 0.05, 10 * SAMPLE_RATE_HZ)
        soundfile.write(sound, noise, SAMPLE_RATE_HZ)
        commands = {**_COMMANDS, "momentum live FILE --json": ["-m", "tui", "live", str(sound), "--json"]}
        starts: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(_TIMES):
            for name, args in commands.items():
                starts[name].append(first_line_ms(args))
    rows = []
    for name, took in starts.items():
        by_clock, processor = zip(*took, strict=True)
        rows.append(Row(f"{name}: to the first line", median(by_clock), "ms", _spread(by_clock), _NOTE))
        rows.append(Row(f"{name}: processor time of that", median(processor), "ms", _spread(processor), _NOTE))
    return rows


def first_line_ms(args: list[str]) -> tuple[float, float]:
    """Time by the clock and of the processor until the first line (or the end) of a process, which is then ended."""
    before, began = getrusage(RUSAGE_CHILDREN), perf_counter()
    with subprocess.Popen([sys.executable, *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        by_clock = perf_counter() - began
        process.kill()
    after = getrusage(RUSAGE_CHILDREN)
    return 1000 * by_clock, 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _spread(values: tuple[float, ...]) -> float:
    lower, _, upper = quantiles(values, n=4)
    return (upper - lower) / 2
