"""A session's rows one after the other as they come, each with its number: what followers of all kinds read."""

import sqlite3
from heapq import merge
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from engine.core.errors import InputError
from engine.core.signals import Event
from engine.session.event_rows import event_of, reading_of
from engine.session.schema import WITH_HEARD, explained, has_words, schema_of

READING_COLUMNS: Final = "t, pressure, level_db, peak_db, health, compute_ms"
NO_HEARD: Final = "NULL AS heard"
"""What stands for the column of what was heard in stores that are older than it."""


class Position(NamedTuple):
    """How far somebody has read: the numbers of the last reading, of the last other event, and of the last words."""

    reading: int = 0
    event: int = 0
    words: int = 0


class StoredRow(NamedTuple):
    """An event, the number of its row, and where that leaves whoever has read it.

    ``elapsed_s`` is the recorder's clock since the start; None for what another process noted before any reading.
    """

    event: Event
    number: int
    position: Position
    elapsed_s: float | None


def heard_column(database: sqlite3.Connection) -> str:
    """What to select for what was heard, by the store's schema."""
    return "heard" if schema_of(database) >= WITH_HEARD else NO_HEARD


class RowsInOrder:
    """Reads on from a position; readings, and what a commentator said, only where they are wanted. Used by one thread
    at a time.
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        folder: Path,
        after: Position = Position(),
        readings: bool = True,
        words: bool = False,
    ) -> None:
        self._database = database
        self._folder = folder
        self._readings = readings
        self._words = words and has_words(database)
        self._new_readings = _NEW_READINGS.replace("{heard}", heard_column(database))
        self._version = -1
        self.position = after

    def new(self, limit: int) -> list[StoredRow]:
        """Rows since the last call, at most about ``limit``, in the order they were recorded. Costs next to nothing
        where nothing is new. Raises ``InputError`` where the store is damaged or closed.
        """
        with explained(self._folder):
            try:
                version = self._database.execute("PRAGMA data_version").fetchone()[0]
                if version == self._version:
                    return []
                readings, rare, whole = self._look(limit)
            except sqlite3.ProgrammingError as error:
                raise InputError(f"session {self._folder.name} is closed", "open it again") from error
        placed = all(isinstance(row[1], int) for row in rare)
        events, words = [row for row in rare if not row[-1]], [row for row in rare if row[-1]]
        at = self.position
        if not (
            placed and _in_order(readings, at.reading) and _in_order(events, at.event) and _in_order(words, at.words)
        ):
            raise unreadable(self._folder)
        if whole:
            self._version = version
        return self._merged(readings, rare)

    def skip_to_end(self) -> None:
        """Let ``new`` begin with what comes after now."""
        reading, event = self._database.execute(_LAST).fetchone()
        words = self._database.execute(_LAST_WORDS).fetchone()[0] if self._words else 0
        self.go_to(Position(reading, event, words))

    def go_to(self, position: Position) -> None:
        """Let ``new`` begin after ``position``."""
        self.position = position
        self._version = -1

    def _look(self, limit: int) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], bool]:
        """New readings, and events and words one after the other; and whether these are all."""
        upto: int | None = None
        readings: list[tuple[Any, ...]] = []
        # One transaction, so that an event never shows up without the reading it came after.
        self._database.execute("BEGIN")
        try:
            if self._readings:
                readings = self._database.execute(self._new_readings, (self.position.reading, limit)).fetchall()
                upto = readings[-1][0] if len(readings) == limit else None
            rare = self._database.execute(_NEW_EVENTS, (self.position.event, upto, upto)).fetchall()
            if self._words:
                words = self._database.execute(_NEW_WORDS, (self.position.words, upto, upto)).fetchall()
                rare = list(merge(rare, words, key=lambda row: row[1])) if words else rare
        finally:
            self._database.execute("COMMIT")
        return readings, rare, upto is None

    def _merged(self, readings: list[tuple[Any, ...]], rare: list[tuple[Any, ...]]) -> list[StoredRow]:
        rows: list[StoredRow] = []
        waiting = iter(rare)
        next_rare = next(waiting, None)
        for row in readings:
            while next_rare is not None and next_rare[1] < row[0]:
                rows.append(self._rare(next_rare))
                next_rare = next(waiting, None)
            self.position = self.position._replace(reading=row[0])
            rows.append(StoredRow(reading_of(row[1:8]), row[0], self.position, row[8]))
        while next_rare is not None:
            rows.append(self._rare(next_rare))
            next_rare = next(waiting, None)
        return rows

    def _rare(self, row: tuple[Any, ...]) -> StoredRow:
        number, _, kind, body, elapsed_s, of_words = row
        self.position = self.position._replace(**{"words" if of_words else "event": number})
        return StoredRow(event_of(kind, body), number, self.position, elapsed_s)


def unreadable(folder: Path) -> InputError:
    """What is said of a store whose values can't be."""
    return InputError(
        f"the store of session {folder.name} holds values that make no sense",
        f"'momentum sessions repair {folder.name}' saves what is whole",
    )


def _in_order(rows: list[tuple[Any, ...]], seen: int) -> bool:
    """Whether the numbers rise from ``seen`` on, as they do unless the store is damaged."""
    numbers = [seen, *(row[0] for row in rows)]
    return all(a < b for a, b in pairwise(numbers))


_NEW_READINGS: Final = f"""SELECT id, {READING_COLUMNS}, {{heard}}, elapsed_s FROM readings
    WHERE id > ? ORDER BY id LIMIT ?"""
# Whoever marks a running session from elsewhere has no clock of the recorder's: the reading before has.
_NEW_EVENTS: Final = """SELECT id, after_reading, type, body,
    ifnull(elapsed_s, (SELECT r.elapsed_s FROM readings r WHERE r.id = events.after_reading)), 0 FROM events
    WHERE id > ? AND (? IS NULL OR after_reading < ?) ORDER BY id"""
_NEW_WORDS: Final = """SELECT id, after_reading, type, body, elapsed_s, 1 FROM words
    WHERE id > ? AND (? IS NULL OR after_reading < ?) ORDER BY id"""
_LAST_WORDS: Final = "SELECT ifnull(max(id), 0) FROM words"
_LAST: Final = """SELECT (SELECT ifnull(max(id), 0) FROM readings), (SELECT ifnull(max(id), 0) FROM events)"""
