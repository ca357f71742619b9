"""The venues on the screen: rows on a narrow terminal, tiles on a wide one. Only what is in sight is drawn, and only
the cells that changed are sent to the terminal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from tui.monitor.glyphs import Glyphs
from tui.monitor.widgets.paint import Line, Piece, Rolling, Showing, fit, rule
from tui.wall.board import Shown
from tui.wall.widgets.cells import TILE_HEIGHT, TILE_WIDTH, Columns, Look, columns_for, heading, row, tile

TILES_FROM: Final = 120
"""Cells of width from which on there are tiles."""
_MOST_LANES: Final = 12


@dataclass(frozen=True, slots=True)
class GridValue:
    """What the grid shows: the venues in order, and what is said above them."""

    shown: Sequence[Shown]
    title: str
    count: str
    nothing: str
    now_s: float


@dataclass(frozen=True, slots=True)
class Layout:
    """How the grid is cut up at its present size."""

    tiles: bool
    across: int
    width: int
    height: int
    head: int
    lines: int
    """Lines of cells that there is room for."""
    columns: Columns | None = None


class GridHead(Showing[list[Line]]):
    """What is said above the venues: how they are sorted, which are in sight, the names of the columns."""

    NAME = "Venues"
    HELP = (
        "A venue's state and name, its index now (0 to 1; -- where there is none of now), the highest index of each "
        "moment of the last two minutes on a scale that always goes from 0 to 1, what is heard, how long ago its last "
        "reading arrived by this machine's clock, the match clock and score where somebody at the venue marked them, "
        "and the last spike with how long ago it was. Enter, or a double click, opens a venue's monitor. Venues in "
        "alarm come first, the newest foremost, then those that you pinned. NO SIGNAL: nothing has arrived for 2.5 s. "
        "GONE: its program has ended. SILENT, STALLED, LOST: the trouble is at its microphone. UNKNOWN: this machine "
        "has no connection."
    )

    def draw_value(self, value: list[Line], width: int, height: int) -> list[Line]:
        return value


class Lane(Showing[list[Line]]):
    """The tiles that stand one above the other, or all rows. Of a line that changes Textual sends everything from the
    left edge of its widget on, so tiles that stand side by side are not one widget.
    """

    def draw_value(self, value: list[Line], width: int, height: int) -> list[Line]:
        return value


class VenueGrid(Rolling, Widget, can_focus=True):
    """Rows or tiles with one chosen; the chosen venue stays chosen while the order changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move_line(-1)", "up", show=False),
        Binding("down", "move_line(1)", "down", show=False),
        Binding("left", "move(-1)", "left", show=False),
        Binding("right", "move(1)", "right", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home", "move(-1000000)", "first", show=False),
        Binding("end", "move(1000000)", "last", show=False),
        Binding("enter", "open", "open", show=False),
    ]

    class Opened(Message):
        """A person wants to see this venue."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Moved(Message):
        """Another venue is chosen."""

    def __init__(self, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(id=id)
        self.glyphs = glyphs
        self.value: GridValue | None = None
        self.as_tiles: bool | None = None
        """Whether there are tiles; None: as the width has it."""
        self._key: str | None = None
        self._top = 0
        self._layout: Layout | None = None

    def compose(self) -> ComposeResult:
        yield GridHead(self.glyphs)
        with Horizontal():
            for _ in range(_MOST_LANES):
                yield Lane(self.glyphs)

    @property
    def chosen(self) -> Shown | None:
        """The venue under the cursor: the one that was chosen, or the first."""
        shown = self.value.shown if self.value is not None else ()
        return shown[self._at()] if shown else None

    @property
    def has_tiles(self) -> bool:
        """Whether there are tiles and not rows."""
        return self._cut().tiles

    def turn_over(self) -> bool:
        """Tiles in place of rows, or rows in place of tiles; returns whether there is room for them."""
        if not self.has_tiles and self.content_size.width < TILE_WIDTH:
            return False
        self.as_tiles = not self.has_tiles
        return True

    def show(self, value: GridValue) -> None:
        """Show other venues, or the same as they are now."""
        self.value = value
        self.repaint()

    def choose(self, key: str) -> None:
        """Put the cursor on a venue and bring it into sight."""
        self._key = key
        self._bring_into_sight()

    def action_move(self, cells: int) -> None:
        """Move the cursor by some venues."""
        if self.value is None or not self.value.shown:
            return
        at = min(max(self._at() + cells, 0), len(self.value.shown) - 1)
        self._key = self.value.shown[at].venue.key
        self._bring_into_sight()
        self.post_message(self.Moved())

    def action_move_line(self, lines: int) -> None:
        """Move the cursor up or down."""
        across = self._cut().across
        at = self._at() + lines * across
        if self.value is not None and 0 <= at < len(self.value.shown):
            self.action_move(lines * across)

    def action_page(self, pages: int) -> None:
        """Move the cursor by a screenful."""
        layout = self._cut()
        self.action_move(pages * max(layout.lines - 1, 1) * layout.across)

    def action_open(self) -> None:
        """See the venue under the cursor."""
        if self.chosen is not None:
            self.post_message(self.Opened(self.chosen.venue.key))

    def repaint(self) -> None:
        """Draw what is in sight; each part sends only the cells that differ from what is on the screen."""
        if not all(self.content_size) or self.value is None:
            return
        layout = self._cut()
        if layout != self._layout:
            self._layout = layout
            self._share_out(layout)
        head, cells = self._draw_all(layout)
        self.query_one(GridHead).show(head)
        for number, lane in enumerate(self._lanes()[: layout.across]):
            lane.show([line for cell in cells[number :: layout.across] for line in cell])

    def on_resize(self) -> None:
        self.call_after_refresh(self.repaint)

    def on_click(self, event: Click) -> None:
        layout = self._layout
        x, y = event.screen_x - self.content_region.x, event.screen_y - self.content_region.y
        if layout is None or self.value is None or y < layout.head:
            return
        across = min(x // layout.width, layout.across - 1)
        at = (self._top + (y - layout.head) // layout.height) * layout.across + across
        if at < len(self.value.shown):
            self.action_move(at - self._at())
            if event.chain > 1:
                self.action_open()

    @property
    def lines(self) -> list[Line]:
        """All lines in sight from top to bottom, for whoever wants to read them."""
        if self.value is None:
            return []
        layout = self._cut()
        head, cells = self._draw_all(layout)
        rows = [cells[first : first + layout.across] for first in range(0, len(cells), layout.across)]
        return [
            *head,
            *([piece for cell in line for piece in cell[part]] for line in rows for part in range(layout.height)),
        ]

    def _draw_all(self, layout: Layout) -> tuple[list[Line], list[list[Line]]]:
        value = self.value
        assert value is not None
        self._top = max(min(self._top, self._line_count(layout) - layout.lines), 0)
        first = self._top * layout.across
        in_sight = value.shown[first : first + layout.lines * layout.across]
        chosen = self.chosen
        look = Look(value.now_s, self.glyphs, chosen.venue.key if chosen is not None else "")
        cells = [
            tile(shown, layout.width, look)
            if layout.columns is None
            else [row(shown, layout.columns, layout.width, look)]
            for shown in in_sight
        ]
        return self._draw_head(value, layout, first, len(in_sight)), cells

    def _draw_head(self, value: GridValue, layout: Layout, first: int, count: int) -> list[Line]:
        width = self.content_size.width
        where = f"{first + 1} to {first + count} of {len(value.shown)}" if count < len(value.shown) else value.count
        head = [rule(value.title, width, self.glyphs, where)]
        if not value.shown:
            return [*head, fit([Piece(f" {value.nothing}", "faint")], width)][: layout.head]
        return [*head, heading(layout.columns, width)] if layout.columns is not None else head

    def _lanes(self) -> list[Lane]:
        return list(self.query(Lane))

    def _share_out(self, layout: Layout) -> None:
        """Give each lane its width; the last one has what is over."""
        self.query_one(GridHead).styles.height = layout.head
        for number, lane in enumerate(self._lanes()):
            lane.display = number < layout.across
            lane.styles.width = "1fr" if number == layout.across - 1 else layout.width
        self.call_after_refresh(self.repaint)

    def _cut(self) -> Layout:
        width, height = self.content_size
        shown = self.value.shown if self.value is not None else ()
        tiles = width >= TILES_FROM if self.as_tiles is None else self.as_tiles and width >= TILE_WIDTH
        if tiles:
            across = min(max(width // TILE_WIDTH, 1), _MOST_LANES)
            head = 1 if shown else 2
            return Layout(True, across, width // across, TILE_HEIGHT, head, max(height // TILE_HEIGHT, 1))
        columns = columns_for(width, any(item.venue.heard for item in shown))
        return Layout(False, 1, width, 1, 2, max(height - 2, 1), columns)

    def _at(self) -> int:
        shown = self.value.shown if self.value is not None else ()
        return next((index for index, item in enumerate(shown) if item.venue.key == self._key), 0)

    def _line_count(self, layout: Layout) -> int:
        count = len(self.value.shown) if self.value is not None else 0
        return -(-count // layout.across)

    def _bring_into_sight(self) -> None:
        layout = self._cut()
        line = self._at() // layout.across
        self._top = max(min(self._top, line), line - layout.lines + 1)
        self.repaint()

    def roll(self, rows: int) -> None:
        self._top = max(self._top + rows, 0)
        self.repaint()
