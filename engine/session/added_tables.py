"""Tables of their own, for what is added to a session after it was recorded.

They are made when there is something to keep; a session without any has no such table, and programs from before there
was one do not look into it. So they make no other schema number.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import InputError
from engine.session.schema import explained, open_to_write

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class OwnTable:
    """The table ``name`` with ``columns`` beside its id, as SQL declares them. ``check`` raises ``InputError`` for a
    row, without its id, that it can't hold, and for those of other tables."""

    name: str
    columns: tuple[str, ...]
    check: Callable[[Row], object]

    @property
    def names(self) -> str:
        """Of the columns, as a list in SQL."""
        return ", ".join(column.partition(" ")[0] for column in self.columns)


def replace_rows(folder: Path, table: OwnTable, rows: Iterable[Row]) -> None:
    """Keep ``rows`` in place of what there was. Raises ``InputError`` where the store can't be written."""
    database = open_to_write(folder)
    columns = ", ".join(f"{column} NOT NULL" for column in table.columns)
    places = ",".join("?" * len(table.columns))
    try:
        with explained(folder):
            database.execute("BEGIN IMMEDIATE")
            database.execute(f"CREATE TABLE IF NOT EXISTS {table.name} (id INTEGER PRIMARY KEY, {columns})")
            database.execute(f"DELETE FROM {table.name}")
            database.executemany(f"INSERT INTO {table.name} ({table.names}) VALUES ({places})", rows)
            database.execute("COMMIT")
    finally:
        database.close()


def rows_of(database: sqlite3.Connection, table: OwnTable) -> list[Row]:
    """All rows without their ids, in the order of time; nothing where there is no such table."""
    named = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    if database.execute(named, (table.name,)).fetchone() is None:
        return []
    return database.execute(f"SELECT {table.names} FROM {table.name} ORDER BY t, id").fetchall()


def own_table_of(row: Row, tables: Iterable[OwnTable]) -> OwnTable | None:
    """The first of ``tables`` that can hold ``row``, a row without its id, if any."""
    for table in tables:
        try:
            table.check(row)
        except InputError:
            continue
        return table
    return None


def unreadable_row(what: str) -> InputError:
    """For a row that is damaged."""
    return InputError(f"the session holds {what} that can't be read", "'momentum sessions repair' saves what is whole")
