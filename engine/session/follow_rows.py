"""A session's rows one after the other as they come, each with its number: what followers of all kinds read."""

import sqlite3
from collections.abc import Sequence
from heapq import merge
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from engine.core.errors import InputError
from engine.core.signals import Event
from engine.session.event_rows import event_of, reading_of
from engine.session.schema import EVENT_TABLES, WITH_HEARD, explained, has_fused, has_table, schema_of

READING_COLUMNS: Final = "t, pressure, level_db, peak_db, health, compute_ms"
NO_HEARD: Final = "NULL AS heard"
"""What stands for the column of what was heard in stores that are older than it."""
_NO_FUSED: Final = "NULL AS fused"
OF_COMMENTARY: Final = EVENT_TABLES[1:]


class Position(NamedTuple):
    """How far somebody has read: the numbers of the last reading, of the last other event, and of the last rows of what
    comes of a commentary."""

    reading: int = 0
    event: int = 0
    words: int = 0
    said: int = 0


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


def fused_column(database: sqlite3.Connection) -> str:
    """What to select for what crowd and words say together."""
    return "fused" if has_fused(database) else _NO_FUSED


def tables_of_commentary(database: sqlite3.Connection) -> list[str]:
    """Those that the store has: one from before there was a commentary has none."""
    return [table for table in OF_COMMENTARY if has_table(database, table)]


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
        self._beside = tables_of_commentary(database) if words else []
        columns = f"{READING_COLUMNS}, {heard_column(database)}, {fused_column(database)}"
        self._new_readings = f"SELECT id, {columns}, elapsed_s FROM readings WHERE id > ? ORDER BY id LIMIT ?"
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
        if not (placed and _in_order(readings, self.position.reading) and self._rise(rare)):
            raise unreadable(self._folder)
        if whole:
            self._version = version
        return self._merged(readings, rare)

    def skip_to_end(self) -> None:
        """Let ``new`` begin with what comes after now."""
        last = [
            self._database.execute(f"SELECT ifnull(max(id), 0) FROM {table}").fetchone()[0]
            for table in ("readings", "events", *self._beside)
        ]
        self.go_to(Position(*last))

    def go_to(self, position: Position) -> None:
        """Let ``new`` begin after ``position``."""
        self.position = position
        self._version = -1

    def _look(self, limit: int) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], bool]:
        """New readings, and events of all tables one after the other; and whether these are all."""
        upto: int | None = None
        readings: list[tuple[Any, ...]] = []
        # One transaction, so that an event never shows up without the reading it came after.
        self._database.execute("BEGIN")
        try:
            if self._readings:
                readings = self._database.execute(self._new_readings, (self.position.reading, limit)).fetchall()
                upto = readings[-1][0] if len(readings) == limit else None
            rare = self._database.execute(_NEW_EVENTS, (self.position.event, upto, upto)).fetchall()
            for table, statement in _NEW_BESIDE.items():
                if table in self._beside:
                    found = self._database.execute(statement, (getattr(self.position, table), upto, upto)).fetchall()
                    rare = list(merge(rare, found, key=lambda row: row[1])) if found else rare
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
            rows.append(StoredRow(reading_of(row[1:9]), row[0], self.position, row[9]))
        while next_rare is not None:
            rows.append(self._rare(next_rare))
            next_rare = next(waiting, None)
        return rows

    def _rare(self, row: tuple[Any, ...]) -> StoredRow:
        number, _, kind, body, elapsed_s, table = row
        self.position = self.position._replace(**{table: number})
        return StoredRow(event_of(kind, body), number, self.position, elapsed_s)

    def _rise(self, rare: Sequence[tuple[Any, ...]]) -> bool:
        """Whether in each table the numbers rise."""
        tables = {row[-1] for row in rare}
        return all(
            _in_order([row for row in rare if row[-1] == table], getattr(self.position, table)) for table in tables
        )


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


# Whoever marks a running session from elsewhere has no clock of the recorder's: the reading before has.
_NEW_EVENTS: Final = """SELECT id, after_reading, type, body,
    ifnull(elapsed_s, (SELECT r.elapsed_s FROM readings r WHERE r.id = events.after_reading)), 'event' FROM events
    WHERE id > ? AND (? IS NULL OR after_reading < ?) ORDER BY id"""
_NEW_BESIDE: Final = {
    table: f"""SELECT id, after_reading, type, body, elapsed_s, '{table}' FROM {table}
    WHERE id > ? AND (? IS NULL OR after_reading < ?) ORDER BY id"""
    for table in OF_COMMENTARY
}
