"""From scores at every row to events: each the highest within its reach, by three ways that the field uses."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.spotting.config import NMS, SOFT_NMS, EventSettings

Values = NDArray[np.float64]
Found = list[tuple[int, float]]
"""Rows and confidences."""
_MOST = 2000


@dataclass(frozen=True, slots=True)
class SpottedEvent:
    """An event at ``t_s`` of the recording. ``told_s`` is the time of the recording by which it can be told: the end,
    for a model that reads an archive. ``shares`` is what each channel of a late fusion added, in log-odds."""

    t_s: float
    label: str
    confidence: float
    told_s: float
    shares: dict[str, float] = field(default_factory=dict)


def found_in(scores: Values, settings: EventSettings, rate_hz: float) -> Found:
    """Events of one class, ``scores`` (rows,) in [0, 1], in the order of time."""
    apart = settings.apart_s * rate_hz
    if settings.method == NMS:
        found = suppressed(scores, apart, settings.least)
    elif settings.method == SOFT_NMS:
        found = softly_suppressed(scores, apart, settings.least)
    else:
        found = islands(scores, settings.least)
    return sorted(found)


def suppressed(scores: Values, apart: float, least: float) -> Found:
    """The highest row, the next highest at least half of ``apart`` rows from it, and so on: SoccerNet's own way."""
    free = np.ones(len(scores), dtype=bool)
    half = apart / 2
    found: Found = []
    candidates = np.flatnonzero(scores >= least)
    for row in candidates[np.argsort(-scores[candidates], kind="stable")].tolist():
        if free[row]:
            found.append((row, float(scores[row])))
            free[int(max(row - half, 0)) : row + max(1, int(half))] = False
    return found


def softly_suppressed(scores: Values, apart: float, least: float) -> Found:
    """As ``suppressed``, but a row near a higher one loses by how near it is, by the square, instead of everything."""
    left, half = scores.astype(np.float64), max(apart / 2, 1.0)
    found: Found = []
    while len(left) and len(found) < _MOST:
        row = int(np.argmax(left))
        if left[row] < least or left[row] <= 0:
            break
        found.append((row, float(left[row])))
        low, high = max(0, int(row - half)), int(row + half) + 1
        near = np.arange(low, min(high, len(left)))
        left[near] *= np.minimum(np.abs(near - row) / half, 1.0) ** 2
    return found


def islands(scores: Values, least: float) -> Found:
    """What stands above the water: each run of rows at or above ``least``, at its middle, as sure as its highest."""
    above = np.concatenate([[False], scores >= least, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1]).reshape(-1, 2)
    return [((low + high - 1) // 2, float(scores[low:high].max())) for low, high in edges.tolist()]


def told_live(scores: Values, apart: float, least: float) -> Found:
    """Events as a causal model tells them: a row higher than the next one, and than all that was told ``apart`` rows
    before it; nothing is taken back."""
    tops = np.flatnonzero((scores[:-1] > scores[1:]) & (scores[:-1] >= least))
    found: Found = []
    for row in tops.tolist():
        recent = [value for told, value in found[-8:] if row - told < apart]
        if not recent or scores[row] > max(recent):
            found.append((row, float(scores[row])))
    return found
