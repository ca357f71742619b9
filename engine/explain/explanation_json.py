"""An explanation in numbers, as JSON takes it."""

from typing import Any, Final

import numpy as np

from engine.core.signals import rounded
from engine.explain.attribution import by_bands, by_second
from engine.explain.explanation import Explanation
from engine.explain.in_words import Area, band_bounds_hz, tell

_DIGITS: Final = 7


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
    if explanation.heard is not None:
        row["heard"] = rounded(explanation.heard)
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
