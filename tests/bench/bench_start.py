"""What it costs to start the command, before it does anything: processor time, imports included."""

import resource
import subprocess
import sys
from statistics import median, quantiles

from tests.bench import Row

_TIMES = 15
_STARTS = {
    "python alone": ["-c", "pass"],
    "momentum --help": ["-m", "tui", "--help"],
    "momentum config path": ["-m", "tui", "config", "path"],
    "momentum config show": ["-m", "tui", "config", "show"],
    "momentum --version": ["-m", "tui", "--version"],
}


def run() -> list[Row]:
    """One row a command line; the commands take turns, so that a busy neighbour meets them all."""
    took: dict[str, list[float]] = {name: [] for name in _STARTS}
    for _ in range(_TIMES):
        for name, args in _STARTS.items():
            took[name].append(_processor_ms(args))
    return [Row(name, median(ms), "ms CPU", _spread(ms), f"{_TIMES} starts, warm") for name, ms in took.items()]


def _processor_ms(args: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *args], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _spread(values: list[float]) -> float:
    lower, _, upper = quantiles(values, n=4)
    return (upper - lower) / 2
