"""The incoming sound as a strip of mel bands, for terminals with room."""

from collections import deque
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tui.glyphs import Glyphs
from tui.widgets.graph import GUTTER
from tui.widgets.paint import Line, Painted, Piece, rule

_HISTORY = 512
_RANGE_DB = 40.0
"""From the faintest shade to the full one, below the loudest band of the strip."""


def shade_rows(columns: NDArray[np.float32], rows: int, glyphs: Glyphs) -> list[str]:
    """``columns`` of mel frames in dB, shape (n, bands), as ``rows`` strings; low bands at the bottom.

    One style a row keeps it cheap: loudness is in the glyph. The scale hangs from the loudest band in sight.
    """
    bands = np.array_split(np.arange(columns.shape[1]), rows)
    levels = np.stack([columns[:, band].max(axis=1) for band in reversed(bands)])
    steps = len(glyphs.shades) - 1
    shares = np.clip((levels - levels.max()) / _RANGE_DB + 1.0, 0.0, 1.0)
    return ["".join(glyphs.shades[round(share * steps)] for share in row) for row in shares.tolist()]


class Spectrum(Painted):
    """What the microphone hears, by pitch. One column for every column of the graph above while it follows."""

    NAME: ClassVar[str] = "Sound by pitch"
    HELP: ClassVar[str] = (
        "The sound by pitch: low at the bottom, high at the top, darker is louder. A roar fills the lower half, a "
        "referee's whistle is a short line near the top, music shows as regular stripes."
    )

    def __init__(self, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(glyphs, id)
        self._columns: deque[NDArray[np.float32]] = deque(maxlen=_HISTORY)
        self._newest = -1

    def push(self, frame: NDArray[np.float32] | None, column: int) -> None:
        """Take the newest mel frame; ``column`` is the graph's column that is being filled. The loudest of a column
        stays, and the strip is drawn again only when a column is complete.
        """
        if frame is None:
            return
        if column == self._newest and self._columns:
            self._columns[-1] = np.maximum(self._columns[-1], frame)
            return
        self._newest = column
        self._columns.append(frame)
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        lines: list[Line] = [rule("Sound by pitch", width, self.glyphs)]
        rows = height - 1
        room = width - GUTTER - 1
        if rows < 1 or room < 1:
            return lines
        if not self._columns:
            return [*lines, [Piece(" only the process that listens can show the sound", "faint")]]
        strips = shade_rows(np.stack(list(self._columns)[-room:]), rows, self.glyphs)
        for index, strip in enumerate(strips):
            gutter = "  high " if index == 0 else "   low " if index == rows - 1 else " " * GUTTER
            lines.append([Piece(gutter, "faint"), Piece(strip.rjust(room), "calm" if index else "building")])
        return lines
