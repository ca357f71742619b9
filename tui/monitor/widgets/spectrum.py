"""The incoming sound as a strip of mel bands, for terminals with room."""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from tui.monitor.glyphs import Glyphs
from tui.monitor.visible_stretch import COLUMN_LADDER_S, View
from tui.monitor.widgets.graph import GUTTER
from tui.monitor.widgets.paint import Line, Painted, Piece, rule

_PIECE_S = COLUMN_LADDER_S[0]
"""Of sound, of which the loudest frame is kept: no column of the graph is narrower."""
_PIECES = 4096
"""That is 17 minutes, in 1 MB."""
_SKIPPED = 40
"""So many pieces may pass between two looks; after more, sound was lost."""
_RANGE_DB = 40.0
"""From the faintest shade to the full one, below the loudest band of the strip."""


def shade_rows(columns: NDArray[np.float32], rows: int, glyphs: Glyphs) -> list[str]:
    """``columns`` of mel frames in dB, shape (n, bands), as ``rows`` strings; low bands at the bottom.

    One style a row keeps it cheap: loudness is in the glyph. The scale hangs from the loudest band in sight.
    What is not known is -inf and stays blank.
    """
    bands = np.array_split(np.arange(columns.shape[1]), rows)
    levels = np.stack([columns[:, band].max(axis=1) for band in reversed(bands)])
    steps = len(glyphs.shades) - 1
    loudest = levels.max()
    if not np.isfinite(loudest):
        return [" " * levels.shape[1]] * rows
    shares = np.clip((levels - loudest) / _RANGE_DB + 1.0, 0.0, 1.0)
    return ["".join(glyphs.shades[round(share * steps)] for share in row) for row in shares.tolist()]


class Spectrum(Painted):
    """What the microphone hears, by pitch. Every column stands for the same time as that of the graph above."""

    NAME = "Sound by pitch"
    HELP = (
        "The sound by pitch: low at the bottom, high at the top, darker is louder. A roar fills the lower half, a "
        "referee's whistle is a short line near the top, music shows as regular stripes. The last minutes are kept."
    )

    def __init__(self, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(glyphs, id)
        self._pieces: deque[tuple[int, NDArray[np.float32]]] = deque(maxlen=_PIECES)
        self._view = View()
        self._shown: tuple[int, float, int] | None = None

    def hear(self, frame: NDArray[np.float32], t: float) -> None:
        """Take the newest mel frame (MEL_BANDS,) in dB, of the moment ``t`` in seconds of sound."""
        piece = int(t / _PIECE_S)
        if self._pieces and self._pieces[-1][0] >= piece:
            self._pieces[-1] = (self._pieces[-1][0], np.maximum(self._pieces[-1][1], frame))
            return
        # Sound that comes faster than the screen looks leaves no gap: what is heard stands for what came since.
        first = self._pieces[-1][0] + 1 if self._pieces and piece - self._pieces[-1][0] <= _SKIPPED else piece
        self._pieces.extend((skipped, frame) for skipped in range(first, piece + 1))

    def show(self, view: View) -> None:
        """Show the stretch of ``view``; drawn again only when a column is complete, or the view is another."""
        self._view = view
        shown = (view.last_column(), view.column_s, self.content_size.width)
        if self.display and shown != self._shown:
            self._shown = shown
            self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        lines: list[Line] = [rule("Sound by pitch", width, self.glyphs)]
        rows = height - 1
        room = width - GUTTER - 1
        if rows < 1 or room < 1:
            return lines
        if not self._pieces:
            return [*lines, [Piece(" only the process that listens can show the sound", "faint")]]
        strips = shade_rows(self._columns(room), rows, self.glyphs)
        for index, strip in enumerate(strips):
            gutter = "  high " if index == 0 else "   low " if index == rows - 1 else " " * GUTTER
            lines.append([Piece(gutter, "faint"), Piece(strip, "calm" if index else "building")])
        return lines

    def _columns(self, count: int) -> NDArray[np.float32]:
        """The loudest of each column of the view (count, MEL_BANDS), -inf where nothing is known."""
        first = self._view.first_column(count)
        columns = np.full((count, len(self._pieces[0][1])), -np.inf, np.float32)
        for piece, frame in self._pieces:
            column = math.floor((piece + 0.5) * _PIECE_S / self._view.column_s) - first
            if 0 <= column < count:
                np.maximum(columns[column], frame, out=columns[column])
        return columns
