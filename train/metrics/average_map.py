"""Average-mAP as SoccerNet's action spotting counts it, without its package.

After ``Evaluation/ActionSpotting.py`` of the package SoccerNet 0.2.0 (Giancola et al., "SoccerNet: A Scalable Dataset
for Action Spotting in Soccer Videos", 2018; tight: Deliège et al., "SoccerNet-v2", 2021), its quirks included:

- time is a raster of ``fps`` frames a second; events in one frame with one label are one, predictions the last one;
- true events in order of time each take the most confident unused prediction at most half of ``delta`` away;
- precision and recall at 200 thresholds from 0 to 1, so confidences far below 1 share a threshold (see
  ``ranked``), and 0/0 counts as 0;
- average precision by 11 points, so a single missed event caps it at 10/11; a class that never happens scores 0;
- predictions below 0 are none;
- a prediction counts as one of what the broadcast showed, or did not show, as the nearest true event of its label does,
  halfway the later one; in a half without such an event it counts as one of what was not shown;
- the mean over what was not shown is multiplied by 17/13 (four classes of SoccerNet-v2's test games were always shown),
  unless there is a single ``delta``.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
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
_UNSHOWN_SCALE: Final = 17 / 13


class Events(StrEnum):
    """Which true events are looked for."""

    ALL = "all"
    VISIBLE = "visible"
    UNSHOWN = "unshown"


@dataclass(frozen=True, slots=True, eq=False)
class SpotCounts:
    """What one game, or several added up, came to.

    ``right`` are right predictions at or above each threshold, shape (deltas, classes, thresholds); ``found`` all
    predictions, shape (classes, thresholds); ``events`` true events, shape (classes,). Several games that are not
    added up yet have one more axis before these.
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
    return count_by_visibility(truth, found, labels, deltas_s, fps)[Events.ALL]


def count_by_visibility(
    truth: Sequence[Spot], found: Sequence[Spot], labels: Sequence[str], deltas_s: Sequence[int], fps: int = 2
) -> dict[Events, SpotCounts]:
    """As ``count_spots``: of all events, of those that the broadcast showed, and of those that it did not show."""
    classes = {label: c for c, label in enumerate(labels)}
    true, predicted = _raster(truth, classes, fps), _raster(found, classes, fps)
    every, visible = _Tally(len(deltas_s), len(labels)), _Tally(len(deltas_s), len(labels))
    for key in true.keys() | predicted.keys():
        _, c = key
        events = sorted((frame, spot.shown) for frame, spot in true.get(key, {}).items())
        every.events[c] += len(events)
        visible.events[c] += sum(shown for _, shown in events)
        named = sorted((frame, spot.confidence) for frame, spot in predicted.get(key, {}).items())
        frames = [frame for frame, value in named if value >= 0]
        values = [value for _, value in named if value >= 0]
        if not frames:
            continue
        level = np.searchsorted(_THRESHOLDS, values, side="right")
        near = _near_shown(frames, events)
        np.add.at(every.found[c], level, 1.0)
        np.add.at(visible.found[c], level[near], 1.0)
        true_frames = [frame for frame, _ in events]
        for d, delta_s in enumerate(deltas_s):
            taken = _taken(true_frames, frames, values, delta_s * fps)
            if taken:
                np.add.at(every.right[d, c], level[taken], 1.0)
                np.add.at(visible.right[d, c], level[taken][near[taken]], 1.0)
    every_counts, visible_counts = every.counts(), visible.counts()
    unshown = SpotCounts(
        every_counts.right - visible_counts.right,
        every_counts.found - visible_counts.found,
        every_counts.events - visible_counts.events,
    )
    return {Events.ALL: every_counts, Events.VISIBLE: visible_counts, Events.UNSHOWN: unshown}


class _Tally:
    """Counts by the number of thresholds that a confidence reaches."""

    def __init__(self, deltas: int, classes: int) -> None:
        self.right = np.zeros((deltas, classes, len(_THRESHOLDS) + 1))
        self.found = np.zeros((classes, len(_THRESHOLDS) + 1))
        self.events = np.zeros(classes)

    def counts(self) -> SpotCounts:
        def at_or_above(levels: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(levels[..., :0:-1].cumsum(axis=-1)[..., ::-1])

        return SpotCounts(at_or_above(self.right), at_or_above(self.found), self.events)


def stack_games(games: Sequence[SpotCounts]) -> SpotCounts:
    """The counts of several games in arrays with one more axis before the others, to be weighed again and again."""
    return SpotCounts(
        np.stack([game.right for game in games]),
        np.stack([game.found for game in games]),
        np.stack([game.events for game in games]),
    )


def weigh_games(stacked: SpotCounts, weights: NDArray[np.float64]) -> SpotCounts:
    """Stacked counts added up, each game as often as ``weights`` (games,) says."""
    return SpotCounts(
        np.tensordot(weights, stacked.right, 1),
        np.tensordot(weights, stacked.found, 1),
        np.tensordot(weights, stacked.events, 1),
    )


def add_up(games: Sequence[SpotCounts], weights: NDArray[np.float64] | None = None) -> SpotCounts:
    """The counts of all games together, each as often as ``weights`` (games,) says."""
    often = np.ones(len(games)) if weights is None else weights
    used = np.flatnonzero(often).tolist()  # of a bootstrap's draw a third are not
    return weigh_games(stack_games([games[n] for n in used]), often[used])


def average_precisions(counts: SpotCounts) -> NDArray[np.float64]:
    """11-point average precision, shape (deltas, classes)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.nan_to_num(counts.right / counts.found)
        recall = np.nan_to_num(counts.right / counts.events[:, None])
    # Recall falls as the threshold rises: what reaches a recall are the thresholds up to the last one that does.
    best = np.maximum.accumulate(precision, axis=-1)
    total = np.zeros(recall.shape[:2])
    for least in _RECALLS:
        reached = np.count_nonzero(recall >= least, axis=-1)
        last = np.take_along_axis(best, np.maximum(reached - 1, 0)[..., None], axis=-1)[..., 0]
        total += np.where(reached > 0, last, 0.0)
    return total / len(_RECALLS)


def average_map(counts: SpotCounts) -> float:
    """Mean over the classes, averaged over the deltas by the trapezoidal rule, in [0, 1]."""
    return float(class_averages(counts).mean())


def class_averages(counts: SpotCounts) -> NDArray[np.float64]:
    """Average precision of each class, averaged over the deltas by the trapezoidal rule, shape (classes,)."""
    by_delta = average_precisions(counts)
    if len(by_delta) == 1:
        return np.asarray(by_delta[0])
    return np.asarray(np.mean((by_delta[:-1] + by_delta[1:]) / 2, axis=0))


def package_mean(counts: SpotCounts, which: Events) -> float:
    """The mean that SoccerNet's package prints: as ``average_map``, but for the scale of what was not shown."""
    scale = _UNSHOWN_SCALE if which is Events.UNSHOWN and len(counts.right) > 1 else 1.0
    return scale * average_map(counts)


def ranked(found: Sequence[Sequence[Spot]]) -> list[list[Spot]]:
    """The predictions of several games with their confidences replaced by their joint rank, from just above 0 to 1.

    The order stays and ties stay ties; all 200 thresholds are put to use, whatever scale the confidences had.
    """
    values = np.unique([spot.confidence for game in found for spot in game])
    rank = {float(value): (i + 1) / len(values) for i, value in enumerate(values)}
    return [
        [Spot(spot.half, spot.position_ms, spot.label, rank[float(spot.confidence)]) for spot in game] for game in found
    ]


def _raster(spots: Sequence[Spot], classes: dict[str, int], fps: int) -> dict[tuple[int, int], dict[int, Spot]]:
    """Spots by half, class and frame; of several in one frame the last one counts, and what lies beyond the half is at
    its end."""
    found: dict[tuple[int, int], dict[int, Spot]] = {}
    for spot in spots:
        c = classes.get(spot.label)
        if c is not None and spot.half in HALVES:
            if spot.position_ms < 0:
                raise ValueError(f"a position lies {-spot.position_ms} ms before the kick-off")
            frame = min(int(fps * (spot.position_ms / 1000)), _HALF_S * fps - 1)
            found.setdefault((spot.half, c), {})[frame] = spot
    return found


def _near_shown(frames: Sequence[int], events: Sequence[tuple[int, bool]]) -> NDArray[np.bool_]:
    """Whether the true event nearest to each frame was shown; False where there is none."""
    if not events:
        return np.zeros(len(frames), dtype=np.bool_)
    at = np.array([frame for frame, _ in events])
    nearest = np.searchsorted((at[:-1] + at[1:]) // 2, np.asarray(frames, dtype=np.int64), side="right")
    return np.array([shown for _, shown in events], dtype=np.bool_)[nearest]


def _taken(true_frames: Sequence[int], frames: Sequence[int], values: Sequence[float], delta_frames: int) -> list[int]:
    """Which predictions true events take, each the best one within reach that is left; of equals the earliest."""
    taken: list[int] = []
    used = set[int]()
    reach = delta_frames / 2
    for true_frame in true_frames:
        best = -1
        for n in range(bisect_left(frames, true_frame - reach), bisect_right(frames, true_frame + reach)):
            if n not in used and (best < 0 or values[n] > values[best]):
                best = n
        if best >= 0:
            used.add(best)
            taken.append(best)
    return taken
