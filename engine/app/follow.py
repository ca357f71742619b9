"""Following a running session line by line."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.core.errors import InputError, MomentumError
from engine.core.run_protocols import ReadingSink, Stop
from engine.core.signals import End, Health, HealthChange, Reading
from engine.session import SessionReader, find_session
from engine.session.folder import running_sessions
from engine.session.state import KILLED

LOOK_EVERY_S: Final = 0.08
DUMB_AFTER_S: Final = 3.0
"""A recorder that lives and has done nothing for this long is told about: the number would be stale."""


def running_session(root: Path, name: str | None) -> Path:
    """The folder of a session that is being recorded: by its venue, its name or the start of it, or else the newest.

    Raises ``InputError`` where there is none.
    """
    running = [session.folder for session in running_sessions(root)]
    for folder in running if name else []:
        if venue_of(folder) == name:
            return folder
    if name is None:
        if not running:
            raise InputError("nothing is being recorded on this machine", "'momentum live' or 'momentum record' does.")
        return running[0]
    folder = find_session(root, name)
    if folder not in running:
        raise InputError(f"session {folder.name} is not running", f"'momentum replay {folder.name}' shows it.")
    return folder


def venue_of(folder: Path) -> str:
    """Where a session is heard; empty where nobody named that, or the session can't be read."""
    try:
        with SessionReader.open(folder) as reader:
            return reader.info.venue
    except MomentumError:
        return ""


def others_running(root: Path, folder: Path) -> list[str]:
    """What else is being recorded, each as ``watch`` takes it: by venue, or by name."""
    others = [session.folder for session in running_sessions(root) if session.folder != folder]
    return [venue_of(other) or other.name for other in others]


def follow(
    reader: SessionReader,
    sink: ReadingSink,
    stop: Stop,
    *,
    from_start: bool,
    wait: Callable[[float], None] = time.sleep,
) -> str:
    """Hand every event to ``sink`` until the session ends or ``stop`` is asked for; returns the reason.

    Without ``from_start`` only the first line of the session and its present state come before what is new.
    Raises ``MomentumError`` where the recorder was killed.
    """
    heard_s, health = 0.0, Health.WARMING_UP
    if not from_start:
        info, changes = reader.info, reader.health_changes()
        reader.skip_to_end()
        if info.start is not None:
            sink.write(info.start)
        if changes:
            sink.write(changes[-1])
            health = changes[-1].health
        sink.flush()
        heard_s = info.heard_s
    dumb = False
    told: list[str] = []
    while stop.reason is None:
        # Asked first: what a recorder wrote before its end is there when it is gone.
        running = reader.running
        events = reader.poll()
        for event in events:
            sink.write(event)
            if isinstance(event, Reading):
                heard_s, health = event.t, event.health
            if isinstance(event, End):
                sink.flush()
                return "ended"
        if not running and not events:
            sink.write(End(heard_s, KILLED, "the recorder ended without a word"))
            sink.flush()
            raise MomentumError(
                f"the recorder of session {reader.name} is gone: it was killed, or the power of its machine went",
                "what it heard is kept; the next 'momentum record' puts it in order",
            )
        not_kept = reader.not_kept.lines() if running else []
        for line in not_kept:
            # The recorder's own word on it is what can't be written.
            if line not in told:
                sink.write(HealthChange(heard_s, health, line))
        told = not_kept
        age_s = reader.heartbeat_age_s
        if age_s >= DUMB_AFTER_S and not dumb:
            sink.write(HealthChange(heard_s, Health.STALLED, f"the recorder has not moved for {age_s:.0f} s"))
        elif dumb and age_s < DUMB_AFTER_S:
            sink.write(HealthChange(heard_s, Health.RECOVERING, "the recorder moves again"))
        dumb = age_s >= DUMB_AFTER_S
        sink.flush()
        wait(LOOK_EVERY_S)
    return stop.reason
