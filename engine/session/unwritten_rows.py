"""The rows of a recorder that its store has not taken yet: in memory, and in a spill while the disk refuses."""

import sqlite3
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.core.errors import MomentumError
from engine.session.event_rows import ReadingRow, table_of
from engine.session.schema import INSERT_EVENT, INSERT_READING
from engine.session.spill import EventRow, Spill

WAITING_READINGS: Final = 40_000
"""About an hour of readings is kept in memory while nothing can be written; a spill holds the earlier ones."""


class Waiting:
    """Rows in order, until ``written``. Used by one thread.

    Args:
        session: its name.
        spills: folders for what the session's own disk does not take.
    """

    def __init__(self, session: str, spills: Sequence[Path]) -> None:
        self.count = 0
        """Readings so far; the number of the newest."""
        self.written_count = 0
        self._session = session
        self._readings: deque[ReadingRow] = deque(maxlen=WAITING_READINGS)
        self._events: list[EventRow] = []
        self._spill = Spill(session, spills)

    def __bool__(self) -> bool:
        return bool(self._readings or self._events)

    def add_reading(self, row: ReadingRow) -> None:
        """The next reading, with its number."""
        self.count = row[0]
        self._readings.append(row)

    def add_event(self, row: EventRow) -> None:
        """The next event."""
        self._events.append(row)

    def insert(self, database: sqlite3.Connection) -> int:
        """Insert all of it in the open transaction. Returns how many readings were lost before. Raises sqlite3's."""
        database.executemany(INSERT_READING, self._readings)
        for table, statement in INSERT_EVENT.items():
            database.executemany(statement, [row for row in self._events if table_of(row[1]) == table])
        first = self._readings[0][0] if self._readings else self.count + 1
        missing = first - self.written_count - 1 if self._readings else 0
        if not missing:
            return 0
        # Memory had no more room for these. Last: a disk that is still full has said so by now, mostly, and the spill
        # need not be read.
        earlier = self._spill.reading_rows(self.written_count + 1, first)
        database.executemany(INSERT_READING, earlier)
        return missing - len(earlier)

    def written(self) -> None:
        """The store has it all."""
        self.written_count = self.count
        self._readings.clear()
        self._events.clear()
        self._spill.drop()

    def spill(self) -> bool:
        """Write down elsewhere what is not there yet; returns whether it all is."""
        return self._spill.keep(self._readings, self._events)

    @property
    def files(self) -> list[Path]:
        """Where it is written down; empty where it is in memory alone."""
        return self._spill.files

    def leave(self, why: str) -> str:
        """The end of the recorder: what the store did not take stays in the spill. Returns a sentence that says so.

        Raises ``MomentumError`` where that does not take it either: how much is lost. ``why`` the store refused.
        """
        kept = self.spill()
        lost = self.count - self.written_count - self._spill.readings
        if lost or not kept:
            what = f"{lost} readings of session {self._session} could not be written and are"
            if not lost:
                what = f"the end of session {self._session} could not be written and is"
            there = f"{self.written_count} readings are kept"
            if self.files:
                there += f", {self._spill.readings} more in {self._named()}"
            raise MomentumError(
                f"{what} lost: {why}; {there}",
                "Make room: 'momentum doctor' says how much there is, 'momentum sessions list' what can be deleted.",
            )
        return (
            f"{self._spill.readings} readings of session {self._session} could not be written ({why}) and wait in "
            f"{self._named()}: 'momentum sessions repair {self._session}' takes them back when there is room"
        )

    def _named(self) -> str:
        return " and ".join(map(str, self.files))
