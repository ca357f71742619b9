"""Listening to crowds that rise after their own rest (``train.experiments.make_reel --rises``): is each rise heard?"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Final

import numpy as np

from engine.core import grid
from engine.live.spike_detector import SpikeSettings
from train.data.real_sounds.reel_truth import Rise
from train.evaluate.real_sounds.reels import WITHIN_S, Track
from train.metrics.alarms import decisions_s
from train.metrics.ranking import Flags, Scores, exact_levels, roc_auc

LONG_S: Final = 3.0
"""A rise that goes on for less is too short for an alarm to be asked of it."""
_SETTLED_S: Final = grid.HISTORY_S
"""The rest counts from here on, when what was heard before has left the history."""


@dataclass(frozen=True, slots=True)
class RiseFigures:
    """How one scorer did on rises.

    ``after_against_before``: ROC-AUC of every reading within ``WITHIN_S`` of an onset against those of the rests.
    ``above_rest``: of ``rises``, how many have a reading above all of their own rest. ``alarmed``: of the
    ``long_rises``, which go on for ``LONG_S``, how many have an alarm within ``WITHIN_S``. ``false_alarms`` are those
    in ``steady_minutes`` of rests and steady crowds.
    """

    after_against_before: float
    rises: int
    above_rest: int
    long_rises: int
    alarmed: int
    steady_minutes: float
    false_alarms: int


def rise_figures(tracks: Sequence[Track], settings: SpikeSettings) -> RiseFigures:
    """The figures of one scorer with its alarms."""
    before: list[Scores] = []
    after: list[Scores] = []
    above, long, alarmed, false_alarms, rises = 0, 0, 0, 0, 0
    steady_s = 0.0
    for track in tracks:
        decided = np.array(decisions_s(track.t_s, track.scores, settings))
        for rise in track.truth.rises:
            rest_end = rise.end_s if rise.steady else rise.onset_s
            rest = _between(track, min(rise.rest_s + _SETTLED_S, rest_end), rest_end)
            before.append(rest)
            steady_s += rest_end - rise.rest_s
            false_alarms += int(
                np.sum((decided >= rise.rest_s) & (decided < rest_end) & ~_of_the_last(decided, rise, track))
            )
            if rise.steady:
                continue
            heard = _between(track, rise.onset_s, min(rise.onset_s + WITHIN_S, rise.end_s))
            after.append(heard)
            rises += 1
            above += bool(len(heard) and len(rest) and heard.max() > rest.max())
            if rise.end_s - rise.onset_s >= LONG_S:
                long += 1
                alarmed += bool(np.any((decided >= rise.onset_s) & (decided <= rise.onset_s + WITHIN_S)))
    scores = np.concatenate([*before, *after]) if before else np.zeros(0)
    positive = np.arange(len(scores)) >= sum(map(len, before))
    return RiseFigures(
        after_against_before=roc_auc(exact_levels(scores, positive)) if after else nan,
        rises=rises,
        above_rest=above,
        long_rises=long,
        alarmed=alarmed,
        steady_minutes=steady_s / 60,
        false_alarms=false_alarms,
    )


def _between(track: Track, first_s: float, last_s: float) -> Scores:
    found = track.scores[(track.t_s >= first_s) & (track.t_s < last_s)]
    return np.asarray(found[~np.isnan(found)])


def _of_the_last(decided: Scores, rise: Rise, track: Track) -> Flags:
    """Which alarms at the beginning of a rest answer the rise before it."""
    ended = [other.end_s for other in track.truth.rises if not other.steady and other.end_s <= rise.rest_s]
    return np.asarray(decided < (max(ended) + WITHIN_S if ended else -np.inf))
