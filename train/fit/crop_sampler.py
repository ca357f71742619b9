"""Short crops of many matches: what the encoder learns from first, before the head sees whole histories.

A segment holds a minute of one crowd, so a batch of segments holds few crowds, and a network that sees few at a time
learns each by heart. A batch of crops holds hundreds, each with its own colour and noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from train.data.matches import TrainingMatch
from train.data.simulated import ALARM_KINDS, KINDS
from train.data.soft_targets import sounding
from train.fit.augmentation import Augmentation, Frames, change_sound, mask
from train.fit.batched_front_end import front_end_of

COLUMNS: Final = 5
"""Columns of a crop, whose mean is read."""
_PAST: Final = (250, 900)
"""Frames of sound before a stretch that its front end has heard."""
_STRETCH: Final = 400
"""Frames of the stretch that crops are cut from."""
_CRY_SHARE, _OTHER_SHARE = 0.42, 0.43
"""Shares of stretches around a cry and around another sound; the rest are from anywhere."""
_BEFORE_S: Final = (1.0, 8.0)
_AFTER_ONSET_S: Final = (0.3, 6.0)
_NOW: Final = round(2.0 / grid.HOP_S)
"""A kind counts by its share of the last frames of a crop."""


@dataclass(frozen=True, slots=True)
class CropSettings:
    """``stretches`` a batch and ``crops`` cut from each."""

    stretches: int = 40
    crops: int = 5


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """Front-end frames (n, t, MEL_BANDS, channels) and what sounds at their ends (n, kinds + 1), cries last.

    ``weights`` (n, kinds + 1) are 0 where nobody knows.
    """

    frames: Frames
    tags: NDArray[np.float32]
    weights: NDArray[np.float32]


class CropSampler:
    """Draws batches of crops; every one is a function of the random numbers given alone.

    Args:
        matches: what to draw from; of one that was not simulated the label stands for the cry.
        front_end: which front end makes the network's input.
        encoder: whose columns are taught; a crop holds ``COLUMNS`` of them.
        augmentation: changes that leave what sounds true.
        settings: how many.
        sounds: real sounds to lay over, as frames in dB.
    """

    def __init__(
        self,
        matches: Sequence[TrainingMatch],
        front_end: FrontEndConfig,
        encoder: EncoderConfig,
        augmentation: Augmentation,
        settings: CropSettings,
        sounds: Sequence[Frames] = (),
    ) -> None:
        self._matches = list(matches)
        self._front_end = front_end
        self._length = encoder.receptive_field + (COLUMNS - 1) * encoder.time_stride
        self._augmentation = augmentation
        self._settings = settings
        self._sounds = sounds
        self._cries, self._others = _anchors(self._matches)

    def batch(self, rng: np.random.Generator) -> Crops:
        """Draw a batch."""
        count, each = self._settings.stretches, self._settings.crops
        frames = np.empty((count, _PAST[1] + _STRETCH, grid.MEL_BANDS), np.float32)
        starts = np.empty(count, np.int64)
        places: list[tuple[TrainingMatch, int, int]] = []
        for i in range(count):
            match, first, moment = self._place(rng)
            past = min(first, int(rng.integers(_PAST[0], _PAST[1] + 1)))
            starts[i] = _PAST[1] - past
            heard = match.read(first - past, first + _STRETCH)
            frames[i, starts[i] :] = change_sound(heard, rng, self._augmentation, self._sounds)
            frames[i, : starts[i]] = frames[i, starts[i]]
            places.append((match, first, moment))
        stretches = front_end_of(frames, starts, self._front_end)[:, _PAST[1] :]
        given = np.empty((count * each, self._length, *stretches.shape[2:]), np.float32)
        tags = np.zeros((count * each, len(KINDS) + 1), np.float32)
        weights = np.ones_like(tags)
        for i, (match, first, moment) in enumerate(places):
            known = sounding(match, first, first + _STRETCH)
            for j in range(each):
                end = (
                    moment + round(rng.uniform(*_AFTER_ONSET_S) / grid.HOP_S) if j == 0 else int(rng.integers(_STRETCH))
                )
                end = min(max(end, self._length), _STRETCH)
                row = i * each + j
                given[row] = stretches[i, end - self._length : end]
                tags[row, :-1] = known[max(0, end - _NOW) : end, :-1].mean(axis=0)
                tags[row, -1] = known[end - 1, -1]
                weights[row, :-1] = match.simulated
        mask(given, rng, self._augmentation)
        return self._mixed(rng, given, tags, weights)

    def _place(self, rng: np.random.Generator) -> tuple[TrainingMatch, int, int]:
        """A match, the first frame of a stretch in it, and the frame of the stretch that it is about."""
        draw = rng.random()
        groups = self._cries if draw < _CRY_SHARE else self._others if draw < _CRY_SHARE + _OTHER_SHARE else []
        if groups:
            group = groups[int(rng.integers(len(groups)))]
            which, t_s = group[int(rng.integers(len(group)))]
            match, moment = self._matches[which], round(t_s / grid.HOP_S)
        else:
            match = self._matches[int(rng.integers(len(self._matches)))]
            moment = int(rng.integers(match.frames))
        first = moment - round(rng.uniform(*_BEFORE_S) / grid.HOP_S)
        first = min(max(first, 0), match.frames - _STRETCH)
        return match, first, moment - first

    def _mixed(
        self,
        rng: np.random.Generator,
        frames: Frames,
        tags: NDArray[np.float32],
        weights: NDArray[np.float32],
    ) -> Crops:
        if self._augmentation.mixup <= 0:
            return Crops(frames, tags, weights)
        share = rng.beta(self._augmentation.mixup, self._augmentation.mixup, len(frames)).astype(np.float32)
        share = np.maximum(share, 1 - share)
        other = rng.permutation(len(frames))
        wide = share[:, None, None, None]
        return Crops(
            wide * frames + (1 - wide) * frames[other],
            share[:, None] * tags + (1 - share[:, None]) * tags[other],
            weights * weights[other],
        )


def _anchors(matches: Sequence[TrainingMatch]) -> tuple[list[list[tuple[int, float]]], list[list[tuple[int, float]]]]:
    """Moments (match, seconds) of cries and of other sounds, each by kind so that kinds are drawn equally often."""
    cries: dict[str, list[tuple[int, float]]] = {}
    others: dict[str, list[tuple[int, float]]] = {}
    for i, match in enumerate(matches):
        for heard in match.sounds:
            groups = cries if heard.kind in ALARM_KINDS else others
            groups.setdefault(heard.kind, []).append((i, heard.onset_s))
        if not match.simulated:
            rises = np.flatnonzero(np.diff(match.labels.truth.astype(np.int8), prepend=0) == 1)
            cries.setdefault("", []).extend((i, float(match.end_times_s()[rise])) for rise in rises)
    return [cries[kind] for kind in sorted(cries) if cries[kind]], [others[kind] for kind in sorted(others)]
