"""An explanation in a sentence: what moved the index most, by pitch and time. It names no sources, only what was
measured; whether 80 Hz was a drum is for whoever was there to say.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import band_edges_hz
from engine.core.clock_text import clock_time
from engine.core.heard_tags import NOTHING_CLEAR, in_words
from engine.explain.attribution import LEAST_DIFFERENCE, TOLERANCE, Attribution, by_second
from engine.explain.explanation import Explanation

Floats: TypeAlias = NDArray[np.float64]

_MOST_TIME: Final = 0.6
"""An area is the shortest stretch of seconds with this share of what moved the index ..."""
_MOST_PITCH: Final = 0.75
"""... and in it the narrowest pitches with this share of that."""
_BLUR: Final = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
"""Weights of neighbouring bands before parts are told into raised and lowered: from one band to the next they jump, and
a sentence is about pitches that a person could point at."""
_WORTH_SAYING: Final = 0.15
"""What counted against the rest is named from this share of it on ..."""
_COMPACT_S: Final = 8
"""... where most of it lies in so few seconds."""


@dataclass(frozen=True, slots=True)
class Area:
    """A stretch of time and pitch. ``older_s`` and ``newer_s`` count back from the moment; ``amount`` is what its parts
    moved the index by, ``share`` that as a share of all parts that were looked at.
    """

    older_s: int
    newer_s: int
    low_hz: float
    high_hz: float
    amount: float
    share: float


@cache
def band_bounds_hz() -> Floats:
    """Where the mel bands meet, (MEL_BANDS + 1,): band ``b`` is the strongest from bound ``b`` to ``b + 1``."""
    edges = band_edges_hz()
    return (edges[:-1] + edges[1:]) / 2


def area_of(parts: Floats) -> Area | None:
    """The area of ``parts`` (seconds, MEL_BANDS) that holds most of their sum; None where that is not above zero.

    What lies in one second, or within it in one band, is summed before the shortest stretch is looked for.
    """
    total = float(parts.sum())
    if total <= 0.0:
        return None
    newest, oldest = _shortest(np.maximum(parts.sum(axis=1), 0.0), _MOST_TIME)
    low, high = _shortest(np.maximum(parts[newest:oldest].sum(axis=0), 0.0), _MOST_PITCH)
    amount = float(parts[newest:oldest, low:high].sum())
    bounds = band_bounds_hz()
    return Area(oldest, newest, float(bounds[low]), float(bounds[high]), amount, amount / total)


def _blurred(parts: Floats) -> Floats:
    """Parts (seconds, bands) spread over neighbouring bands; their sum stays."""
    reach = len(_BLUR) // 2
    padded = np.pad(parts, [(0, 0), (reach, reach)], mode="symmetric")
    return np.lib.stride_tricks.sliding_window_view(padded, len(_BLUR), axis=1) @ _BLUR


def _shortest(values: Floats, share: float) -> tuple[int, int]:
    """The shortest stretch [first, last) with this share of ``values``; of several the one with the largest sum."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    enough = share * sums[-1]
    for width in range(1, len(values)):
        held = sums[width:] - sums[:-width]
        first = int(np.argmax(held))
        if held[first] >= enough:
            return first, first + width
    return 0, len(values)


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to say: the area that moved the index its way, and the one that held against it."""

    mostly: Area | None
    against: Area | None
    sentence: str


def tell(explanation: Explanation) -> Told:
    """The sentence for people, and the areas that it speaks of."""
    done = explanation.attribution
    parts = _blurred(by_second(done.parts))
    if abs(done.difference) < LEAST_DIFFERENCE:
        return Told(
            None,
            None,
            f"nothing moved it much: it stood at {done.index:.3f}, and without all that stood out from the background "
            f"it would have stood at {done.baseline:.3f}",
        )
    way = 1.0 if done.difference > 0 else -1.0
    mostly = area_of(way * parts)
    assert mostly is not None  # the parts sum to a difference
    what = "rise" if way > 0 else "fall"
    share = f"{mostly.share:.0%} of the {what}" if mostly.share <= 1.0 else f"more than the whole {what}"
    sentence = f"mostly {place(mostly)}: {share}"
    against = area_of(np.maximum(-way * parts, 0.0))
    if against is not None and _worth_saying(against, float(np.maximum(way * parts, 0.0).sum())):
        return Told(mostly, against, f"{sentence}; {place(against)} counted against it most")
    return Told(mostly, None, sentence)


def _worth_saying(against: Area, rest: float) -> bool:
    """Whether there is much of it beside what went the other way, and in one place that can be pointed at."""
    much = against.amount / against.share >= _WORTH_SAYING * rest
    return much and against.older_s - against.newer_s <= _COMPACT_S


def place(area: Area) -> str:
    """Pitch and time of an area: ``600-1000 Hz in the last 4 s``."""
    if area.newer_s == 0:
        when = "in the last second" if area.older_s == 1 else f"in the last {area.older_s} s"
    else:
        when = f"{area.older_s} to {area.newer_s} s before"
    return f"{pitch(area.low_hz)}-{pitch(area.high_hz)} Hz {when}"


def pitch(hz: float) -> str:
    """A frequency to two significant digits."""
    step = 10.0 ** max(int(np.floor(np.log10(max(hz, 10.0)))) - 1, 0)
    return f"{round(hz / step) * step:.0f}"


def heard_then(explanation: Explanation) -> str:
    """``heard then: chant 0.81, speech 0.22``; empty with weights that tell no tags."""
    if explanation.heard is None:
        return ""
    return f"heard then: {in_words(explanation.heard) or NOTHING_CLEAR}"


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


def how_far(draft: Attribution) -> str:
    """How far an answer is that is still being refined."""
    missed = abs(draft.gap) / max(abs(draft.difference), LEAST_DIFFERENCE)
    return f"{draft.nodes} gradients, the parts miss {missed:.1%} (aim: {TOLERANCE:.0%})"


def title_of(session: str, explanation: Explanation, weights: str) -> str:
    """What is explained."""
    return f"why the index stood at {explanation.then:.2f} at {clock_time(explanation.t)} of {session} ({weights})"
