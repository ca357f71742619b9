"""Events that were spotted in a session's recording, in a table of their own.

They are added once, when the recording has been gone through; a session without any has no such table, and programs
from before there was one do not look into it. So it makes no other schema number.
"""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from engine.core.errors import InputError
from engine.core.spotted import Spotted
from engine.session.schema import explained, open_to_write

TABLE: Final = """CREATE TABLE IF NOT EXISTS spotted (
    id INTEGER PRIMARY KEY, t REAL NOT NULL, label TEXT NOT NULL, confidence REAL NOT NULL, shares TEXT NOT NULL)"""
INSERT: Final = "INSERT INTO spotted (t, label, confidence, shares) VALUES (?,?,?,?)"


def add_spotted(folder: Path, events: Sequence[Spotted]) -> None:
    """Keep what was spotted, in place of what there was. Raises ``InputError`` where the store can't be written."""
    rows = [(event.t, event.label, event.confidence, json.dumps(dict(event.shares))) for event in events]
    database = open_to_write(folder)
    try:
        with explained(folder):
            database.execute("BEGIN IMMEDIATE")
            database.execute(TABLE)
            database.execute("DELETE FROM spotted")
            database.executemany(INSERT, rows)
            database.execute("COMMIT")
    finally:
        database.close()


def read_spotted(database: sqlite3.Connection) -> list[Spotted]:
    """What was spotted, in the order of time; nothing where there is no such table. Raises ``InputError``."""
    there = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'spotted'").fetchone()
    rows = database.execute("SELECT t, label, confidence, shares FROM spotted ORDER BY t, id") if there else ()
    return [spotted_of(row) for row in rows]


def spotted_of(row: Sequence[Any]) -> Spotted:
    """From (t, label, confidence, shares as JSON). Raises ``InputError`` for a damaged row."""
    try:
        t, label, confidence, text = row
        shares = {str(name): float(share) for name, share in json.loads(text).items()}
        if not (isinstance(label, str) and t >= 0 and 0 <= confidence <= 1):
            raise ValueError("no such event")
        return Spotted(float(t), label, float(confidence), shares)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            "the session holds a spotted event that can't be read", "'momentum sessions repair' saves what is whole"
        ) from error
