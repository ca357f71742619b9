"""The whole session in one plot, for terminals with room."""

import math
import re
from collections.abc import Sequence

from tui.monitor.feed import Floats
from tui.monitor.glyphs import UNICODE
from tui.monitor.model import Model
from tui.monitor.widgets.paint import Line, Painted, Piece, rule
from tui.monitor.words import BUILDING_SHARE

POINTS = 400
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_LEAST_HEIGHT = 6


def whole_plot(minutes: list[float], pressure: list[float], spikes: Sequence[float], width: int, height: int,
               braille: bool) -> list[str]:  # fmt: skip
    """The plot as plotext draws it, without its colours; ``spikes`` are minutes.

    A figure of its own: plotext's module-level one is shared by the whole process.
    """
    from textual_plotext import Plot  # plotext takes 60 ms to import, and narrow terminals never need it

    plot = Plot()
    plot.theme("clear")
    plot.plotsize(width, height)
    plot._set_size(width, height)  # plotsize alone leaves the size of the plot before, see textual-plotext issue 5
    plot.ylim(0, 1)
    plot.yticks([0, 0.5, 1], ["0.0", "0.5", "1.0"])
    plot.plot(minutes, pressure, marker="braille" if braille else "*")
    if spikes:
        plot.scatter(spikes, [1.0] * len(spikes), marker="▼" if braille else "v")
    last = max(minutes[-1], 1.0)
    plot.xlim(0, last)
    step = next((nice for nice in (0.5, 1, 2, 5, 10, 15, 30, 60, 120) if last / nice <= width / 8), 240)
    ticks = [step * index for index in range(int(last / step) + 1)]
    plot.xticks(ticks, [f"{tick:g} min" if not index else f"{tick:g}" for index, tick in enumerate(ticks)])
    return [_ESCAPE.sub("", line).ljust(width) for line in plot.build().rstrip("\n").split("\n")]


class WholeSession(Painted):
    """All of it at once: where in the match the pressure was."""

    NAME = "Whole session"
    HELP = (
        "The highest index of every moment of the whole session, over minutes of sound, on a scale from 0 to 1; "
        "triangles on top are spikes."
    )

    _columns: Floats | None = None
    _column_s = 1.0
    _spikes: Sequence[float] = ()
    _threshold = 1.0

    def show(self, model: Model) -> None:
        """Show all that is known of the session; of a replay what is still to come as well."""
        until_s = model.head_s
        column_s = max(math.ceil(until_s / POINTS), 1)
        self._columns = model.history.columns(0, math.ceil(until_s / column_s) + 1, column_s)
        self._column_s = column_s
        self._spikes = [spike.peak / 60 for spike in model.spikes]
        self._threshold = model.threshold
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        lines: list[Line] = [rule("Whole session", width, self.glyphs)]
        if self._columns is None or height < _LEAST_HEIGHT:
            return lines
        points = [
            ((index + 0.5) * self._column_s / 60, value)
            for index, value in enumerate(self._columns.tolist())
            if not math.isnan(value)
        ]
        if len(points) < 2:
            return [*lines, [Piece(" nothing to draw yet", "faint")]]
        minutes, pressure = zip(*points, strict=True)
        braille = self.glyphs is UNICODE
        rows = whole_plot(list(minutes), list(pressure), self._spikes, width - 1, height - 1, braille)
        if not braille:
            rows = [row.translate(_ASCII_FRAME) for row in rows]
        canvas = max(len(rows) - 3, 1)
        for index, row in enumerate(rows):
            middle = 1 - (index - 0.5) / canvas
            style = "faint" if index in (0, len(rows) - 1, len(rows) - 2) else self._band(middle)
            lines.append([Piece(row, style)])
        return lines

    def _band(self, middle: float) -> str:
        if middle >= self._threshold:
            return "alarm"
        return "building" if middle >= BUILDING_SHARE * self._threshold else "calm"


_ASCII_FRAME = str.maketrans({"─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "┤": "|", "┬": "+", "├": "|",
                              "┼": "+", "┴": "+"})  # fmt: skip
