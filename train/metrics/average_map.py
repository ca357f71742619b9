"""Average-mAP as SoccerNet's action spotting counts it, without its package.

After ``Evaluation/ActionSpotting.py`` of the package SoccerNet 0.2.0 (Giancola et al., "SoccerNet: A Scalable Dataset
for Action Spotting in Soccer Videos", 2018; tight: Deliège et al., "SoccerNet-v2", 2021), its quirks included:

- time is a raster of ``fps`` frames a second; events in one frame with one label are one, predictions the last one;
- true events in order of time each take the most confident unused prediction at most half of ``delta`` away;
- precision and recall at 200 thresholds from 0 to 1, so confidences far below 1 share a threshold (see
  ``ranked``), and 0/0 counts as 0;
- average precision by 11 points, so a single missed event caps it at 10/11; a class that never happens scores 0;
- predictions below 0 are none.

Whether an event was visible in the broadcast plays no part here: the figure is the package's over all events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.football.soccernet import HALVES, Spot

LOOSE_S: Final = tuple(range(5, 61, 5))
TIGHT_S: Final = tuple(range(1, 6))
AT_1_S: Final = (1,)

_HALF_S: Final = 120 * 60
_THRESHOLDS: Final = np.linspace(0, 1, 200)
_RECALLS: Final = np.arange(11) / 10


@dataclass(frozen=True, slots=True, eq=False)
class SpotCounts:
    """What one game, or several added up, came to.

    ``right`` are right predictions at or above each threshold, shape (deltas, classes, thresholds); ``found`` all
    predictions, shape (classes, thresholds); ``events`` true events, shape (classes,).
    """

    right: NDArray[np.float64]
    found: NDArray[np.float64]
    events: NDArray[np.float64]


def count_spots(
    truth: Sequence[Spot], found: Sequence[Spot], labels: Sequence[str], deltas_s: Sequence[int], fps: int = 2
) -> SpotCounts:
    """Compare the predictions of one game with its events. Labels not in ``labels`` are ignored.

    Raises:
        ValueError: a position lies before the kick-off.
    """
    right = np.zeros((len(deltas_s), len(labels), len(_THRESHOLDS)))
    counted = np.zeros((len(labels), len(_THRESHOLDS)))
    events = np.zeros(len(labels))
    for half in HALVES:
        for c, label in enumerate(labels):
            true_frames = sorted(_raster(truth, half, label, fps))
            predicted = {frame: value for frame, value in _raster(found, half, label, fps).items() if value >= 0}
            events[c] += len(true_frames)
            counted[c] += _at_or_above(list(predicted.values()))
            for d, delta_s in enumerate(deltas_s):
                right[d, c] += _at_or_above(_matched(true_frames, predicted, delta_s * fps))
    return SpotCounts(right, counted, events)


def add_up(games: Sequence[SpotCounts], weights: NDArray[np.float64] | None = None) -> SpotCounts:
    """The counts of all games together, each as often as ``weights`` (games,) says."""
    often = np.ones(len(games)) if weights is None else weights
    return SpotCounts(
        sum(w * game.right for w, game in zip(often, games, strict=True)),
        sum(w * game.found for w, game in zip(often, games, strict=True)),
        sum(w * game.events for w, game in zip(often, games, strict=True)),
    )


def average_precisions(counts: SpotCounts) -> NDArray[np.float64]:
    """11-point average precision, shape (deltas, classes)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.nan_to_num(counts.right / counts.found)
        recall = np.nan_to_num(counts.right / counts.events[:, None])
    reached = recall[..., None] >= _RECALLS
    best = np.where(reached, precision[..., None], 0.0).max(axis=2)
    return np.asarray(best.sum(axis=-1) / len(_RECALLS))


def average_map(counts: SpotCounts) -> float:
    """Mean over the classes, averaged over the deltas by the trapezoidal rule, in [0, 1]."""
    by_delta = average_precisions(counts).mean(axis=1)
    if len(by_delta) == 1:
        return float(by_delta[0])
    return float(np.mean((by_delta[:-1] + by_delta[1:]) / 2))


def ranked(found: Sequence[Sequence[Spot]]) -> list[list[Spot]]:
    """The predictions of several games with their confidences replaced by their joint rank, from just above 0 to 1.

    The order stays and ties stay ties; all 200 thresholds are put to use, whatever scale the confidences had.
    """
    values = np.unique([spot.confidence for game in found for spot in game])
    rank = {float(value): (i + 1) / len(values) for i, value in enumerate(values)}
    return [
        [Spot(spot.half, spot.position_ms, spot.label, rank[float(spot.confidence)]) for spot in game] for game in found
    ]


def _raster(spots: Sequence[Spot], half: int, label: str, fps: int) -> dict[int, float]:
    """Confidence by frame; of several in one frame the last one counts, and what lies beyond the half is at its end."""
    frames: dict[int, float] = {}
    for spot in spots:
        if spot.half == half and spot.label == label:
            if spot.position_ms < 0:
                raise ValueError(f"a position lies {-spot.position_ms} ms before the kick-off")
            frames[min(int(fps * (spot.position_ms / 1000)), _HALF_S * fps - 1)] = spot.confidence
    return frames


def _matched(true_frames: Sequence[int], predicted: Mapping[int, float], delta_frames: int) -> list[float]:
    """The confidences of the predictions that true events take, each the best one within reach that is left."""
    frames = np.array(sorted(predicted), dtype=np.int64)
    confidences = np.array([predicted[frame] for frame in frames.tolist()])
    left = np.ones(len(frames), dtype=bool)
    taken = []
    for true_frame in true_frames:
        first, last = np.searchsorted(frames, [true_frame - delta_frames / 2, true_frame + delta_frames / 2 + 0.25])
        near = np.flatnonzero(left[first:last]) + first
        if len(near):
            best = near[np.argmax(confidences[near])]  # of equals the earliest
            left[best] = False
            taken.append(float(confidences[best]))
    return taken


def _at_or_above(confidences: Sequence[float]) -> NDArray[np.float64]:
    ordered = np.sort(np.asarray(confidences, dtype=np.float64))
    return (len(ordered) - np.searchsorted(ordered, _THRESHOLDS, side="left")).astype(np.float64)
