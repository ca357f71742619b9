"""Checks of the machine: folders, disk, clock, terminal."""

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.app.doctor.checks import Finding, Surroundings, Verdict
from engine.app.supported_machine import fault_of, read_machine

_MEGABYTE: Final = 1_000_000
_MATCH_MB: Final = 250
"""One match with its sound: about 60 MB of readings at most, and two hours of FLAC."""
_ROOMY_MB: Final = 2000
_MADE_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""No match is played before the program was made: an earlier clock is wrong."""
_SMALLEST: Final = (40, 10)
_COMFORTABLE: Final = (80, 24)
_ANSWER_S: Final = 5.0
_SET_CLOCK: Final = {"Darwin": "System Settings > General > Date & Time sets it from the network."}


def machine(around: Surroundings) -> Iterator[Finding]:
    """Are there packages for this machine?"""
    fault = fault_of(read_machine())
    if fault:
        yield Finding("machine", Verdict.PROBLEM, *fault)


def folders(around: Surroundings) -> Iterator[Finding]:
    """Can we write where we must, and can others read it?"""
    for name, folder in (
        ("data", around.paths.data),
        ("config", around.paths.config),
        ("cache", around.paths.cache),
        ("log", around.paths.log),
    ):
        what = f"{name} folder"
        nearest = _nearest_existing(folder)
        if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
            verdict = Verdict.PROBLEM if name == "data" else Verdict.WARNING
            yield Finding(what, verdict, f"{nearest} can't be written", _chown(nearest))
        elif nearest == folder and (open_mode := folder.stat().st_mode & 0o077):
            yield Finding(what, Verdict.WARNING, f"others may look into {folder} ({open_mode:03o})", _chmod(folder))
        else:
            yield Finding(what, Verdict.OK, str(folder) if nearest == folder else f"{folder} (made when needed)")
    file = around.paths.config_file
    if file.exists() and file.stat().st_mode & 0o077:
        yield Finding("config file", Verdict.WARNING, f"others may read {file}", f"chmod 600 '{file}'")


def disk(around: Surroundings) -> Iterator[Finding]:
    """Is there room for the session and its sound?"""
    free_mb = around.free_bytes(_nearest_existing(around.paths.data)) // _MEGABYTE
    detail = f"{free_mb:,} MB free; a match with its sound takes up to {_MATCH_MB} MB"
    remedy = "Delete old sessions: 'momentum sessions list', 'momentum sessions delete'."
    if free_mb < _MATCH_MB:
        yield Finding("disk", Verdict.PROBLEM, detail, remedy)
    elif free_mb < _ROOMY_MB:
        yield Finding("disk", Verdict.WARNING, detail, remedy)
    else:
        yield Finding("disk", Verdict.OK, detail)


def clock(around: Surroundings) -> Iterator[Finding]:
    """Will a session say the right time? The index itself does not need the clock."""
    now = around.now()
    detail = f"{now:%Y-%m-%d %H:%M} UTC"
    if now < _MADE_AT:
        yield Finding("clock", Verdict.WARNING, f"{detail} is in the past", "Set the date, or let the network set it.")
        return
    match _set_from_network(around):
        case True:
            yield Finding("clock", Verdict.OK, f"{detail}, set from the network")
        case False:
            yield Finding(
                "clock",
                Verdict.WARNING,
                f"{detail}, not set from the network",
                "Run: timedatectl set-ntp true",
            )
        case None:
            yield Finding(
                "clock",
                Verdict.NOTE,
                f"{detail}; whether the network sets it can't be told here",
                _SET_CLOCK.get(around.system, "Compare it with a clock that you trust."),
            )


def terminal(around: Surroundings) -> Iterator[Finding]:
    """Can the monitor be drawn?"""
    shown = around.terminal
    if shown is None:
        yield Finding("terminal", Verdict.NOTE, "the output is no terminal", "'live' will print JSON lines.")
        return
    size = (shown.columns, shown.rows)
    detail = f"{shown.columns}x{shown.rows}, {around.environ.get('TERM', 'TERM is not set')}, {shown.encoding}"
    if around.environ.get("TERM", "dumb") == "dumb":
        yield Finding("terminal", Verdict.WARNING, detail, "It can't draw: 'live' prints plain lines instead.")
    elif size[0] < _SMALLEST[0] or size[1] < _SMALLEST[1]:
        smallest = "x".join(map(str, _SMALLEST))
        yield Finding("terminal", Verdict.WARNING, detail, f"Enlarge it: the monitor needs {smallest}.")
    elif shown.encoding.lower().replace("-", "") != "utf8":
        yield Finding("terminal", Verdict.WARNING, detail, "Set LANG to a UTF-8 locale, such as C.UTF-8.")
    elif size[0] < _COMFORTABLE[0] or size[1] < _COMFORTABLE[1]:
        comfortable = "x".join(map(str, _COMFORTABLE))
        yield Finding("terminal", Verdict.NOTE, detail, f"From {comfortable} on, the monitor shows all it has.")
    else:
        yield Finding("terminal", Verdict.OK, detail)


def _set_from_network(around: Surroundings) -> bool | None:
    program = around.find_program("timedatectl")
    if program is None:
        return None
    command = [program, "show", "--property=NTPSynchronized", "--value"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_S).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):  # it is there but does not work, as in many containers
        return None
    return {"yes": True, "no": False}.get(answer)


def _nearest_existing(folder: Path) -> Path:
    return next(candidate for candidate in (folder, *folder.parents) if candidate.exists())


def _chown(folder: Path) -> str:
    return f"Make it yours, or set MOMENTUM_HOME to a folder that is: sudo chown -R \"$USER\" '{folder}'"


def _chmod(folder: Path) -> str:
    return f"chmod 700 '{folder}'"
