"""Small tasks for the tests of jobs: importable, since workers import them by name."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.core.errors import InputError
from train.jobs.task import Result, Task


@dataclass(frozen=True)
class Trial:
    """``wait_for``: a file that the task waits for, so that a test can act while the task is under way."""

    number: int
    folder: Path | None = None
    wait_for: Path | None = None
    fault: str = ""


def square(given: Trial) -> Result:
    if given.folder:
        (given.folder / f"begun-{given.number}-{os.getpid()}").touch()
    limit_s = time.monotonic() + 60
    while given.wait_for and not given.wait_for.exists() and time.monotonic() < limit_s:
        time.sleep(0.01)
    if given.fault == "input":
        raise InputError(f"recording {given.number} breaks off", "Copy it again.")
    if given.fault == "disk":
        raise FileNotFoundError(2, "No such file or directory", f"match-{given.number}.mp4")
    if given.fault == "program":
        raise KeyError(given.number)
    return {"squares": np.arange(given.number, dtype=np.float64) ** 2, "number": given.number}


def trial(number: int, **more: object) -> Task:
    return Task(f"match-{number}", square, Trial(number, **more), {"number": number})  # type: ignore[arg-type]


def nobody(step: str, done: float, total: float | None, note: str = "") -> None:
    """Whom nothing is told."""
