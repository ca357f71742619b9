"""Checks of the recorder that runs as a service."""

import os
from collections.abc import Iterator
from pathlib import Path

from engine.errors import MomentumError
from tui.doctor.checks import Finding, Surroundings, Verdict
from tui.service import Service, Status


def overruns(around: Surroundings) -> Iterator[Finding]:
    """Did the newest session lose sound because the machine was too busy?"""
    from engine.session import SessionReader
    from engine.session.folder import list_sessions

    for folder in list_sessions(around.paths.sessions)[:1]:
        try:
            with SessionReader.open(folder) as reader:
                reports = reader.info.reports
        except MomentumError:  # that it can't be read, 'sessions list' says
            return
        detail = f"newest session: sound lost {reports.overruns} times, overloads without loss {reports.overloads}"
        if reports.overruns:
            remedy = "Close what else is running; 'momentum doctor --bench' measures."
            yield Finding("overruns", Verdict.WARNING, detail, remedy)
        else:
            yield Finding("overruns", Verdict.OK, detail)


def service(around: Surroundings, ask: "type[Service]" = Service) -> Iterator[Finding]:
    """Is the service, where one is installed, able to start, and does it run?"""
    home = Path(around.environ.get("HOME") or Path.home())
    try:
        found: Status = ask(around.system, home, os.getuid(), dict(around.environ)).status()
    except MomentumError as error:
        yield Finding("service", Verdict.NOTE, error.message, error.hint)
        return
    if not found.installed:
        yield Finding("service", Verdict.NOTE, "not installed", "'momentum service install' records at every login.")
    elif not found.program_found:
        detail = f"it starts {found.program}, which is not there"
        yield Finding("service", Verdict.WARNING, detail, "Install it again: 'momentum service install'.")
    elif found.running is False:
        remedy = "Look at its log, then 'momentum service install' starts it again."
        yield Finding("service", Verdict.WARNING, "installed and not running", remedy)
    elif found.running is None:
        remedy = "Ask your system's service manager."
        yield Finding("service", Verdict.NOTE, "installed; whether it runs can't be told here", remedy)
    else:
        yield Finding("service", Verdict.OK, "installed and running")
