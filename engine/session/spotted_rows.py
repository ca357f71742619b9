"""Events that were spotted in a session's recording, in a table of their own."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.core.spotted import Spotted
from engine.session.added_tables import OwnTable, Row, replace_rows, rows_of, unreadable_row


def add_spotted(folder: Path, events: Sequence[Spotted]) -> None:
    """Keep what was spotted, in place of what there was. Raises ``InputError`` where the store can't be written."""
    rows = [(event.t, event.label, event.confidence, json.dumps(dict(event.shares))) for event in events]
    replace_rows(folder, SPOTTED, rows)


def read_spotted(database: sqlite3.Connection) -> list[Spotted]:
    """What was spotted, in the order of time; nothing where there is no such table. Raises ``InputError``."""
    return [spotted_of(row) for row in rows_of(database, SPOTTED)]


def spotted_of(row: Row) -> Spotted:
    """From (t, label, confidence, shares as JSON). Raises ``InputError`` for a damaged row."""
    try:
        t, label, confidence, text = row
        shares = {str(name): float(share) for name, share in json.loads(text).items()}
        if not (isinstance(label, str) and t >= 0 and 0 <= confidence <= 1):
            raise ValueError("no such event")
        return Spotted(float(t), label, float(confidence), shares)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise unreadable_row("a spotted event") from error


SPOTTED: Final = OwnTable("spotted", ("t REAL", "label TEXT", "confidence REAL", "shares TEXT"), spotted_of)
