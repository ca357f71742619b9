"""Pictures of a sweep as SVG text: scores by trial, what mattered, all settings at once, and each by itself."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from typing import Any, Final

from train.evaluate.charts import HEIGHT, WIDTH, Line, line_chart

_BEST: Final = "#0072b2"
_USUAL: Final = "#bbb"
_BAR: Final = 26
_ROOM: Final = 0.05
"""Beyond the lowest and the highest, as a share of what lies between them."""
Rows = Sequence[Mapping[str, Any]]


def history(trials: Rows) -> str:
    """Each complete trial's score, and the best so far."""
    complete = [(float(row["number"]), row["score"]) for row in trials if row["state"] == "complete"]
    best, highest = [], -1.0
    for number, score in complete:
        highest = max(highest, score)
        best.append((number, highest))
    last = max(row["number"] for row in trials)
    return line_chart(
        [Line("best so far", best), Line("trial", complete, dots=True, joined=False)],
        "trial",
        "score",
        (-0.5, last + 0.5),
        _limits([score for _, score in complete]),
    )


def slices(tried: Mapping[str, Mapping[str, Any]], complete: Rows) -> dict[str, str]:
    """By setting, the score of each trial over its value; choices stand side by side."""
    found = {}
    scores = _limits([row["score"] for row in complete])
    for name, axis in tried.items():
        points = [(_place(axis, row["params"][name]), row["score"]) for row in complete]
        title = f"log10 of {name}" if axis.get("log") else name
        if "choices" in axis:
            title += ": " + ", ".join(f"{i} {choice}" for i, choice in enumerate(axis["choices"]))
        dots = [Line("trial", points, dots=True, joined=False)]
        found[name] = line_chart(dots, title, "score", _ends(axis), scores)
    return found


def bars(shares: Mapping[str, float]) -> str:
    """A bar a setting, the longest first."""
    height = _BAR * len(shares) + 10
    longest = max([*shares.values(), 1e-9])
    parts = [_begun(height, "how much each setting mattered")]
    for number, (name, share) in enumerate(sorted(shares.items(), key=lambda item: -item[1])):
        y = 8 + _BAR * number
        parts.append(f'<text x="228" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect x="236" y="{y}" width="{340 * share / longest:.1f}" height="18" fill="{_BEST}"/>')
        parts.append(f'<text x="{242 + 340 * share / longest:.1f}" y="{y + 14}">{share:.2f}</text>')
    return "".join(parts) + "</svg>"


def parallel(tried: Mapping[str, Mapping[str, Any]], complete: Rows) -> str:
    """An upright axis a setting and one for the score; a line a trial, the best tenth in front and in colour."""
    names = list(tried)
    scores = _limits([row["score"] for row in complete])
    order = sorted(complete, key=lambda row: row["score"])
    best = max(1, len(order) // 10)
    top, bottom = 30, HEIGHT - 40
    step = (WIDTH - 100) / len(names)
    parts = [_begun(HEIGHT, "settings of all complete trials")]

    def point(axis: int, share: float) -> str:
        return f"{40 + step * axis:.1f} {bottom - share * (bottom - top):.1f}"

    for number, row in enumerate(order):
        shares = [_share(_place(tried[name], row["params"][name]), _ends(tried[name])) for name in names]
        path = "L".join(point(i, share) for i, share in enumerate([*shares, _share(row["score"], scores)]))
        front = number >= len(order) - best
        colour, width = (_BEST, 2.5) if front else (_USUAL, 1)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
    for i, name in enumerate([*names, "score"]):
        low, high = _words(tried[name]) if name in tried else tuple(f"{value:.3f}" for value in scores)
        x = 40 + step * i
        parts.append(f'<path d="M{x:.1f} {top}V{bottom}" stroke="#555"/>')
        parts.append(f'<text x="{x:.1f}" y="{top - 6}" text-anchor="middle">{escape(high)}</text>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{escape(low)}</text>')
        y = bottom + (28 if i % 2 else 40) - 2
        parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle" font-size="10">{escape(name)}</text>')
    return "".join(parts) + "</svg>"


def _begun(height: int, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="12">'
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
    )


def _place(axis: Mapping[str, Any], value: Any) -> float:
    if "choices" in axis:
        return float(axis["choices"].index(value))
    return log10(value) if axis.get("log") else float(value)


def _ends(axis: Mapping[str, Any]) -> tuple[float, float]:
    if "choices" in axis:
        return -0.5, len(axis["choices"]) - 0.5
    return _place(axis, axis["low"]), _place(axis, axis["high"])


def _words(axis: Mapping[str, Any]) -> tuple[str, ...]:
    if "choices" in axis:
        return str(axis["choices"][0]), str(axis["choices"][-1])
    return tuple(f"{axis[end]:.3g}" for end in ("low", "high"))


def _share(value: float, limits: tuple[float, float]) -> float:
    return (value - limits[0]) / (limits[1] - limits[0])


def _limits(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = _ROOM * (high - low) or 0.01
    return low - room, high + room
