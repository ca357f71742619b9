"""How logits become spots: smoothing, distances and offsets that score best, and scores turned into probabilities.

Chosen on halves that were heard by networks which never saw their games.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.commentary.spots import Peak, PeakSettings, live_peaks, peaks
from engine.commentary.word_network import Array
from train.commentary.scoring import Found, count, is_right
from train.commentary.soccernet_label_table import JUDGED, KINDS, Events, Half
from train.fit.fusion_rules import logistic

WITHIN_S: Final = 15.0
"""A spot is right when an event of its kind lies this near: what its probability is one of."""
LEAST: Final = -9.0
"""Logit below which a peak is none: about one in ten thousand."""
_SMOOTH_STEPS: Final = (0.0, 1.5)
_APART_S: Final = (20.0, 40.0, 60.0)
_OFFSETS_S: Final = (-4.0, -2.0, 2.0, 4.0)
_START_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Tuned:
    """Settings, and the figures (loose average-mAP by class, and their mean) that they reached."""

    peaks: PeakSettings
    figures: Mapping[str, float]


def tune(logits: Mapping[Half, Array], events: Mapping[Half, Events], delay_s: float | None) -> Tuned:
    """The settings with the highest figures. With a delay: peaks as they are told live, in time and unsmoothed."""
    kinds = len(KINDS)
    best = Tuned(PeakSettings(0.0, (_START_S,) * kinds, (0.0,) * kinds, LEAST), {"mean": -1.0})
    for smooth in (0.0,) if delay_s is not None else _SMOOTH_STEPS:
        tried = [
            _judged(PeakSettings(smooth, (apart,) * kinds, (0.0,) * kinds, LEAST), logits, events, delay_s)
            for apart in _APART_S
        ]
        best = max([best, _best_of_each(tried, "apart_s")], key=lambda tuned: tuned.figures["mean"])
    if delay_s is None:
        moved = [
            _judged(replace(best.peaks, offset_s=(offset,) * kinds), logits, events, None) for offset in _OFFSETS_S
        ]
        best = _best_of_each([best, *moved], "offset_s")
    return best


def _judged(
    settings: PeakSettings, logits: Mapping[Half, Array], events: Mapping[Half, Events], delay_s: float | None
) -> Tuned:
    return Tuned(settings, count(spots_of(logits, settings, delay_s), events, KINDS).figures())


def _best_of_each(tried: Sequence[Tuned], name: str) -> Tuned:
    """Of settings that differ in ``name`` alone the value that does best, class by class."""
    values = list(getattr(tried[0].peaks, name))
    figures = dict(tried[0].figures)
    for kind, label in enumerate(JUDGED):
        best = max(tried, key=lambda tuned: tuned.figures[label])
        values[kind], figures[label] = getattr(best.peaks, name)[kind], best.figures[label]
    figures["mean"] = float(np.mean([figures[label] for label in JUDGED]))
    changes = {name: tuple(values)}
    return Tuned(replace(tried[0].peaks, **changes), figures)  # type: ignore[arg-type]


def peaks_of(logits: Array, settings: PeakSettings, delay_s: float | None) -> list[Peak]:
    return peaks(logits, settings) if delay_s is None else live_peaks(logits, settings, delay_s)


def spots_of(logits: Mapping[Half, Array], settings: PeakSettings, delay_s: float | None) -> Found:
    """Second, label and score of every peak of every half."""
    return {
        half: [(peak.t_s, KINDS[peak.kind], peak.score) for peak in peaks_of(curves, settings, delay_s)]
        for half, curves in logits.items()
    }


def calibrate(
    logits: Mapping[Half, Array], events: Mapping[Half, Events], settings: PeakSettings, delay_s: float | None
) -> tuple[tuple[float, float], ...]:
    """Slope and offset for every kind, which turn a peak's score into the log-odds that it is right (Platt, 1999)."""
    scores: list[list[float]] = [[] for _ in KINDS]
    right: list[list[bool]] = [[] for _ in KINDS]
    for half, curves in logits.items():
        for peak in peaks_of(curves, settings, delay_s):
            scores[peak.kind].append(peak.score)
            right[peak.kind].append(is_right(peak.t_s, events[half][peak.kind], WITHIN_S))
    fitted = []
    for said, truth in zip(scores, right, strict=True):
        if sum(truth) < 3:
            fitted.append((1.0, 0.0))
            continue
        mean = float(np.mean(said))
        bias, slope, _ = logistic(np.array(said)[:, None] - mean, np.array(truth))
        fitted.append((float(slope[0]), bias - float(slope[0]) * mean))
    return tuple(fitted)
