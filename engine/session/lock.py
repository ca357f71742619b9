"""A file that a living process holds, and that says who it is.

The kernel lets go of the lock when the process ends in whatever way, so that a left-over file never blocks anybody.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

PRIVATE_FILE = 0o600
_LONGEST_NOTE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds it: the process, since when (UTC, ISO 8601), and for what."""

    pid: int
    since_at: str
    source: str
    session: str


class HeldLock:
    """The lock at ``path``, held from ``take`` until ``release`` or the end of the process."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path, holder: Holder) -> "HeldLock | None":
        """Hold ``path``; None where another process does. Raises ``OSError`` where the file can't be made."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        lock = cls(path, descriptor)
        lock.describe(holder)
        return lock

    def __enter__(self) -> "HeldLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def describe(self, holder: Holder) -> None:
        """Say in the file who holds it, and for what."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps(asdict(holder)).encode(), 0)

    def beat(self) -> None:
        """Show readers a sign of life: the file's time changes, without a byte of disk."""
        if self._descriptor is not None:
            os.utime(self._descriptor)

    def release(self) -> None:
        """Let go; harmless when done twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_held(path: Path) -> bool:
    """Whether a living process holds ``path``."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def holder_of(path: Path) -> Holder | None:
    """What the file says about its holder; None where nothing holds it or its note can't be read."""
    if not is_held(path):
        return None
    try:
        with path.open("rb") as file:
            note = json.loads(file.read(_LONGEST_NOTE_BYTES))
        return Holder(int(note["pid"]), str(note["since_at"]), str(note["source"]), str(note["session"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
