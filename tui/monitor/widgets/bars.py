"""Numbers between 0 and 1 as bars of blocks, a column each."""

import math

from tui.monitor.feed import Floats
from tui.monitor.glyphs import Glyphs
from tui.monitor.widgets.paint import Line, Piece

_EIGHTHS = 8


def bar_rows(columns: Floats, rows: int, glyphs: Glyphs) -> list[str]:
    """Bars as ``rows`` strings from top to bottom. A column without a number has a dot at its foot; a number above
    nothing shows at least a sliver, so that a calm ground does not look like a dead one.
    """
    full = glyphs.bars[_EIGHTHS]
    heights = [
        -1 if math.isnan(value) else max(round(min(max(value, 0.0), 1.0) * rows * _EIGHTHS), 1)
        for value in columns.tolist()
    ]
    lines = []
    for row in range(rows):
        floor = (rows - 1 - row) * _EIGHTHS
        lowest = row == rows - 1
        lines.append(
            "".join(
                (glyphs.nothing if lowest else " ")
                if height < 0
                else full
                if height >= floor + _EIGHTHS
                else glyphs.bars[max(height - floor, 0)]
                for height in heights
            )
        )
    return lines


def bar_pieces(bars: str, style: str, alarmed: list[bool] | None, cursor: int | None, glyphs: Glyphs) -> Line:
    """One row of bars: the empty cells carry the cursor and, in the row of the alarm line, the line; there a column
    that reached it (``alarmed``) looks so, however low the line lies.
    """
    if alarmed is None and cursor is None:
        return [Piece(bars, style)]
    pieces: Line = []
    for index, cell in enumerate(bars):
        if cell == " " and index == cursor:
            piece = Piece(glyphs.cursor, "strong")
        elif cell == " " and alarmed is not None:
            piece = Piece(glyphs.line, "note")
        elif alarmed is not None and alarmed[index]:
            piece = Piece(cell, "alarm")
        else:
            piece = Piece(cell, style)
        if pieces and pieces[-1].style == piece.style:
            pieces[-1] = Piece(pieces[-1].text + piece.text, piece.style)
        else:
            pieces.append(piece)
    return pieces
