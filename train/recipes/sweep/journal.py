"""What a sweep keeps on disk: Optuna's journal, which survives a kill, and the lock of the one who writes it."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any, Final

from engine.core.errors import InputError, UsageError
from engine.core.files import open_private
from train.recipes.sweep.optuna_quietly import BaseJournalFileLock, JournalFileBackend, JournalStorage, optuna

_NAME: Final = "sweep"


def locked(folder: Path) -> int:
    """The folder's lock, held while the descriptor is open. Raises ``UsageError`` where another process has it."""
    lock = open_private(folder / ".lock", os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise UsageError(f"another process sweeps in {folder}", "Wait for it, or use another folder.") from None
    return lock


def open_journal(file: Path) -> Any:
    """The study in Optuna's journal. A last line that a kill cut short is taken off, and a lock that it left.

    Raises ``InputError`` where it can't be read.
    """
    os.close(open_private(file, os.O_WRONLY))
    whole = file.read_bytes()
    if not whole.endswith(b"\n"):
        with file.open("r+b") as opened:
            opened.truncate(whole.rfind(b"\n") + 1)
    try:
        storage = JournalStorage(JournalFileBackend(str(file), lock_obj=_NoLock()))
        return optuna.create_study(storage=storage, study_name=_NAME, direction="maximize", load_if_exists=True)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise InputError(f"{file} can't be read: {fault}", "Begin another sweep in another folder.") from fault


class _NoLock(BaseJournalFileLock):
    """The folder's lock is held: nobody else writes the journal."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def read_json(file: Path) -> Any:
    """What a file of the study holds. Raises ``InputError`` where it can't be read."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise InputError(f"{file} can't be read: {fault}", "Begin another sweep in another folder.") from fault
