"""What the samplers of segments and of crops share: moments to draw around, stretches of changed sound, and mixup."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import Frames
from engine.core import grid
from engine.model.front_end import FrontEndConfig
from train.data.matches import TrainingMatch
from train.data.simulated import ALARM_KINDS
from train.fit.sampling.augmentation import Augmentation, change_sound
from train.fit.sampling.batched_front_end import front_end_of

Moment = tuple[int, float]
"""The number of a match, and seconds of its sound."""
Moments = dict[str, list[Moment]]
"""Moments by the kind of sound that begins there."""


def sounds_by_kind(matches: Sequence[TrainingMatch]) -> tuple[Moments, Moments]:
    """Where the cries of simulated crowds begin, and where all other simulated sounds do."""
    cries: Moments = {}
    others: Moments = {}
    for number, match in enumerate(matches):
        for sound in match.sounds:
            groups = cries if sound.kind in ALARM_KINDS else others
            name = f"{sound.kind} recorded" if match.recorded else sound.kind
            groups.setdefault(name, []).append((number, sound.onset_s))
    return cries, others


def in_order(moments: Moments) -> list[list[Moment]]:
    """The groups in order of their kinds, without empty ones: what ``draw_moment`` takes."""
    return [moments[kind] for kind in sorted(moments) if moments[kind]]


def danger_onsets(number: int, match: TrainingMatch) -> list[Moment]:
    """The ends of windows at which a match, which has this number, comes into reach of danger by its labels."""
    rises = np.flatnonzero(np.diff(match.labels.truth.astype(np.int8), prepend=0) == 1)
    return [(number, float(match.end_times_s()[rise])) for rise in rises]


def draw_moment(rng: np.random.Generator, groups: Sequence[Sequence[Moment]]) -> Moment:
    """A moment of one of ``groups``, each drawn equally often however many moments it has."""
    group = groups[int(rng.integers(len(groups)))]
    return group[int(rng.integers(len(group)))]


class Stretches:
    """Stretches of sound with their augmentation, each with some of the past that its front end has heard.

    Args:
        count: how many; all are to be drawn before ``through``.
        length: frames of each.
        past: frames of sound before a stretch, least and most; fewer only where the match begins.
    """

    def __init__(self, count: int, length: int, past: tuple[int, int]) -> None:
        self._past = past
        self._length = length
        self._frames = np.empty((count, past[1] + length, grid.MEL_BANDS), np.float32)
        self._starts = np.empty(count, np.int64)

    def draw(
        self,
        i: int,
        match: TrainingMatch,
        first: int,
        rng: np.random.Generator,
        augmentation: Augmentation,
        overlay_sounds: Sequence[Frames],
    ) -> None:
        """Make stretch ``i`` of the frames of ``match`` from ``first`` on."""
        least, most = self._past
        past = min(first, int(rng.integers(least, most + 1)))
        start = self._starts[i] = most - past
        sound = match.read(first - past, first + self._length)
        self._frames[i, start:] = change_sound(sound, rng, augmentation, overlay_sounds)
        self._frames[i, :start] = self._frames[i, start]

    def through(self, front_end: FrontEndConfig) -> Frames:
        """What the front end makes of the stretches, without their past: (count, length, MEL_BANDS, channels)."""
        return front_end_of(self._frames, self._starts, front_end)[:, self._past[1] :]


@dataclass(frozen=True, slots=True, eq=False)
class Mixup:
    """Which other row of a batch is mixed into each, after Zhang et al. (2018); ``share`` (n,) is a row's own."""

    share: NDArray[np.float32]
    other: NDArray[np.int64]

    @classmethod
    def draw(cls, rng: np.random.Generator, size: int, parameter: float) -> "Mixup":
        """For ``size`` rows, with shares from Beta(``parameter``, ``parameter``); a row keeps the larger one."""
        share = rng.beta(parameter, parameter, size).astype(np.float32)
        return cls(np.maximum(share, 1 - share), rng.permutation(size))

    def mix(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows of sound or of targets, (n, ...), mixed."""
        wide = self.share.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(wide * values + (1 - wide) * values[self.other], np.float32)

    def both(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Weights (n, ...) of mixed rows: what is left out of either is left out of the mixture."""
        return weights * weights[self.other]
