"""Line charts as SVG text: small, sharp at any size, and readable without colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 16, 16, 52
_COLOURS: Final = ("#0072b2", "#d55e00", "#56b4e9", "#e69f00", "#555555", "#cc79a7", "#009e73")
"""Okabe and Ito's, told apart by the colour-blind; the dashes tell them apart without any."""
_DASHES: Final = ("", "8 3", "3 3", "10 3 2 3", "1 4", "14 4", "6 2 2 2")
_TICKS: Final = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A named line through ``points``, joined in their order; ``dots`` marks each of them, alone unless ``joined``."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False
    joined: bool = True


def line_chart(
    lines: Sequence[Line],
    x_title: str,
    y_title: str,
    x_limits: tuple[float, float],
    y_limits: tuple[float, float],
    diagonal: bool = False,
) -> str:
    """An SVG document. ``diagonal`` draws the line on which both axes say the same.

    Raises ``ValueError`` for limits without anything between them.
    """
    if x_limits[0] >= x_limits[1] or y_limits[0] >= y_limits[1]:
        raise ValueError(f"nothing lies between {x_limits} and {y_limits}")
    x_scale = _Scale(x_limits, _LEFT, WIDTH - _RIGHT)
    y_scale = _Scale(y_limits, HEIGHT - _BOTTOM, _TOP)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(y_title)} against {escape(x_title)}" font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for value in ticks(*x_limits):
        x = x_scale(value)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{HEIGHT - _BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - _BOTTOM + 16}" text-anchor="middle">{value:g}</text>')
    for value in ticks(*y_limits):
        y = y_scale(value)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    if diagonal:
        low, high = max(x_limits[0], y_limits[0]), min(x_limits[1], y_limits[1])
        parts.append(
            f'<path d="M{x_scale(low):.1f} {y_scale(low):.1f}L{x_scale(high):.1f} {y_scale(high):.1f}" stroke="#999"/>'
        )
    for number, line in enumerate(lines):
        parts += _drawn(line, number, [(x_scale(x), y_scale(y)) for x, y in line.points])
    parts.append(
        f'<text x="{(_LEFT + WIDTH - _RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x_title)}</text>'
        f'<text transform="translate(14 {(_TOP + HEIGHT - _BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_title)}</text></svg>"
    )
    return "".join(parts)


def legend(names: Sequence[str]) -> str:
    """An SVG document that shows how each line is drawn, in one row a line."""
    rows = []
    for number, name in enumerate(names):
        y = 14 + 18 * number
        rows.append(f'<path d="M4 {y - 4}H52" {_stroke(number)}/><text x="60" y="{y}">{escape(name)}</text>')
    height = 8 + 18 * len(names)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 {height}" width="240" height="{height}" '
        f'font-family="sans-serif" font-size="12">{"".join(rows)}</svg>'
    )


def ticks(low: float, high: float) -> list[float]:
    """About ``_TICKS`` round numbers from ``low`` to ``high``."""
    raw = (high - low) / _TICKS
    power = 10.0 ** floor(log10(raw))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= raw * 0.999)
    first = ceil(low / step - 1e-9)
    return [round(step * i, 10) for i in range(first, floor(high / step + 1e-9) + 1)]


def _drawn(line: Line, number: int, points: Sequence[tuple[float, float]]) -> list[str]:
    if not points:
        return []
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    parts = []
    if line.joined:
        parts.append(f'<path d="M{path}" fill="none" {_stroke(number)}><title>{escape(line.name)}</title></path>')
    if line.dots:
        colour = _COLOURS[number % len(_COLOURS)]
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    return parts


def _stroke(number: int) -> str:
    colour, dash = _COLOURS[number % len(_COLOURS)], _DASHES[number % len(_DASHES)]
    return f'stroke="{colour}" stroke-width="{2.5 if number == 0 else 1.6}" stroke-dasharray="{dash}"'


class _Scale:
    """Maps [low, high] to pixels; what lies beyond is put on the edge."""

    def __init__(self, limits: tuple[float, float], first: float, last: float) -> None:
        self._low, self._high = limits
        self._first, self._last = first, last

    def __call__(self, value: float) -> float:
        share = (min(max(value, self._low), self._high) - self._low) / (self._high - self._low)
        return self._first + share * (self._last - self._first)
