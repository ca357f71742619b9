"""Rows that a session's own disk does not take are written elsewhere, and taken back when there is room.

A spill is a file of JSON Lines named by its session: first what it is, then a reading or an event a line, as the rows
of the store. It may be written in portions, and those in several folders, each when the one before is full as well.
"""

import json
import os
import sqlite3
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from engine.core.errors import InputError
from engine.core.files import open_private, private_folder
from engine.core.paths import APP, Paths
from engine.session.event_rows import ReadingRow, event_of, reading_of, table_of
from engine.session.schema import EVENT_TABLES, HEALTH_CODES, INSERT_READING, complete, explained, open_to_write

EventRow = tuple[int, str, float | None, str]

_SUFFIX: Final = ".spill"
_READING: Final = "reading"
_EVENT: Final = "event"
_READING_VALUES: Final = 10
_FEWEST: Final = 8
"""What a reading had before there were tags and commentaries: such a spill may still wait."""
_TAKE_READING: Final = INSERT_READING.replace("INSERT", "INSERT OR IGNORE", 1)
_TAKE_EVENT: Final = {
    table: f"""INSERT INTO {table} (after_reading, type, elapsed_s, body) SELECT :after, :type, :elapsed, :body
    WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE after_reading = :after AND type = :type AND body = :body)"""
    for table in EVENT_TABLES
}
"""A taking back that was cut short may be done again: what is there already stays as it is."""


def spill_folders(paths: Paths, temporary: Path) -> tuple[Path, ...]:
    """Where spills go and are looked for, in this order: they may lie on a disk that is not full.

    ``temporary`` is the folder that the system has for such files; it may not outlast a restart, so it comes last.
    """
    return paths.cache / "spill", paths.log / "spill", temporary / f"{APP}-{os.getuid()}"


class Spill:
    """The rows of one session that wait outside its store. Used by one thread."""

    def __init__(self, session: str, folders: Sequence[Path]) -> None:
        self._session = session
        self._folders = folders
        self._upto = 0
        self._events = 0
        self.readings = 0
        """How many readings are in it."""
        self.files: list[Path] = []
        """Where it lies; empty where nothing is in it."""

    def keep(self, readings: deque[ReadingRow], events: Sequence[EventRow]) -> bool:
        """Add those rows that it does not hold yet: numbers rise. Returns whether it holds all of them now."""
        known = self._upto - readings[0][0] + 1 if readings else 0
        new_readings = list(islice(readings, max(0, known), None))
        new_events = events[self._events :]
        if not new_readings and not new_events:
            return True
        rows = [[_READING, *row] for row in new_readings] + [[_EVENT, *row] for row in new_events]
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        for folder in self._folders:
            file = folder / (self._session + _SUFFIX)
            try:
                _append(_own_folder(folder) / file.name, self._session, data)
            except OSError:
                continue
            if file not in self.files:
                self.files.append(file)
            self.readings += len(new_readings)
            self._upto = new_readings[-1][0] if new_readings else self._upto
            self._events = len(events)
            return True
        return False

    def reading_rows(self, first: int, stop: int) -> list[ReadingRow]:
        """Its readings numbered ``first`` to ``stop`` - 1, as far as they can be read."""
        rows = [row for file in self.files for kind, row in _rows(file) if kind == _READING]
        return [row for row in rows if first <= row[0] < stop]

    def drop(self) -> None:
        """Forget what it holds: the store has it."""
        for file in self.files:
            file.unlink(missing_ok=True)
        self.files = []
        self._events = self.readings = 0


def find_spills(session: str, folders: Sequence[Path]) -> list[Path]:
    """The spills of a session that lie in ``folders``; what is not this user's own is left alone."""
    files = [folder / (session + _SUFFIX) for folder in folders]
    return [file for file in files if _is_own(file.parent, stat.S_ISDIR) and _is_own(file, stat.S_ISREG)]


def take_back(folder: Path, folders: Sequence[Path]) -> int:
    """Write what waits of the session in ``folder`` into its store; returns how many readings that were.

    The spills are gone then. Raises ``InputError`` where the store does not take it; they stay then.
    """
    files = find_spills(folder.name, folders)
    if not files:
        return 0
    database = open_to_write(folder)
    try:
        with explained(folder):
            complete(database)
            before = _count(database)
            database.execute("PRAGMA synchronous=FULL")
            database.execute("BEGIN IMMEDIATE")
            for kind, row in (found for file in files for found in _rows(file)):
                if kind == _READING:
                    database.execute(_TAKE_READING, row)
                else:
                    take = _TAKE_EVENT[table_of(row[1])]
                    database.execute(take, dict(zip(("after", "type", "elapsed", "body"), row, strict=True)))
            database.execute("COMMIT")
            taken = _count(database) - before
    finally:
        database.close()
    for file in files:
        file.unlink(missing_ok=True)
    return taken


def _count(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM readings").fetchone()[0])


def _append(file: Path, session: str, data: bytes) -> None:
    """All of ``data`` at the end of ``file``, on its disk, or nothing. Raises ``OSError``."""
    descriptor = open_private(file, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
    before = os.fstat(descriptor).st_size
    try:
        head = b"" if before else (json.dumps(["spill_of", session]) + "\n").encode()
        left = memoryview(head + data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, before)
        if not before:
            file.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _own_folder(folder: Path) -> Path:
    """Make ``folder``, or find it this user's alone: the temporary folder is everybody's. Raises ``OSError``."""
    private_folder(folder)
    if not _is_own(folder, stat.S_ISDIR):
        raise PermissionError(f"{folder} is not this user's own")
    return folder


def _is_own(path: Path, kind: Any) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return kind(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _rows(file: Path) -> Iterator[tuple[str, Any]]:
    """(kind, row) of each line that makes sense; the last may be cut off."""
    with file.open("rb") as lines:
        for line in lines:
            try:
                kind, *values = json.loads(line)
                if kind == _READING and len(values) >= _FEWEST:
                    values += [None] * (_READING_VALUES - len(values))
                if kind == _READING and len(values) == _READING_VALUES and isinstance(values[0], int):
                    # SQLite and JSON agree on numbers; what is none is refused here as it is in the store.
                    reading_of((*values[1:7], *values[8:]))
                    if 0 <= values[5] < len(HEALTH_CODES):
                        yield _READING, tuple(values)
                elif kind == _EVENT:
                    after, name, elapsed_s, body = values
                    event_of(name, body)
                    yield _EVENT, (int(after), name, elapsed_s, body)
            except (ValueError, TypeError, InputError):
                continue
