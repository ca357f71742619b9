"""Targets for simulated matches: how likely danger is, given what the simulated crowd cries out.

An event's own label is a noisy thing to learn from: some chances pass in silence, and the crowd cries out over tackles
and decisions. Sound tells of danger through the crowd alone, so the expectation of the label given the crowd's cries
has the same best answer with far less noise (Rao and Blackwell). Only the training matches are counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from train.dataset import TrainingMatch
from train.simulated import ALARM_KINDS

_KINDS: Final = tuple(sorted(ALARM_KINDS))
_LEVELS_DB: Final = np.array([4.0, 7.0, 10.0, 13.0, 16.0])
_AGES_S: Final = np.array([1.0, 3.0, 6.0, 10.0, 16.0, 30.0])
_PRIOR_WINDOWS: Final = 8.0
"""Windows' worth of the kind's own share that a cell starts with, so that a cell seen twice claims little."""
_SHAPE: Final = (len(_KINDS) + 1, len(_LEVELS_DB) + 1, len(_AGES_S) + 1)


def crowd_state(match: TrainingMatch) -> NDArray[np.int64]:
    """For each window end the cell (kind, loudness, age) of the cry that stands out then: (ends, 3).

    A cry stands out from its onset until ten seconds after it ended, the loudest first; kind 0 is none.
    """
    times_s = match.end_times_s()
    state = np.zeros((len(times_s), 3), np.int64)
    loudest = np.full(len(times_s), -np.inf)
    for heard in match.sounds:
        if heard.kind not in ALARM_KINDS:
            continue
        age_s = times_s - heard.onset_s
        stands_out = (age_s >= 0) & (times_s <= heard.end_s + 10.0) & (heard.level_db > loudest)
        loudest[stands_out] = heard.level_db
        state[stands_out, 0] = 1 + _KINDS.index(heard.kind)
        state[stands_out, 1] = np.searchsorted(_LEVELS_DB, heard.level_db)
        state[stands_out, 2] = np.searchsorted(_AGES_S, age_s[stands_out])
    return state


@dataclass(frozen=True, slots=True, eq=False)
class Teacher:
    """The share of danger in each cell of ``crowd_state``."""

    shares: NDArray[np.float64]

    @classmethod
    def of(cls, matches: Iterable[TrainingMatch]) -> "Teacher":
        """Count the simulated ones among ``matches``."""
        danger, windows = np.zeros(_SHAPE), np.zeros(_SHAPE)
        for match in matches:
            if match.drawn:
                cells = tuple(crowd_state(match).T)
                np.add.at(windows, cells, 1.0)
                np.add.at(danger, cells, match.labels.truth)
        kind_share = danger.sum((1, 2), keepdims=True) / np.maximum(windows.sum((1, 2), keepdims=True), 1.0)
        return cls((danger + _PRIOR_WINDOWS * kind_share) / (windows + _PRIOR_WINDOWS))

    def targets(self, match: TrainingMatch) -> NDArray[np.float32]:
        """The share of danger at each of the match's window ends, (ends,)."""
        return np.asarray(self.shares[tuple(crowd_state(match).T)], np.float32)
