"""Danger events and the peaks of a scorer as SoccerNet's spotting task counts them."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.football.soccernet import Spot
from train.evaluate.predictions import MatchPredictions
from train.metrics.average_map import AT_1_S, LOOSE_S, TIGHT_S, SpotCounts, count_spots, ranked
from train.metrics.ranking import Scores

DANGER: Final = "danger"
_APART_S: Final = 10.0
_HALF_S: Final = 7200.0


def spot_counts(name: str, tests: Sequence[MatchPredictions], lag_s: float) -> dict[str, list[SpotCounts]]:
    """Counts by match for SoccerNet's averages: as they are, and with the lag of the validation matches taken off."""
    truth = [[_spot(event.t_s, 1.0) for event in predicted.events] for predicted in tests]
    counts: dict[str, list[SpotCounts]] = {}
    for suffix, lag in (("", 0.0), ("_lag_removed", lag_s)):
        found = ranked(
            [
                [_spot(t - lag, value) for t, value in _peaks(predicted.t_s, predicted.scores[name])]
                for predicted in tests
            ]
        )
        for label, deltas_s in (("map_loose", LOOSE_S), ("map_tight", TIGHT_S), ("map_at_1", AT_1_S)):
            counts[label + suffix] = [
                count_spots(events, spots, (DANGER,), deltas_s) for events, spots in zip(truth, found, strict=True)
            ]
    return counts


def _spot(t_s: float, confidence: float) -> Spot:
    """A moment of the sound on SoccerNet's raster; two hours fit into what it calls a half."""
    half, within_s = divmod(max(t_s, 0.0), _HALF_S)
    return Spot(1 + int(half), round(within_s * 1000), DANGER, confidence)


def _peaks(t_s: Scores, scores: Scores) -> list[tuple[float, float]]:
    """The highest score, the next highest at least ``_APART_S`` from it, and so on to the end."""
    left = scores.astype(np.float64).copy()
    found = []
    while len(left) and left.max() > -np.inf:
        peak = int(np.argmax(left))
        found.append((float(t_s[peak]), float(scores[peak])))
        first, last = np.searchsorted(t_s, [t_s[peak] - _APART_S, t_s[peak] + _APART_S])
        left[first : last + 1] = -np.inf
    return found
