"""Checks of the recorder that runs as a service, and of what it hears."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from engine.app.doctor.checks import Finding, Surroundings, Verdict
from engine.app.service import Service, Status, find_service
from engine.app.service.bundle import FORGET_ANSWER
from engine.core.errors import MomentumError

_ALLOW: Final = (
    "Allow 'Acoustic Momentum' (or Terminal, where that starts it) on the screen of this Mac, in System Settings > "
    "Privacy & Security > Microphone, then 'momentum service install' once more. Allowed already, and zeros: first "
    f"'{' '.join(FORGET_ANSWER)}'."
)
_UNMUTE: Final = "Is it muted, switched off, or the wrong one? 'momentum devices' lists what there is."


def looked_at(around: Surroundings) -> list[Path]:
    """The sessions that are being recorded, or else the newest."""
    from engine.session.folder import list_sessions, running_sessions

    root = around.paths.sessions
    return [session.folder for session in running_sessions(root)] or list_sessions(root)[:1]


def overruns(around: Surroundings) -> Iterator[Finding]:
    """Did a session lose sound lately because the machine was too busy?"""
    from engine.session import SessionReader

    folders = looked_at(around)
    for folder in folders:
        try:
            with SessionReader.open(folder) as reader:
                reports = reader.info.reports
        except MomentumError:  # that it can't be read, 'sessions list' says
            continue
        whose = "newest session" if len(folders) == 1 else f"session {folder.name}"
        detail = f"{whose}: sound lost {reports.overruns} times, overloads without loss {reports.overloads}"
        if reports.overruns:
            remedy = "Close what else is running; 'momentum doctor --bench' measures."
            yield Finding("overruns", Verdict.WARNING, detail, remedy)
        else:
            yield Finding("overruns", Verdict.OK, detail)


def service(around: Surroundings, find: Callable[..., Service] = find_service) -> Iterator[Finding]:
    """Is the service, where one is installed, able to start, and does it run?"""
    try:
        found = status_of(around, find)
    except MomentumError as error:
        yield Finding("service", Verdict.NOTE, error.message, error.hint)
        return
    if not found.installed:
        yield Finding("service", Verdict.NOTE, "not installed", "'momentum service install' records at every login.")
    elif not found.program_found:
        detail = f"it starts {found.program}, which is not there"
        yield Finding("service", Verdict.WARNING, detail, "Install it again: 'momentum service install'.")
    elif found.running is False:
        detail = f"installed and not running{f', {found.detail}' if found.detail else ''}"
        log = around.paths.log / "record.log"
        remedy = f"Look at {log} and service.log beside it, then 'momentum service install' starts it again."
        yield Finding("service", Verdict.WARNING, detail, remedy)
    elif found.running is None:
        remedy = "Ask your system's service manager."
        yield Finding("service", Verdict.NOTE, "installed; whether it runs can't be told here", remedy)
    else:
        yield Finding("service", Verdict.OK, "installed and running")


def status_of(around: Surroundings, find: Callable[..., Service] = find_service) -> Status:
    """Where the service stands. Raises ``MomentumError`` on a system without one."""
    home = Path(around.environ.get("HOME") or Path.home())
    return find(around.system, home, os.getuid(), dict(around.environ), around.run).status()


def recorded(around: Surroundings) -> Iterator[Finding]:
    """Do the newest sessions hear anything? Told from their health, so over ssh and without the microphone too."""
    for folder in looked_at(around):
        yield from _heard_in(folder, around)


def _heard_in(newest: Path, around: Surroundings) -> Iterator[Finding]:
    from engine.core.signals import Health
    from engine.session import SessionReader

    with SessionReader.open(newest) as reader:
        states = [change.health for change in reader.health_changes()]
        running = reader.running
    if not states or states[-1] is not Health.SILENT:
        if running:
            state = states[-1].value.replace("_", " ") if states else "starting"
            yield Finding("recorder", Verdict.OK, f"session {newest.name} is being recorded: {state}")
        return
    never = not {Health.LISTENING, Health.CLIPPED, Health.RECOVERING} & set(states)
    runs = "the recorder runs but hears exact zeros" if running else "the last session ended hearing exact zeros"
    if never and around.system == "Darwin":
        # What macOS hands to a program that may not listen, from the first sample on.
        detail = f"{runs} and has never heard anything else (session {newest.name}): microphone permission"
        yield Finding("recorder", Verdict.PROBLEM if running else Verdict.WARNING, detail, _ALLOW)
    else:
        since = " and has never heard anything else" if never else ", after it had heard sound"
        detail = f"{runs}{since} (session {newest.name})"
        yield Finding("recorder", Verdict.WARNING, detail, _UNMUTE)
