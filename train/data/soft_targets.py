"""Targets for simulated matches: how likely danger is, given what the simulated crowd cries out.

An event's own label is a noisy thing to learn from: some chances pass in silence, and the crowd cries out over tackles
and decisions. Sound tells of danger through the crowd alone, so the expectation of the label given the crowd's cries
has the same best answer with far less noise (Rao and Blackwell). Only the training matches are counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.simulator.truth import Sounding
from train.data.matches import TrainingMatch
from train.data.simulated import ALARM_KINDS

_KINDS: Final = tuple(sorted(ALARM_KINDS))
_FRESH_S: Final = (0.5, 8.0)
"""Of a cry is heard after so long, and it is news for so long."""
_LEVELS_DB: Final = np.array([4.0, 7.0, 10.0, 13.0, 16.0])
_AGES_S: Final = np.array([1.0, 3.0, 6.0, 10.0, 16.0, 30.0])
_PRIOR_WINDOWS: Final = 8.0
"""Windows' worth of the kind's own share that a cell starts with, so that a cell seen twice claims little."""
_SHAPE: Final = (len(_KINDS) + 1, len(_LEVELS_DB) + 1, len(_AGES_S) + 1)


def crowd_state(sounds: Iterable[Sounding], times_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """At each moment the cell (kind, loudness, age) of the cry that stands out then: (moments, 3).

    A cry stands out from its onset until ten seconds after it ended, the loudest first; kind 0 is none.
    """
    state = np.zeros((len(times_s), 3), np.int64)
    loudest = np.full(len(times_s), -np.inf)
    for sound in sounds:
        if sound.kind not in ALARM_KINDS:
            continue
        age_s = times_s - sound.onset_s
        stands_out = (age_s >= 0) & (times_s <= sound.end_s + 10.0) & (sound.level_db > loudest)
        loudest[stands_out] = sound.level_db
        state[stands_out, 0] = 1 + _KINDS.index(sound.kind)
        state[stands_out, 1] = np.searchsorted(_LEVELS_DB, sound.level_db)
        state[stands_out, 2] = np.searchsorted(_AGES_S, age_s[stands_out])
    return state


def crying(sounds: Iterable[Sounding], t_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether a cry of the crowd has begun and is still fresh, at each moment."""
    found = np.zeros(len(t_s), dtype=bool)
    for sound in sounds:
        if sound.kind in ALARM_KINDS:
            found |= (t_s >= sound.onset_s + _FRESH_S[0]) & (t_s <= min(sound.end_s, sound.onset_s + _FRESH_S[1]))
    return found


def sounding(match: TrainingMatch, first: int, last: int) -> NDArray[np.bool_]:
    """What sounds in each of the frames ``first`` to ``last``, (frames, kinds + 1): the kinds, then a fresh cry.

    Where nobody knows what sounds, the match's label stands for the cry.
    """
    if match.simulated:
        times_s = grid.end_time_s(np.arange(first + 1, last + 1))
        cry = crying(match.sounds, times_s)
    else:
        at = np.searchsorted(match.ends, np.arange(first + 1, last + 1))
        cry = match.labels.truth[np.minimum(at, len(match.ends) - 1)]
    return np.concatenate([match.tags(first, last), cry[:, None]], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class SoftTargets:
    """The share of danger in each cell of ``crowd_state``."""

    shares: NDArray[np.float64]

    @classmethod
    def of(cls, matches: Iterable[TrainingMatch]) -> "SoftTargets":
        """Count the simulated ones among ``matches`` in which there is play: reels have cries, but no danger."""
        danger, windows = np.zeros(_SHAPE), np.zeros(_SHAPE)
        for match in matches:
            if match.simulated and match.on_sound.play:
                cells = tuple(crowd_state(match.sounds, match.end_times_s()).T)
                np.add.at(windows, cells, 1.0)
                np.add.at(danger, cells, match.labels.truth)
        kind_share = danger.sum((1, 2), keepdims=True) / np.maximum(windows.sum((1, 2), keepdims=True), 1.0)
        return cls((danger + _PRIOR_WINDOWS * kind_share) / (windows + _PRIOR_WINDOWS))

    def share_at(self, sounds: Iterable[Sounding], times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of danger among moments like each of these, (moments,)."""
        return np.asarray(self.shares[tuple(crowd_state(sounds, times_s).T)])

    def targets(self, match: TrainingMatch) -> NDArray[np.float32]:
        """The share of danger at each of the match's window ends, (ends,)."""
        return self.share_at(match.sounds, match.end_times_s()).astype(np.float32)


def targets_of(
    matches: Sequence[TrainingMatch], true_share: float, trained_share: float, cries: float | None
) -> dict[str, NDArray[np.float32]]:
    """What a network is to say at each end of each match, by the match's id.

    For a simulated match ``cries`` is how much of it is whether the crowd cries out just now; the rest is the share of
    danger, moved from ``true_share`` to ``trained_share``. The first is what sound can tell without doubt, and other
    crowds cry out too; the second says how much a cry means. For all other matches, and with None, the label.
    """
    soft_targets = SoftTargets.of(matches)
    targets = {}
    for match in matches:
        if match.simulated and cries is not None:
            danger = oversample(soft_targets.targets(match), true_share, trained_share)
            now = crying(match.sounds, match.end_times_s()).astype(np.float32)
            targets[match.id] = np.float32(cries) * now + np.float32(1.0 - cries) * danger
        else:
            targets[match.id] = match.labels.target
    return targets


def with_teachers(
    targets: Mapping[str, NDArray[np.float32]], taught: Mapping[str, NDArray[np.float32]], share: float
) -> dict[str, NDArray[np.float32]]:
    """``targets``, ``share`` of each being what is ``taught`` of its match, where anything is."""
    return {
        match_id: np.float32(1.0 - share) * mine + np.float32(share) * taught[match_id] if match_id in taught else mine
        for match_id, mine in targets.items()
    }


def oversample(targets: NDArray[np.float32], true_share: float, trained_share: float) -> NDArray[np.float32]:
    """What a probability becomes where danger is ``trained_share`` of all moments instead of ``true_share``.

    The same shift of log-odds that ``engine.model.calibration.undo_prior`` takes back.
    """
    odds = exp(log(trained_share / (1 - trained_share)) - log(true_share / (1 - true_share)))
    p = np.clip(targets.astype(np.float64), 0.0, 1.0)
    return np.asarray(odds * p / (1.0 - p + odds * p), np.float32)
