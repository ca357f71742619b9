"""A file that a living process holds, and that says who it is.

The kernel lets go of the lock when the process ends in whatever way, so that a left-over file never blocks anybody.
"""

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from engine.core.files import open_private
from engine.session.recording_problems import NotKept


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds it: the process, since when (UTC, ISO 8601), and for what; of a recorder also what it can't keep."""

    pid: int
    since_at: str
    source: str
    session: str
    not_kept: NotKept = field(default_factory=NotKept)


_NOTE_BYTES = 1024
"""Every note takes this much, so that a full disk does not keep a later one from taking the place of the first."""
_LONGEST_NOTE_BYTES = 4096
_LONGEST_REASON = 200


class HeldLock:
    """The lock at ``path``, held from ``take`` until ``release`` or the end of the process."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor
        self._holder: Holder | None = None

    @classmethod
    def take(cls, path: Path, holder: Holder) -> "HeldLock | None":
        """Hold ``path``; None where another process does. Raises ``OSError`` where the file can't be made."""
        descriptor = open_private(path, os.O_RDWR | os.O_NOFOLLOW)
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
        self._holder = holder
        if self._descriptor is not None:
            note = json.dumps(asdict(holder)).encode().ljust(_NOTE_BYTES)
            os.pwrite(self._descriptor, note, 0)
            os.ftruncate(self._descriptor, len(note))

    def tell(self, not_kept: NotKept) -> None:
        """Say in the file what the holder can't keep: whoever looks at its session sees that."""
        if self._holder is not None:
            # Over the note before, which needs no room; a disk that gives none even so must not end the recording.
            with suppress(OSError):
                self.describe(replace(self._holder, not_kept=not_kept))

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
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
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
        told = dict(note.get("not_kept") or {})
        reasons = {name: str(told.get(name, ""))[:_LONGEST_REASON] for name in ("readings", "sound")}
        who = int(note["pid"]), str(note["since_at"]), str(note["source"]), str(note["session"])
        return Holder(*who, NotKept(**reasons))
    except (OSError, ValueError, KeyError, TypeError):
        return None
