"""Where sessions lie and what they are called."""

import os
import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.core.errors import InputError, UsageError
from engine.core.files import PRIVATE_FOLDER, private_folder
from engine.session.file_lock import Holder, holder_of, is_held
from engine.session.session_journal import ranks

DATABASE = "session.db"
LOCK = "recorder.lock"
SOUND = "sound"
DEVICES = ".devices"

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
_GIVEN_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class RunningSession:
    """A session that a living process records."""

    folder: Path
    holder: Holder | None


def check_name(name: str) -> str:
    """Return ``name`` if it can be a session's: letters, digits, ``-`` and ``_``. Raises ``UsageError``."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:80]!r} is not the name of a session",
            "names look like 20261120T150000Z-4f2a9c; 'momentum sessions list' shows them",
        )
    return name


def new_folder(root: Path, started_at: datetime, token: Callable[[], str] = lambda: secrets.token_hex(3)) -> Path:
    """Make the folder of a new session under ``root``, named by its start and a short random part."""
    private_folder(root)
    stamp = started_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    for _ in range(100):
        folder = root / check_name(f"{stamp}-{token()}")
        try:
            folder.mkdir(mode=PRIVATE_FOLDER)
        except FileExistsError:
            continue
        return folder
    raise InputError(f"no free name for a session in {root}", "look what fills that folder")


def list_sessions(root: Path) -> list[Path]:
    """The sessions under ``root``, the one that began or ended last first; those that are not written down, by name.

    One whose database is gone is among them: it can be repaired or deleted. A link is not followed: it may lead
    anywhere.
    """
    if not root.is_dir():
        return []
    with os.scandir(root) as entries:
        names = [e.name for e in entries if _NAME.fullmatch(e.name) and e.is_dir(follow_symlinks=False)]
    rank = ranks(root)
    names.sort(key=lambda name: (rank.get(name, -1), name), reverse=True)
    return [root / name for name in names if _is_session(root / name)]


def running_sessions(root: Path) -> list[RunningSession]:
    """Those that are being recorded now, newest first."""
    return [RunningSession(f, holder_of(f / LOCK)) for f in list_sessions(root) if is_held(f / LOCK)]


def find_session(root: Path, name: str) -> Path:
    """The folder of the session ``name``; the start of a name will do where it fits one session only.

    ``latest`` is one that runs, or else the last that ended, by ``order`` and not by the clock. Raises ``UsageError``
    for what can't be a name, ``InputError`` where there is none.
    """
    sessions = list_sessions(root)
    if name == "latest" and sessions:
        whole = [session for session in sessions if (session / DATABASE).is_file()]
        running = [session for session in whole if is_held(session / LOCK)]
        return (running or whole or sessions)[0]
    check_name(name)
    fitting = [s for s in sessions if s.name == name] or [s for s in sessions if s.name.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"{len(fitting)} sessions begin with {name!r}", "give more of its name")
    raise InputError(f"there is no session {name!r}", "'momentum sessions list' shows what is there")


def _is_session(folder: Path) -> bool:
    if (folder / DATABASE).is_file():
        return True
    left = (folder / name for name in (LOCK, SOUND, DATABASE + "-wal"))
    mine = _GIVEN_NAME.fullmatch(folder.name) is not None or any(path.exists() for path in left)
    # One that is being made has no database for a moment.
    return mine and not is_held(folder / LOCK)


def delete_session(folder: Path) -> None:
    """Remove a session and its sound. Raises ``InputError`` while it is recorded, ``OSError`` where it can't be."""
    if is_held(folder / LOCK):
        raise InputError(f"session {folder.name} is being recorded", "end its recorder first")
    # Out of the list at once, so that a deletion cut short leaves no half a session.
    going = folder.with_name(f".deleting-{folder.name}")
    folder.rename(going)
    shutil.rmtree(going)
