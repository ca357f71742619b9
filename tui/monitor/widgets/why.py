"""The explanation of a moment in a terminal: pitch upwards, time to the right, what moved the index in colour."""

from textwrap import wrap
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.clock_text import session_time
from engine.core.text import plain
from engine.explain.attribution import by_second
from engine.explain.explanation import Explanation
from engine.explain.in_words import band_bounds_hz, doubts, heard_then, how_far, pitch, tell
from tui.monitor.glyphs import Glyphs
from tui.monitor.widgets.paint import Line, Painted, Piece, fit, rule

_GUTTER: Final = 8
_SIDE: Final = 20
_ROWS: Final = (4, 32)
"""Of the picture, at least and at most."""
_BAR_ROWS: Final = 3
_FAINTEST: Final = 0.08
"""Of the strongest cell; weaker ones stay blank."""
_LOWERED: Final = " -="
_TICK_EVERY_S: Final = 10

Floats = NDArray[np.float64]


class WhyPanel(Painted):
    """Waits, says what went wrong, or shows an explanation."""

    NAME = "Why"
    HELP = (
        "What moved the index at the selected spike. Each cell is a second and a pitch; full cells raised the index, "
        "cells with - or = held it down, and blank ones did nothing. Together they make up the difference between the "
        "index and what it would have been, had every pitch stayed at its own slow background."
    )

    def __init__(self, glyphs: Glyphs, t: float, waiting: str, id: str | None = None) -> None:
        super().__init__(glyphs, id)
        self._t = t
        self._waiting = waiting
        self._explanation: Explanation | None = None
        self._refined = False
        self._fault: tuple[str, str] | None = None

    def sketch(self, draft: Explanation) -> None:
        """Show what is known so far, and that it is being refined."""
        self._explanation = draft
        self.repaint()

    def show(self, explanation: Explanation) -> None:
        """Show what was found."""
        self._explanation, self._refined = explanation, True
        self.repaint()

    def fail(self, message: str, hint: str) -> None:
        """Say why there is no explanation."""
        self._fault = (message, hint)
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        explanation = self._explanation
        t = explanation.t if explanation else self._t
        lines: list[Line] = [rule(f"Why, at {session_time(t)}", width, self.glyphs, "Escape closes")]
        if self._fault is not None:
            message, hint = self._fault
            lines += _wrapped(message, width, "fault")
            return lines + _wrapped(hint, width, "ink")
        if explanation is None:
            return [*lines, *_wrapped(self._waiting, width, "ink")]
        done = explanation.attribution
        lines.append(
            [Piece(f" index {done.index:.3f}", "strong"), Piece(f"; the background alone {done.baseline:.3f}", "faint")]
        )
        lines += _wrapped(tell(explanation).sentence, width, "ink")
        if heard := heard_then(explanation):
            lines += _wrapped(heard, width, "ink")
        if self._refined:
            for doubt in doubts(explanation):
                lines += _wrapped(doubt, width, "fault")
        else:
            lines += _wrapped(f"a first answer, being refined: {how_far(done)}", width, "note")
        return lines + self._map(by_second(done.parts), width, height - len(lines))

    def _map(self, parts: Floats, width: int, height: int) -> list[Line]:
        """``parts`` (seconds, bands), newest first, in at most ``height`` lines."""
        room = width - _GUTTER - 1
        side = _SIDE if room - _SIDE >= len(parts) else 0
        cell = max((room - side) // len(parts), 1)
        rows = min(height - _BAR_ROWS - 3, _ROWS[1])
        shown = parts[: (room - side) // cell][::-1]
        lines: list[Line] = []
        if rows >= _ROWS[0]:
            lines += self._pitches(shown, rows, cell, side)
        if height - len(lines) >= _BAR_ROWS + 2:
            lines += self._seconds(shown.sum(axis=1), cell)
        lines.append(self._axis(len(shown), cell))
        marks = f"{self.glyphs.shades[1:]} raised the index, {_LOWERED[1:]} held it down"
        legend = f" {marks}; right: by pitch, beneath: by second"
        return [*lines, fit([Piece(legend, "faint")], width)]

    def _pitches(self, shown: Floats, rows: int, cell: int, side: int) -> list[Line]:
        groups = np.array_split(np.arange(shown.shape[1]), rows)
        bounds = band_bounds_hz()
        grouped = np.stack([shown[:, group].sum(axis=1) for group in groups])
        sums = grouped.sum(axis=1)
        most, longest = float(np.abs(grouped).max()), float(np.abs(sums).max())
        lines = []
        for row in range(rows - 1, -1, -1):
            low = pitch(float(bounds[groups[row][0]]))
            line: Line = [Piece(f"{low:>5} Hz" if row % 2 == 0 else " " * _GUTTER, "faint")]
            line += [self._cell(value, most, cell) for value in grouped[row].tolist()]
            if side:
                line += [Piece("  "), *self._bar(float(sums[row]), longest, side - 10)]
            lines.append(line)
        return lines

    def _cell(self, value: float, most: float, cell: int) -> Piece:
        strength = abs(value) / most if most > 0 else 0.0
        if strength < _FAINTEST:
            return Piece(" " * cell)
        if value > 0:
            shades = self.glyphs.shades
            return Piece(shades[max(round(strength * (len(shades) - 1)), 1)] * cell, "alarm")
        return Piece(_LOWERED[2 if strength > 0.4 else 1] * cell, "calm")

    def _bar(self, value: float, longest: float, room: int) -> Line:
        cells = round(abs(value) / longest * room) if longest > 0 else 0
        mark, style = (self.glyphs.shades[-1], "alarm") if value > 0 else (_LOWERED[-1], "calm")
        return [Piece(mark * cells, style), Piece(f" {value:+.3f}" if cells else "", "faint")]

    def _seconds(self, sums: Floats, cell: int) -> list[Line]:
        """Bars of what each second raised, and a line of what it held down."""
        most = float(np.abs(sums).max())
        steps = len(self.glyphs.bars) - 1
        heights = [round(max(value, 0.0) / most * _BAR_ROWS * steps) if most > 0 else 0 for value in sums.tolist()]
        lines: list[Line] = []
        for row in range(_BAR_ROWS - 1, -1, -1):
            scale = f"{most:+.3f}" if row == _BAR_ROWS - 1 else ""
            bars = "".join(self.glyphs.bars[min(max(height - row * steps, 0), steps)] * cell for height in heights)
            lines.append([Piece(f"{scale:>{_GUTTER - 1}} ", "faint"), Piece(bars, "alarm")])
        lowered = [Piece(" " * cell) if value > 0 else self._cell(value, most, cell) for value in sums.tolist()]
        return [*lines, [Piece(" " * _GUTTER), *lowered]]

    def _axis(self, seconds: int, cell: int) -> Line:
        """Seconds before the moment, each label ending where its second ends."""
        text = " " * (_GUTTER + seconds * cell)
        for back in range(0, seconds, _TICK_EVERY_S):
            name = f"-{back} s" if back else "then"
            end = _GUTTER + (seconds - back) * cell
            if end - len(name) >= _GUTTER:
                text = text[: end - len(name)] + name + text[end:]
        return [Piece(text, "faint")]


def _wrapped(text: str, width: int, style: str) -> list[Line]:
    return [[Piece(" " + line, style)] for line in wrap(plain(text), max(width - 2, 10))]
