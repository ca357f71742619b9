"""What is known of a process is the same from ``/proc`` and, as on macOS, from ``ps`` and ``pgrep``."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.core.process_stats import children_of, processor_s, resident_mb, seconds_of

WITHOUT = Path("/no such folder")
needs_ps = pytest.mark.skipif(not (shutil.which("ps") and shutil.which("pgrep")), reason="ps or pgrep is not installed")
BUSY = "total = 0\nfor i in range(10_000_000): total += i\nprint('done', flush=True)\ninput()"


@pytest.fixture
def busy() -> Iterator[int]:
    """A process that has used a moment of the processor."""
    command = [sys.executable, "-c", BUSY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


@needs_ps
def test_a_mac_tells_the_same_of_a_process(busy: int):
    assert resident_mb(busy, WITHOUT) == pytest.approx(resident_mb(busy), rel=0.1)
    assert processor_s(busy, WITHOUT) == pytest.approx(processor_s(busy), abs=1.0)
    assert processor_s(busy) > 0.05
    assert busy in children_of(os.getpid(), WITHOUT)
    assert busy in children_of(os.getpid())


@needs_ps
@pytest.mark.parametrize("proc", [Path("/proc"), WITHOUT])
def test_a_process_that_is_gone_is_an_error_not_a_zero(proc: Path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(OSError):
        resident_mb(process.pid, proc)


@pytest.mark.parametrize(
    ("text", "seconds"), [("  0:01.23\n", 1.23), ("00:01:05", 65.0), ("1:02:03.5", 3723.5), ("2-00:00:01", 172801.0)]
)
def test_times_as_linux_and_macos_write_them(text: str, seconds: float):
    assert seconds_of(text) == pytest.approx(seconds)
