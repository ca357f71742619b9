"""How sure the channels were that something was to be spotted: one row each of the graph, on its axis of time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.core.spotted import FUSED, Lane
from engine.core.text import plain
from tui.monitor.feed import Floats
from tui.monitor.glyphs import Glyphs
from tui.monitor.history import highest_in_columns
from tui.monitor.visible_stretch import View
from tui.monitor.widgets.bars import bar_pieces, bar_rows
from tui.monitor.widgets.paint import Line, Piece, fit


class LaneColumns(NamedTuple):
    """A lane as it is drawn: the highest value of each column, NaN where there is none."""

    name: str
    columns: Floats


def lane_columns(lane: Lane, view: View, width: int) -> LaneColumns:
    """Cut the lane to the ``width`` columns of ``view``. Columns narrower than its steps show what still holds."""
    first, until_s = view.first_column(width), view.end_s
    columns = highest_in_columns(lane.t_s, lane.highest, first, width, view.column_s, until_s)
    starts = np.arange(first, first + width) * view.column_s
    before = np.searchsorted(lane.t_s, starts, side="right") - 1
    held = np.isnan(columns) & (before >= 0) & (starts <= until_s)
    held[held] = starts[held] - lane.t_s[before[held]] < lane.step_s
    columns[held] = lane.highest[before[held]]
    return LaneColumns(lane.name, columns)


def shown_lanes(lanes: Sequence[LaneColumns], rows: int) -> list[LaneColumns]:
    """Those that a picture of ``rows`` rows has room for beside its bars: all channels together before each of them,
    which stands above.

    The bars keep two thirds of the rows, and no less than four.
    """
    room = max(min(rows // 3, rows - 4), 0)
    by_weight = sorted(lanes, key=lambda lane: lane.name != FUSED)[:room]
    return sorted(by_weight, key=lambda lane: lane.name == FUSED)


def lane_label(name: str, cells: int, glyphs: Glyphs) -> str:
    """The name of a lane in ``cells`` cells, with a blank at each side; ``v+a`` for ``video+audio``."""
    text = plain(name, 40)
    if len(text) > cells - 2 and "+" in text:
        text = "+".join(part[:1] for part in text.split("+"))
    if len(text) > cells - 2:
        text = text[: cells - 3] + glyphs.ellipsis
    return f" {text} ".ljust(cells)


def lane_line(lane: LaneColumns, gutter: int, cursor: int | None, glyphs: Glyphs) -> Line:
    """The name in ``gutter`` cells, and a bar of one row."""
    label = fit([Piece(lane_label(lane.name, gutter, glyphs), "faint")], gutter)
    return [*label, *bar_pieces(bar_rows(lane.columns, 1, glyphs)[0], "calm", None, cursor, glyphs)]
