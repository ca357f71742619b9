"""What a check finds, and the run of all of them."""

import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, Protocol

from engine.app.service.system_commands import Run, run_command
from engine.core.errors import MomentumError, UsageError
from engine.core.paths import Paths
from engine.core.settings import Loaded, Settings, load_settings


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"

    @property
    def stops(self) -> bool:
        """Whether it would stop the listening."""
        return self is Verdict.PROBLEM


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; everything but ``OK`` has a remedy."""

    what: str
    verdict: Verdict
    detail: str
    remedy: str = ""


class ReadSettings(Protocol):
    """Reads the settings as ``load_settings`` does; whoever knows more of a setting checks more.

    Raises ``UsageError``.
    """

    def __call__(self, file: Path, environ: Mapping[str, str]) -> Loaded: ...


class Terminal(NamedTuple):
    """The terminal at stdout: its size in cells, and the encoding of what is written to it."""

    columns: int
    rows: int
    encoding: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the checks look at; the tests hand in their own."""

    environ: Mapping[str, str]
    paths: Paths
    settings: Settings
    system: str = field(default_factory=platform.system)
    terminal: Terminal | None = None
    listen_s: float = 0.0
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    stopwatch: Callable[[], float] = perf_counter
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    find_program: Callable[[str], str | None] = shutil.which
    run: Run = run_command
    read: ReadSettings = load_settings
    """How the settings are read, with all the checks that the whole program makes of them."""


Check = Callable[[Surroundings], Iterable[Finding]]


def this_terminal() -> Terminal | None:
    """The terminal at stdout, None where that is something else."""
    if not sys.stdout.isatty():
        return None
    size = shutil.get_terminal_size()
    return Terminal(size.columns, size.lines, sys.stdout.encoding)


def read_settings(
    paths: Paths, environ: Mapping[str, str], read: ReadSettings = load_settings
) -> tuple[Settings, list[Finding]]:
    """The settings and what there is to say of them; the defaults where they can't be read."""
    try:
        loaded = read(paths.config_file, environ)
    except UsageError as error:
        return Settings(), [Finding("settings", Verdict.PROBLEM, error.message, error.hint)]
    changed = sum(source != "default" for source in loaded.set_by.values())
    return loaded.settings, [Finding("settings", Verdict.OK, f"{changed} set; 'momentum config show' lists them")]


def examine(checks: Mapping[str, Check], surroundings: Surroundings) -> Iterator[Finding]:
    """Run every check in turn; a fault that a check meets is a problem, named as the check is."""
    for name, check in checks.items():
        try:
            yield from check(surroundings)
        except MomentumError as error:
            yield Finding(name, Verdict.PROBLEM, error.message, error.hint)


def would_stop(findings: Iterable[Finding]) -> bool:
    """Whether one of them would stop the listening."""
    return any(finding.verdict.stops for finding in findings)
