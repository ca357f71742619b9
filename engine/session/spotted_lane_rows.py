"""How sure each channel was all along the recording, in a table of its own: a row is a minute of one channel.

A minute fits into a page, so that a damaged page costs minutes and no lane. Two lanes of a match take 0.1 MB.
"""

import math
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from engine.core.spotted import Lane
from engine.session.added_tables import OwnTable, Row, replace_rows, rows_of, unreadable_row

_PIECE: Final = 120
"""Values in a row of the table."""
_VALUES: Final = np.dtype("<f4")


def add_lanes(folder: Path, lanes: Sequence[Lane]) -> None:
    """Keep the lanes, in place of what there was. Raises ``InputError`` where the store can't be written."""
    rows = [
        (float(lane.t_s[at]), lane.name, lane.step_s, lane.highest[at : at + _PIECE].astype(_VALUES).tobytes())
        for lane in lanes
        for at in range(0, len(lane.t_s), _PIECE)
    ]
    replace_rows(folder, LANES, rows)


def read_lanes(database: sqlite3.Connection) -> list[Lane]:
    """The lanes in the order in which they were kept; none where there is no such table. Raises ``InputError``."""
    pieces: dict[str, list[Lane]] = {}
    for row in rows_of(database, LANES):
        piece = lane_piece(row)
        pieces.setdefault(piece.name, []).append(piece)
    return [
        Lane(
            name,
            np.concatenate([piece.t_s for piece in of_lane]),
            np.concatenate([piece.highest for piece in of_lane]),
            of_lane[0].step_s,
        )
        for name, of_lane in pieces.items()
    ]


def lane_piece(row: Row) -> Lane:
    """From (t of the first value, name, step in seconds, float32 values). Raises ``InputError`` for a damaged row."""
    try:
        t, name, step_s, held = row
        highest = np.frombuffer(held, _VALUES).astype(np.float32)
        times = isinstance(t, int | float) and isinstance(step_s, int | float) and math.isfinite(t + step_s)
        if not (times and isinstance(name, str) and t >= 0 and step_s > 0 and 0 < len(highest) <= _PIECE):
            raise ValueError("no such piece")
        if not ((highest >= 0) & (highest <= 1)).all():
            raise ValueError("no probabilities")
        return Lane(name, t + np.arange(len(highest)) * step_s, highest, float(step_s))
    except (ValueError, TypeError) as error:
        raise unreadable_row("a channel's curve") from error


LANES: Final = OwnTable("lanes", ("t REAL", "name TEXT", "step_s REAL", "highest BLOB"), lane_piece)
