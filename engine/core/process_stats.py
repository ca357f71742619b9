"""What the system tells of a running process: from ``/proc`` where there is one, else from ``ps`` and ``pgrep``."""

import os
import subprocess
from pathlib import Path

from engine.core.clock_text import add_up

_PROC = Path("/proc")
_ANSWER_S = 10.0


def resident_mb(process: int | None = None, proc: Path = _PROC) -> float:
    """Memory that the process, or this one, holds at the moment, in megabytes. Raises ``OSError``."""
    process = process or os.getpid()
    if _has(proc):
        pages = int((proc / str(process) / "statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return int(_ask("ps", "-o", "rss=", "-p", str(process))) * 1024 / 1e6


def processor_s(process: int, proc: Path = _PROC) -> float:
    """Processor time of the process so far. Raises ``OSError``."""
    if _has(proc):
        fields = (proc / str(process) / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds_of(_ask("ps", "-o", "time=", "-p", str(process)))


def children_of(process: int, proc: Path = _PROC) -> list[int]:
    """The processes that it has started, oldest first. Raises ``OSError``."""
    if _has(proc):
        # Of all threads: whichever of them started the child.
        lists = sorted((proc / str(process) / "task").glob("*/children"))
        return [int(child) for listed in lists for child in listed.read_text(encoding="ascii").split()]
    return [int(child) for child in _ask("pgrep", "-P", str(process)).split()]


def seconds_of(text: str) -> float:
    """Seconds of a time as ``ps`` writes it: ``[days-][hours:]minutes:seconds``, with a fraction on macOS."""
    days, _, clock = text.strip().rpartition("-")
    return 86400 * int(days or 0) + add_up(clock)


def _has(proc: Path) -> bool:
    return (proc / "self" / "statm").exists()


def _ask(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_S, check=False)
    if answer.returncode:
        raise ProcessLookupError(f"{' '.join(command)}: {answer.stderr.strip() or 'no such process'}")
    return answer.stdout
