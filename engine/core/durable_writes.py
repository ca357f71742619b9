"""Waiting until what was written is on the disk itself, so that a power cut does not take it away.

On macOS ``fsync`` hands the data to the drive, which may keep it in its cache for seconds and write it in another
order; only ``F_FULLFSYNC`` empties that cache (fsync(2), fcntl(2) of macOS). Python's ``os.fsync`` does not ask for it.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

FULL_SYNC: Final[int | None] = getattr(fcntl, "F_FULLFSYNC", None)
"""The command that empties the drive's cache; None where ``fsync`` does."""


def sync(descriptor: int) -> None:
    """Wait until all that was written to ``descriptor`` is on the disk. Raises ``OSError`` where the disk refuses."""
    if FULL_SYNC is not None:
        # Network drives and some file systems have no such command, and say so in different ways.
        with suppress(OSError):
            fcntl.fcntl(descriptor, FULL_SYNC)
            return
    os.fsync(descriptor)


def empty_drive_cache(path: Path) -> None:
    """Have the drive write down what it was handed, where that is a step of its own; ``path`` is any file on it.

    For what SQLite has handed over: the one that comes with macOS understands ``PRAGMA fullfsync`` as a mere barrier.
    """
    if FULL_SYNC is None:
        return
    # SQLite has waited as well as it could; a drive that has no such command has nothing better to offer.
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.fcntl(descriptor, FULL_SYNC)
        finally:
            os.close(descriptor)
