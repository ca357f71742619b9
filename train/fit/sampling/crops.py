"""Short crops of many matches: what the encoder learns from first, before the head sees whole histories.

A segment holds a minute of one crowd, so a batch of segments holds few crowds, and a network that sees few at a time
learns each by heart. A batch of crops holds hundreds, each with its own colour and noise.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import Frames
from engine.core import grid
from train.data.matches import TrainingMatch
from train.data.simulated import KINDS
from train.data.soft_targets import sounding
from train.fit.sampling.augmentation import mask
from train.fit.sampling.moments import Mixup, Stretches, danger_onsets, draw_moment, in_order, sounds_by_kind
from train.fit.settings import FitSettings
from train.fit.training_data import TrainingData

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
        data: what to draw from; of a match that was not simulated the label stands for the cry.
        settings: how many crops, for which encoder, and what is done to them; a crop holds ``COLUMNS`` of its columns.
    """

    def __init__(self, data: TrainingData, settings: FitSettings) -> None:
        self._matches = list(data.train_matches)
        self._overlay_sounds = data.overlay_sounds
        self._settings = settings
        self._length = settings.encoder.receptive_field + (COLUMNS - 1) * settings.encoder.time_stride
        cries, others = sounds_by_kind(self._matches)
        for number, match in enumerate(self._matches):
            if not match.simulated:
                cries.setdefault("", []).extend(danger_onsets(number, match))
        self._cries, self._others = in_order(cries), in_order(others)

    def batch(self, rng: np.random.Generator) -> Crops:
        """Draw a batch."""
        settings, count = self._settings, self._settings.crops.stretches
        stretches = Stretches(count, _STRETCH, _PAST)
        places: list[tuple[TrainingMatch, int, int]] = []
        for i in range(count):
            match, first, moment = self._place(rng)
            stretches.draw(i, match, first, rng, settings.augmentation, self._overlay_sounds)
            places.append((match, first, moment))
        crops = self._cut(stretches.through(settings.front_end), places, rng)
        mask(crops.frames, rng, settings.augmentation)
        if settings.augmentation.mixup <= 0:
            return crops
        mixup = Mixup.draw(rng, len(crops.frames), settings.augmentation.mixup)
        return Crops(mixup.mix(crops.frames), mixup.mix(crops.tags), mixup.both(crops.weights))

    def _cut(self, stretches: Frames, places: list[tuple[TrainingMatch, int, int]], rng: np.random.Generator) -> Crops:
        """Several crops of each stretch, the first of them a little after the moment that the stretch is about."""
        each = self._settings.crops.crops
        frames = np.empty((len(places) * each, self._length, *stretches.shape[2:]), np.float32)
        tags = np.zeros((len(frames), len(KINDS) + 1), np.float32)
        weights = np.ones_like(tags)
        for i, (match, first, moment) in enumerate(places):
            known = sounding(match, first, first + _STRETCH)
            for j in range(each):
                end = (
                    moment + round(rng.uniform(*_AFTER_ONSET_S) / grid.HOP_S) if j == 0 else int(rng.integers(_STRETCH))
                )
                end = min(max(end, self._length), _STRETCH)
                row = i * each + j
                frames[row] = stretches[i, end - self._length : end]
                tags[row, :-1] = known[max(0, end - _NOW) : end, :-1].mean(axis=0)
                tags[row, -1] = known[end - 1, -1]
                weights[row, :-1] = match.simulated
        return Crops(frames, tags, weights)

    def _place(self, rng: np.random.Generator) -> tuple[TrainingMatch, int, int]:
        """A match, the first frame of a stretch in it, and the frame of the stretch that it is about."""
        draw = rng.random()
        groups = self._cries if draw < _CRY_SHARE else self._others if draw < _CRY_SHARE + _OTHER_SHARE else []
        if groups:
            number, t_s = draw_moment(rng, groups)
            match, moment = self._matches[number], round(t_s / grid.HOP_S)
        else:
            match = self._matches[int(rng.integers(len(self._matches)))]
            moment = int(rng.integers(match.frames))
        first = moment - round(rng.uniform(*_BEFORE_S) / grid.HOP_S)
        first = min(max(first, 0), match.frames - _STRETCH)
        return match, first, moment - first
