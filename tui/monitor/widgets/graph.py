"""The index over time on a fixed scale from 0 to 1, with the alarm line, spikes, marks and a time axis."""

import math
from dataclasses import dataclass
from typing import Literal

from textual.events import Click, MouseScrollDown, MouseScrollLeft, MouseScrollRight, MouseScrollUp
from textual.message import Message

from engine.core.clock_text import session_time
from engine.football.match_clock import CLOCK_LABELS
from tui.monitor.feed import Floats
from tui.monitor.glyphs import Glyphs
from tui.monitor.model import Model
from tui.monitor.visible_stretch import View
from tui.monitor.widgets.bars import bar_pieces, bar_rows
from tui.monitor.widgets.lanes import LaneColumns, lane_columns, lane_line, shown_lanes
from tui.monitor.widgets.paint import Line, Piece, Showing, fit, rule
from tui.monitor.words import BUILDING_SHARE

GUTTER = 7
"""Cells left of the picture, for the scale."""
_TICK_EVERY = 12
_NICE_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_LETTERS = {"corner": "O", "card": "Y", "other": "X"} | dict(zip(CLOCK_LABELS, "KH2F", strict=True))
_FRAME_ROWS = 3
"""Rows that are no bars: title, markers, time axis."""

MarkerKind = Literal["spike", "rejected", "mark", "clock", "spotted"]


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened in a column. ``letter`` stands for a mark's label."""

    column: int
    kind: MarkerKind
    letter: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What the graph shows: highest pressure of every column (NaN: none), and what happened in it."""

    columns: Floats
    threshold: float
    markers: tuple[Marker, ...]
    cursor: int | None
    view: View
    lanes: tuple[LaneColumns, ...] = ()


def picture_of(model: Model, view: View, width: int, with_rejected: bool) -> Picture:
    """Cut the picture of ``view`` out of a session; ``width`` is in columns."""
    first = view.first_column(width)
    columns = model.history.columns(first, width, view.column_s, view.end_s)
    markers: list[Marker] = []

    def add(t: float, kind: MarkerKind, letter: str = "") -> None:
        column = view.column_of(t, width)
        if 0 <= column < width and t <= view.end_s:
            markers.append(Marker(column, kind, letter))

    if with_rejected:
        for rejected in model.rejected:
            add(rejected.onset, "rejected")
    for event in model.spotted:
        add(event.t, "spotted", event.label[:1].lower())
    for spike in model.spikes:
        if spike.decided_at <= view.end_s:
            add(spike.peak, "spike")
    if model.alarm is not None and model.alarm.decided_at <= view.end_s:
        add(model.alarm.decided_at, "spike")
    for mark in model.marks:
        add(mark.t, "clock" if mark.label in CLOCK_LABELS else "mark", letter_of(mark.label))
    at_end = view.following and view.column_of(view.cursor_s, width) >= width - 1
    cursor = None if at_end else view.column_of(view.cursor_s, width)
    lanes = tuple(lane_columns(lane, view, width) for lane in model.lanes)
    return Picture(columns, model.threshold, tuple(markers), cursor, view, lanes)


def letter_of(label: str) -> str:
    """The letter that stands for a mark in the graph: that of its choice in the dialog, else the label's own first."""
    return _LETTERS.get(label, label[:1].upper())


def graph_lines(picture: Picture, title: str, width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """The whole panel. Under five rows it is bars and the alarm line alone."""
    count = len(picture.columns)
    framed = height >= _FRAME_ROWS + 2
    rows = max(height - (_FRAME_ROWS if framed else 0), 1)
    lanes = shown_lanes(picture.lanes, rows) if framed else []
    rows -= len(lanes)
    line_row = _row_of(picture.threshold, rows)
    alarmed = (picture.columns >= picture.threshold).tolist()
    lines: list[Line] = []
    for row, bars in enumerate(bar_rows(picture.columns, rows, glyphs)):
        foot = (rows - 1 - row) / rows
        style = _band(foot + 0.5 / rows, picture.threshold)
        gutter = _gutter(row, rows, line_row, picture.threshold)
        lines.append([gutter, *bar_pieces(bars, style, alarmed if row == line_row else None, picture.cursor, glyphs)])
    if not framed:
        return [fit(line, width) for line in lines]
    head = [rule(title, width, glyphs, _span_words(count * picture.view.column_s)), _marker_line(picture, glyphs)]
    beside = [lane_line(lane, GUTTER, picture.cursor, glyphs) for lane in lanes]
    return [*head, *beside, *lines, _axis(picture, glyphs)]


def _row_of(value: float, rows: int) -> int:
    return min(max(rows - 1 - math.floor(value * rows), 0), rows - 1)


def _band(middle: float, threshold: float) -> str:
    if middle >= threshold:
        return "alarm"
    return "building" if middle >= BUILDING_SHARE * threshold else "calm"


def _gutter(row: int, rows: int, line_row: int, threshold: float) -> Piece:
    if row == line_row:
        return Piece(" alarm " if rows > 3 else f" {threshold:.2f}  ", "alarm")
    if row == 0 and line_row > 0:
        return Piece("  1.0  ", "faint")
    if row == rows - 1:
        return Piece("  0.0  ", "faint")
    if rows >= 8 and row == _row_of(0.499, rows):
        return Piece("  0.5  ", "faint")
    return Piece(" " * GUTTER)


_MARKER_STYLE: dict[str, str] = {
    "spike": "alarm",
    "rejected": "faint",
    "mark": "strong",
    "clock": "calm",
    "spotted": "calm",
}


def _marker_line(picture: Picture, glyphs: Glyphs) -> Line:
    cells = [Piece(" ")] * len(picture.columns)
    glyph = {"spike": glyphs.spike, "rejected": glyphs.rejected}
    for marker in picture.markers:
        text = glyph.get(marker.kind) or (marker.letter if marker.letter.isascii() and marker.letter else glyphs.mark)
        cells[marker.column] = Piece(text, _MARKER_STYLE[marker.kind])
    return [Piece(" " * GUTTER), *cells]


def _axis(picture: Picture, glyphs: Glyphs) -> Line:
    """Times under the picture: how long ago while it moves (these labels stand still), of the session when frozen."""
    count = len(picture.columns)
    column_s = picture.view.column_s
    step_s = next((nice for nice in _NICE_S if nice >= _TICK_EVERY * column_s), _NICE_S[-1])
    cells = [" "] * count
    if picture.cursor is None and picture.view.following:
        ticks = [(count - 1 - round(back / column_s), f"{glyphs.minus}{session_time(back)}") for back in
                 range(step_s, math.ceil(count * column_s), step_s)]  # fmt: skip
        ticks.insert(0, (count - 1, "now"))
    else:
        first_s = picture.view.first_column(count) * column_s
        start = max(math.ceil(first_s / step_s), 0) * step_s
        stop = math.floor(first_s + count * column_s)
        ticks = [(int((t - first_s) / column_s), session_time(t)) for t in range(start, stop + 1, step_s)]
        ticks.reverse()
    cursor = picture.cursor if picture.cursor is not None and 0 <= picture.cursor < count else None
    if cursor is not None:
        at = session_time(picture.view.cursor_s)
        fits = cursor + len(at) < count
        _put(
            cells, cursor if fits else cursor - len(at), glyphs.caret + at if fits else at + glyphs.caret, centred=False
        )
    for column, label in ticks:
        _put(cells, column, label)
    line = "".join(cells)
    if cursor is None:
        return [Piece(" " * GUTTER), Piece(line, "faint")]
    start = cursor if fits else max(cursor - len(at), 0)
    stop = start + len(at) + 1
    marked = [Piece(line[:start], "faint"), Piece(line[start:stop], "strong"), Piece(line[stop:], "faint")]
    return [Piece(" " * GUTTER), *marked]


def _put(cells: list[str], column: int, label: str, centred: bool = True) -> None:
    """Write ``label`` into ``cells`` at ``column``, moved inside the edges, where there is room for it."""
    start = min(max(column - len(label) // 2 if centred else column, 0), len(cells) - len(label))
    if start >= 0 and all(cell == " " for cell in cells[max(start - 1, 0) : start + len(label) + 1]):
        cells[start : start + len(label)] = label


def _span_words(span_s: float) -> str:
    if span_s < 100:
        return f"{span_s:.0f} seconds"
    return f"{span_s / 60:.0f} minutes" if span_s < 2 * 3600 else f"{span_s / 3600:.1f} hours"


class Graph(Showing[Picture]):
    """The index over time."""

    NAME = "Attack pressure over time"
    HELP = (
        "The index over time; a column is the highest index of its stretch of time, the dashed line is the alarm "
        "line. Above the bars: a triangle is a spike, a hollow one a candidate that was rejected, a letter a mark: G "
        "goal, C chance, O corner, Y card, V VAR, S substitution, P PA, X other, K kick-off, H half-time, 2 second "
        "half, F full time; a small one is the first letter of an event that was spotted in the recording, and "
        "the rows below it, where there is room, are how sure the picture (video) or the sound (audio) was of any "
        "event, and all channels together (fused). Dots at the foot: no number there (silence, loss, warming up).\n"
        "Left and right, or the mouse wheel, move through time, + and - zoom, 0 shows the whole session, a click moves "
        "to that moment."
    )

    class Picked(Message):
        """A person clicked on a moment."""

        def __init__(self, t: float) -> None:
            super().__init__()
            self.t = t

    class Wheeled(Message):
        """A person turned the wheel: up, and left, is back in time."""

        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

    @property
    def columns(self) -> int:
        """How many columns the picture has now."""
        return max(self.content_size.width - GUTTER - 1, 1)

    def draw_value(self, value: Picture, width: int, height: int) -> list[Line]:
        return graph_lines(value, self.NAME, width, height, self.glyphs)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.post_message(self.Wheeled(-1))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.post_message(self.Wheeled(1))

    def on_mouse_scroll_left(self, event: MouseScrollLeft) -> None:
        self.post_message(self.Wheeled(-1))

    def on_mouse_scroll_right(self, event: MouseScrollRight) -> None:
        self.post_message(self.Wheeled(1))

    def on_click(self, event: Click) -> None:
        if self.value is None or event.x < GUTTER:
            return
        view = self.value.view
        first = view.first_column(len(self.value.columns))
        self.post_message(self.Picked((first + event.x - GUTTER + 0.5) * view.column_s))
