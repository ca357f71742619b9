"""Widgets that draw themselves as lines of styled text and repaint only the cells that changed."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, NamedTuple, TypeAlias, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.monitor.feed import FeedInfo
from tui.monitor.glyphs import UNICODE, Glyphs


class Piece(NamedTuple):
    """Text in one style (a name of ``STYLES``); ``action`` is what a click on it does."""

    text: str
    style: str = "ink"
    action: str = ""


Line: TypeAlias = list[Piece]
V = TypeVar("V")
_WHEEL_ROWS = 3
_FILLED = ("-word", "selected", "bar")
"""How the names of styles end that colour a blank as well."""


class Look(NamedTuple):
    """How a piece is drawn: the names of colours in ``themes.py``; without a ``ground``, on that of its widget."""

    colour: str
    ground: str = ""
    bold: bool = False


STYLES: Mapping[str, Look] = {
    "ink": Look("ink"),
    "faint": Look("faint"),
    "strong": Look("ink", bold=True),
    "rule": Look("line"),
    "title": Look("calm", bold=True),
    "calm": Look("calm"),
    "building": Look("building"),
    "alarm": Look("alarm"),
    "fault": Look("fault"),
    "absent": Look("faint"),
    "note": Look("alarm"),
    "key": Look("calm", bold=True),
    "bar": Look("on-tone", "calm", bold=True),
    "calm-word": Look("calm", bold=True),
    "building-word": Look("building", bold=True),
    "alarm-word": Look("on-tone", "alarm", bold=True),
    "fault-word": Look("on-tone", "fault", bold=True),
    "note-word": Look("on-tone", "building", bold=True),
    "absent-word": Look("faint", bold=True),
    "selected": Look("on-tone", "calm"),
}
"""What a piece may look like. Every tone has a glyph or a word as well. No component classes of Textual's: it would
match each of them of each widget with all rules of all widgets, which was two fifths of the start of the monitor."""


def fit(line: Sequence[Piece], width: int) -> Line:
    """Exactly ``width`` cells of ``line``: cut at the right, or filled up with blanks."""
    fitted: Line = []
    left = width
    for piece in line:
        if left <= 0:
            break
        size = cell_len(piece.text)
        if size > left:
            piece = piece._replace(text=set_cell_size(piece.text, left))
            size = left
        if size:
            fitted.append(piece)
            left -= size
    if left > 0:
        fitted.append(Piece(" " * left))
    return fitted


def joined(line: Sequence[Piece]) -> Line:
    """``line`` in as few pieces as look the same: each costs the terminal some thirty bytes, whatever is in it."""
    short: Line = []
    for piece in line:
        last = short[-1] if short else None
        blank = piece.text.isspace() and not piece.style.endswith(_FILLED)
        if last is not None and last.action == piece.action and not last.style.endswith(_FILLED):
            if blank or last.style == piece.style:
                short[-1] = last._replace(text=last.text + piece.text)
                continue
            if last.text.isspace() and not piece.style.endswith(_FILLED):
                short[-1] = piece._replace(text=last.text + piece.text)
                continue
        short.append(piece)
    return short


def width_of(line: Sequence[Piece]) -> int:
    """How many cells ``line`` takes."""
    return sum(cell_len(piece.text) for piece in line)


def spread(left: Sequence[Piece], right: Sequence[Piece], width: int) -> Line:
    """``left`` at the left edge and ``right`` at the right one; where both don't fit, ``right`` stays whole."""
    room = max(width - width_of(right), 0)
    return fit([*fit(left, room), *right], width)


def rule(title: str, width: int, glyphs: Glyphs, right: str = "") -> Line:
    """The line above a panel: its title, and at its right end something to know."""
    head = [Piece(glyphs.axis + " ", "rule"), Piece(title, "title"), Piece(" ", "rule")]
    tail = [Piece(f" {right} ", "faint"), Piece(glyphs.axis, "rule")] if right else []
    gap = width - width_of(head) - width_of(tail)
    if gap < 1:
        return fit([*head, Piece(glyphs.axis * width, "rule")], width)
    return fit([*head, Piece(glyphs.axis * gap, "rule"), *tail], width)


def text_of(lines: Sequence[Sequence[Piece]]) -> list[str]:
    """Lines as strings, as a person sees them without colours."""
    return ["".join(piece.text for piece in line) for line in lines]


class Painted(Widget):
    """A widget of lines. Subclasses say what to ``draw``; ``repaint`` sends only what differs to the terminal."""

    NAME: ClassVar[str] = ""
    HELP: ClassVar[str] = ""
    """What the widget shows and how to read it, for the help screen."""

    glyphs: Glyphs = UNICODE
    _lines: list[Line]

    def __init__(self, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(id=id)
        self.glyphs = glyphs
        self._lines = []
        self._drawn_size = (0, 0)
        self._looks: dict[str, Style] = {}

    def notify_style_update(self) -> None:
        """The theme is another one, or the widget's own colours."""
        self._looks.clear()
        super().notify_style_update()

    def draw(self, width: int, height: int) -> list[Line]:
        """The lines to show, at most ``height`` of them; each is fitted to ``width``."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Draw again and refresh the cells that differ from what is on the screen."""
        width, height = self.content_size
        if not width or not height:
            self._drawn_size = (0, 0)  # out of sight; what was drawn before is old when it comes back
            return
        fresh = self._draw_fitted(width, height)
        old, self._lines = self._lines, fresh
        if self._drawn_size != (width, height) or len(old) != len(fresh):
            self._drawn_size = (width, height)
            self.refresh()
            return
        changed = [
            Region(start, y, stop - start, 1)
            for y, (before, after) in enumerate(zip(old, fresh, strict=True))
            for start, stop in _difference(before, after)
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        width, height = self.content_size
        if self._drawn_size != (width, height):
            self._lines = self._draw_fitted(width, height)
            self._drawn_size = (width, height)
        if y >= len(self._lines):
            return Strip.blank(width, self._style_of("ink"))
        return Strip(
            [Segment(piece.text, self._style_of(piece.style, piece.action)) for piece in self._lines[y]], width
        )

    def _draw_fitted(self, width: int, height: int) -> list[Line]:
        return [fit(line, width) for line in self.draw(width, height)[:height]]

    def _style_of(self, name: str, action: str = "") -> Style:
        style = self._looks.get(name)
        if style is None:
            style = self._looks[name] = self._made(STYLES[name])
        return style + Style.from_meta({"@click": action}) if action else style

    def _made(self, look: Look) -> Style:
        colours = self.app.theme_variables
        _, ground = self.background_colors
        if look.ground:
            ground += Color.parse(colours[look.ground])
        ink = ground + Color.parse(colours[look.colour])
        return Style(color=ink.rich_color, bgcolor=ground.rich_color, bold=look.bold or None)


class Showing(Painted, Generic[V]):
    """A widget that shows one value, nothing before it has one, and is drawn anew when it is given another."""

    value: V | None = None

    def draw(self, width: int, height: int) -> list[Line]:
        return [] if self.value is None else self.draw_value(self.value, width, height)

    def draw_value(self, value: V, width: int, height: int) -> list[Line]:
        """The lines that show ``value``, as ``draw`` returns them."""
        raise NotImplementedError

    def show(self, value: V | None) -> None:
        """Show another value, or nothing."""
        self.value = value
        self.repaint()


class ShowingLine(Showing[V]):
    """One that is a single line."""

    @staticmethod
    def line(value: V, width: int, glyphs: Glyphs) -> Line:
        """The line that shows ``value``."""
        raise NotImplementedError

    def draw_value(self, value: V, width: int, height: int) -> list[Line]:
        return [self.line(value, width, self.glyphs)]


class ShowingOfSession(Showing[V]):
    """One that is drawn by what is known of the session before its first reading as well."""

    def __init__(self, glyphs: Glyphs, info: FeedInfo, id: str | None = None) -> None:
        super().__init__(glyphs, id)
        self.info = info


class Rolling:
    """What the mouse wheel moves, three rows at a time."""

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.roll(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.roll(-_WHEEL_ROWS)

    def roll(self, rows: int) -> None:
        """Move down by so many rows."""
        raise NotImplementedError


def _difference(before: Line, after: Line) -> list[tuple[int, int]]:
    """The stretch of cells in which two fitted lines differ, if any."""
    if before == after:
        return []
    old = _cells_of(before)
    new = _cells_of(after)
    if len(old) != len(new):  # wide characters: their cells can't be compared one by one
        return [(0, width_of(after))]
    differing = [index for index, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    if not differing or any(len(text) != cell_len(text) for text, *_ in before + after):
        return [(0, width_of(after))]
    return [(differing[0], differing[-1] + 1)]


def _cells_of(line: Line) -> list[tuple[str, str, str]]:
    return [(character, piece.style, piece.action) for piece in line for character in piece.text]
