"""What an action of a person led to, in a line of its own: it lies over nothing, and is gone after some seconds."""

from textwrap import wrap
from typing import Final

from engine.core.text import plain
from tui.monitor.glyphs import Glyphs
from tui.monitor.widgets.paint import Line, Painted, Piece

SHOWN_S: Final = 6.0
_MOST_ROWS: Final = 3
_OTHER_ROWS: Final = 3
"""First line, state and footer, which are never given up."""
_STYLES: Final = {"information": "strong", "warning": "note", "error": "fault"}


class ActionOutcome(Painted):
    """In place of the status line while there is something to say."""

    NAME = "Messages"

    def __init__(self, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(glyphs, id)
        self.text = ""
        self._style = "ink"
        self._most = _MOST_ROWS

    def show(self, text: str, severity: str, width: int, height: int) -> None:
        """Say ``text`` (nothing: be gone); ``width`` and ``height`` are those of the screen."""
        self.text, self._style = plain(text, 600), _STYLES[severity]
        self.fit_into(width, height)
        self.repaint()

    def fit_into(self, width: int, height: int) -> None:
        """Take as many rows as the text needs on a screen of ``width`` and ``height``, and as it can spare."""
        self._most = max(min(_MOST_ROWS, height - _OTHER_ROWS), 1)
        self.styles.height = max(len(self._rows(width)), 1)

    def draw(self, width: int, height: int) -> list[Line]:
        return [[Piece(f" {row}", self._style)] for row in self._rows(width)]

    def _rows(self, width: int) -> list[str]:
        return wrap(self.text, max(width - 2, 8), max_lines=self._most, placeholder=" " + self.glyphs.ellipsis)
