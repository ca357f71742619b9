"""An explanation in numbers, and as text with plots for a terminal."""

from typing import Any, Final

import numpy as np

from engine.core.clock_text import clock_time
from engine.explain.attribution import (
    BAND_GROUP,
    LEAST_DIFFERENCE,
    TOLERANCE,
    Attribution,
    by_bands,
    by_second,
)
from engine.explain.explanation import Explanation
from engine.explain.in_words import Area, band_bounds_hz, pitch, tell
from tui.cli.output import print_lines, print_plot

_HEIGHT: Final = 11
_GROUPS: Final = 16
_DIGITS: Final = 7
_FAINTEST: Final = 0.02
"""Of the longest bar; plotext would draw shorter ones as long as this."""


def numbers(explanation: Explanation) -> dict[str, Any]:
    """All there is, as JSON: times in seconds of sound, oldest first; parts in units of the index.

    ``parts[i][b]`` is what band ``b`` moved the index by in the second that ``seconds[i]`` describes.
    """
    done = explanation.attribution
    told = tell(explanation)
    parts = by_second(done.parts)[::-1]
    bounds = band_bounds_hz()
    row: dict[str, Any] = {
        "t": round(explanation.t, 4),
        "index": _short(done.index),
        "index_then": _short(explanation.then),
        "same_as_then": explanation.same,
        "baseline": _short(done.baseline),
        "difference": _short(done.difference),
        "gap": _short(done.gap),
        "complete": done.complete,
        "gradients": done.nodes,
        "sentence": told.sentence,
        "mostly": _area(told.mostly, explanation.t),
        "against": _area(told.against, explanation.t),
        "seconds": [
            {
                "from_s": round(explanation.t - back - 1, 4),
                "to_s": round(explanation.t - back, 4),
                "moved": _short(moved),
            }
            for back, moved in zip(range(len(parts) - 1, -1, -1), parts.sum(axis=1).tolist(), strict=True)
        ],
        "bands": [
            {"low_hz": round(float(low), 1), "high_hz": round(float(high), 1), "moved": _short(moved)}
            for low, high, moved in zip(bounds[:-1], bounds[1:], parts.sum(axis=0).tolist(), strict=True)
        ],
        "parts": [[_short(value) for value in second] for second in parts.tolist()],
    }
    if explanation.occlusion is not None:
        other = explanation.occlusion
        row["occlusion"] = {
            "by_second": [_short(value) for value in other.by_second[::-1].tolist()],
            "by_bands": [_short(value) for value in other.by_bands.tolist()],
            "agreement_by_second": agreement(parts.sum(axis=1), other.by_second[::-1]),
            "agreement_by_bands": agreement(by_bands(parts), other.by_bands),
        }
    return row


def agreement(one: Any, other: Any) -> float | None:
    """Pearson's correlation, None where one of them does not vary."""
    if np.ptp(one) == 0.0 or np.ptp(other) == 0.0:
        return None
    return round(float(np.corrcoef(one, other)[0, 1]), 3)


def show(explanation: Explanation, title: str) -> None:
    """Print it to stdout: the sentence, the seconds, the pitches, and how far to trust it."""
    done = explanation.attribution
    parts = by_second(done.parts)
    print_lines(title)
    print_lines(
        f"index {done.index:.3f}; with every pitch at its own background {done.baseline:.3f}; "
        f"what follows makes up the {done.difference:+.3f} between"
    )
    print_lines(tell(explanation).sentence)
    print_lines("\nmoved the index by, second by second (seconds before the moment)")
    _bars([-(back + 0.5) for back in range(len(parts))], parts.sum(axis=1).tolist(), None)
    groups = np.array_split(np.arange(parts.shape[1]), _GROUPS)
    bounds = band_bounds_hz()
    print_lines("\nmoved the index by, pitch by pitch (Hz)")
    _bars(
        [float(i) for i in range(_GROUPS)],
        [float(parts[:, group].sum()) for group in groups],
        [pitch(float(bounds[group[len(group) // 2]])) for group in groups],
    )
    print_lines(f"\nthe parts sum to the difference but for {abs(done.gap):.5f}, after {done.nodes} gradients")
    if explanation.occlusion is not None:
        by_time = agreement(parts.sum(axis=1), explanation.occlusion.by_second)
        by_pitch = agreement(by_bands(parts), explanation.occlusion.by_bands)
        if by_time is not None and by_pitch is not None:
            print_lines(
                f"taking a second, or {BAND_GROUP} bands, away and asking again: r = {by_time:.2f} by second, "
                f"{by_pitch:.2f} by pitch"
            )
    for line in doubts(explanation):
        print_lines(line)


def doubts(explanation: Explanation) -> list[str]:
    """What a person should know before believing it; empty if there is nothing."""
    found = []
    if not explanation.same:
        found.append(
            f"heard again the index is {explanation.attribution.index:.3f}, not the {explanation.then:.3f} of the "
            "session: other weights, or sound before it was not kept"
        )
    if not explanation.attribution.complete:
        found.append("the parts do not sum to the difference as closely as they should (1 %)")
    return found


def progress(draft: Attribution) -> str:
    """How far an answer is that is still being refined."""
    missed = abs(draft.gap) / max(abs(draft.difference), LEAST_DIFFERENCE)
    return f"{draft.nodes} gradients, the parts miss {missed:.1%} (aim: {TOLERANCE:.0%})"


def title_of(session: str, explanation: Explanation, weights: str) -> str:
    """What is explained."""
    return f"why the index stood at {explanation.then:.2f} at {clock_time(explanation.t)} of {session} ({weights})"


def _bars(places: list[float], values: list[float], names: list[str] | None) -> None:
    import plotext

    least = _FAINTEST * max(map(abs, values))
    drawn = [(place, value) for place, value in zip(places, values, strict=True) if abs(value) > least]
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(None, _HEIGHT)
    if drawn:
        plotext.bar([place for place, _ in drawn], [value for _, value in drawn], width=0.9)
    plotext.xlim(min(places) - 0.5, max(places) + 0.5)
    if names is not None:
        plotext.xticks(places, names)
    else:
        plotext.xticks([-30, -20, -10, 0])
    print_plot()


def _area(area: Area | None, t: float) -> dict[str, float] | None:
    if area is None:
        return None
    return {
        "from_s": round(t - area.older_s, 4),
        "to_s": round(t - area.newer_s, 4),
        "low_hz": round(area.low_hz, 1),
        "high_hz": round(area.high_hz, 1),
        "share": round(area.share, 4),
    }


def _short(value: float) -> float:
    return round(float(value), _DIGITS)
