"""An explanation over its spectrogram: what raised the index in orange, what held it down in blue."""

from importlib.util import find_spec
from pathlib import Path
from textwrap import wrap
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.clock_text import clock_time
from engine.core.errors import UsageError
from engine.core.extras import installing
from engine.core.files import write_private
from engine.core.text import plain
from engine.explain.attribution import by_second
from engine.explain.canvas import Canvas, Colour, Pixels, PngCanvas, SvgCanvas
from engine.explain.explanation import Explanation
from engine.explain.in_words import band_bounds_hz, doubts, tell

Floats: TypeAlias = NDArray[np.float64]

_PAPER: Final[Colour] = (13, 19, 34)
_INK: Final[Colour] = (217, 225, 239)
_FAINT: Final[Colour] = (140, 155, 185)
_LINE: Final[Colour] = (60, 75, 105)
_RAISED: Final[Colour] = (255, 143, 46)
_LOWERED: Final[Colour] = (87, 168, 255)

_LEFT, _TOP = 64, 112
_BAND_PX: Final = 4
_PANEL = (grid.HISTORY_FRAMES, grid.MEL_BANDS * _BAND_PX)
_GAP: Final = 14
_SIDE: Final = 110
_BENEATH: Final = 110
_WIDTH = _LEFT + _PANEL[0] + _GAP + _SIDE + 20
_HEIGHT = _TOP + _PANEL[1] + _GAP + _BENEATH + 44
_RANGE_DB: Final = 50.0
_SMOOTH: Final = (11, 3)
"""Frames and bands that a part is drawn over: single cells jump."""
_LETTERS: Final = 140


def write_svg(path: Path, explanation: Explanation, title: str) -> None:
    """Draw it into a file for its owner alone, replacing one that is there."""
    canvas = SvgCanvas(_WIDTH, _HEIGHT, _PAPER)
    draw(canvas, explanation, title)
    write_private(path, canvas.document())


def write_png(path: Path, explanation: Explanation, title: str) -> None:
    """The same as PNG. Raises ``UsageError`` where Pillow is missing."""
    check_png()
    canvas = PngCanvas(_WIDTH, _HEIGHT, _PAPER)
    draw(canvas, explanation, title)
    write_private(path, canvas.document())


def check_png() -> None:
    """Raises ``UsageError`` where Pillow is missing."""
    if find_spec("PIL") is None:
        raise UsageError(
            "A PNG needs Pillow, which is not installed.",
            f"{installing('pictures')}, or draw it with --svg.",
        )


def draw(canvas: Canvas, explanation: Explanation, title: str) -> None:
    """The spectrogram with the parts over it, their sums beneath by second and beside by band."""
    done = explanation.attribution
    parts = by_second(done.parts)
    canvas.text(_LEFT, 30, plain(title, _LETTERS), 16, _INK)
    sentence = " ".join([tell(explanation).sentence + ".", *doubts(explanation)])
    for row, line in enumerate(wrap(sentence, _LETTERS)[:2]):
        canvas.text(_LEFT, 52 + 18 * row, line, 13, _INK)
    canvas.text(
        _LEFT,
        94,
        f"index {done.index:.3f}, with every band at its background {done.baseline:.3f}: orange raised it, blue held "
        "it down",
        12,
        _FAINT,
    )
    canvas.pixels(_LEFT, _TOP, overlaid(explanation))
    _pitches(canvas, parts.sum(axis=0))
    _seconds(canvas, parts.sum(axis=1), explanation.t)


def overlaid(explanation: Explanation) -> Pixels:
    """The log-mel spectrogram in grey, coloured where its parts moved the index: (rows, columns, 3)."""
    level = explanation.history.frames.astype(np.float64)
    grey = 20.0 + 140.0 * np.clip((level - level.max()) / _RANGE_DB + 1.0, 0.0, 1.0)
    parts = _smooth(explanation.attribution.parts)
    strength = np.clip(np.abs(parts) / max(float(np.abs(parts).max()), 1e-12), 0.0, 1.0) ** 0.6
    colour = np.where((parts > 0)[..., None], np.array(_RAISED, float), np.array(_LOWERED, float))
    share = 0.9 * strength[..., None]
    mixed = (1.0 - share) * grey[..., None] + share * colour
    upright = mixed.transpose(1, 0, 2)[::-1].repeat(_BAND_PX, axis=0)
    return np.ascontiguousarray(np.rint(upright).astype(np.uint8))


def _smooth(parts: Floats) -> Floats:
    """Moving means over neighbouring frames and bands."""
    for axis, width in enumerate(_SMOOTH):
        padded = np.pad(parts, [(width // 2, width // 2) if i == axis else (0, 0) for i in (0, 1)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=axis)
        parts = windows.mean(axis=-1)
    return parts


def _pitches(canvas: Canvas, moved: Floats) -> None:
    """Ticks at the left, bars at the right."""
    bounds = band_bounds_hz()
    for hz in (250, 500, 1000, 2000, 4000, 8000):
        band = float(np.interp(hz, bounds, np.arange(len(bounds))))
        y = _TOP + _PANEL[1] - band * _BAND_PX
        canvas.rect(_LEFT - 5, y, 5, 1, _FAINT)
        canvas.text(_LEFT - 8, y + 4, f"{hz} Hz", 11, _FAINT, "end")
    left = _LEFT + _PANEL[0] + _GAP
    zero, length = _zero(moved, _SIDE)
    for band, value in enumerate(moved.tolist()):
        y = _TOP + _PANEL[1] - (band + 1) * _BAND_PX
        start, size = left + zero + min(value * length, 0.0), abs(value) * length
        canvas.rect(start, y, size, _BAND_PX - 1, _RAISED if value > 0 else _LOWERED)
    canvas.rect(left + zero, _TOP, 1, _PANEL[1], _LINE)
    canvas.text(left, _TOP - 6, "by pitch", 11, _FAINT)


def _seconds(canvas: Canvas, moved: Floats, t: float) -> None:
    """Bars beneath, and the time in seconds before the moment."""
    top = _TOP + _PANEL[1] + _GAP
    right = _LEFT + _PANEL[0]
    second = _PANEL[0] / grid.HISTORY_S
    zero, height = _zero(-moved, _BENEATH)
    for back, value in enumerate(moved.tolist()):
        y, size = top + zero - max(value * height, 0.0), abs(value) * height
        x = max(right - (back + 1) * second, _LEFT)
        canvas.rect(x, y, right - back * second - x - 1, size, _RAISED if value > 0 else _LOWERED)
    canvas.rect(_LEFT, top + zero, _PANEL[0], 1, _LINE)
    canvas.text(_LEFT - 8, top + 12, f"{float(np.abs(moved).max()):.3f}", 11, _FAINT, "end")
    canvas.text(right + _GAP, top + 12, "by second", 11, _FAINT)
    for back in range(0, int(grid.HISTORY_S), 5):
        x = right - back * second
        canvas.rect(x, top + _BENEATH + 4, 1, 5, _FAINT)
        name = clock_time(t) if back == 0 else f"-{back} s"
        canvas.text(x, top + _BENEATH + 22, name, 11, _FAINT, "middle")


def _zero(values: Floats, room: float) -> tuple[float, float]:
    """Where zero lies in ``room`` so that both signs fit, and how long a bar of 1 is."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    span = max(high - low, 1e-12)
    return -low / span * room, room / span
