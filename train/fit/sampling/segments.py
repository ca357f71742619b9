"""Which stretches of which matches make up a batch: balanced between what is rare and what is usual.

Every batch is a function of the seed and its number alone, so training taken up after a kill goes on as it would have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import Frames
from engine.core import grid
from engine.model.encoder import EncoderConfig
from train.data.matches import TrainingMatch
from train.data.simulated import KINDS
from train.data.soft_targets import sounding
from train.data.tagger_as_teacher import CLASSES, heard_at
from train.fit.network.segment_network import segment_frames
from train.fit.sampling.augmentation import mask
from train.fit.sampling.moments import Mixup, Moment, Stretches, danger_onsets, draw_moment, in_order, sounds_by_kind
from train.fit.settings import FitSettings
from train.fit.training_data import TrainingData

LONGEST_PAST_FRAMES: Final = 1600
"""How much sound before a segment its front end has heard at most: 74 s, two and a half of its time constants."""
SHARES: Final[Mapping[str, float]] = {"danger": 0.15, "alarm": 0.3, "other": 0.2, "hard": 0.15, "any": 0.2}
"""Shares of a batch: around danger, around a cry, around any other sound, where the model was wrong, anywhere."""
_NEARLY_ALONE: Final = 0.9
"""From this share on a mixed segment is taken for its own sound: few have a tagger's word, fewer pairs both."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Segments (n, t, MEL_BANDS, channels) with what is to be said of them.

    ``targets`` and ``weights`` are of shape (n, histories); ``tags`` (n, columns, kinds + 1) and ``tag_weights`` (n,),
    0 where nobody knows what sounded; ``heard`` (n, windows, tagger's classes) and ``heard_weights`` (n,), 0 where no
    tagger was asked.
    """

    segments: Frames
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    tags: NDArray[np.float32]
    tag_weights: NDArray[np.float32]
    heard: NDArray[np.float32]
    heard_weights: NDArray[np.float32]


class SegmentSampler:
    """Draws batches of segments.

    Args:
        data: what to draw from: its matches to train on, around their sounds and danger and its hard moments.
        targets: for each match, by id, the target at each of its ends.
        settings: how many segments a batch and labelled histories a segment, and what is done to them.
    """

    def __init__(self, data: TrainingData, targets: Mapping[str, NDArray[np.float32]], settings: FitSettings) -> None:
        self._matches = list(data.train_matches)
        self._overlay_sounds = data.overlay_sounds
        self._targets = targets
        self._settings = settings
        self._length = segment_frames(settings.histories)
        self._centres = column_centres(self._length, settings.encoder)
        self._anchors = self._find_anchors(data.hard_moments)
        shares = {name: share for name, share in SHARES.items() if name == "any" or self._anchors.get(name)}
        self._names = tuple(shares)
        self._shares = np.array(list(shares.values())) / sum(shares.values())

    def _find_anchors(self, hard: Sequence[tuple[str, float]]) -> dict[str, list[list[Moment]]]:
        """Moments by name of their share; each a list of groups that are drawn from equally often."""
        numbers = {match.id: number for number, match in enumerate(self._matches)}
        danger = [moment for number, match in enumerate(self._matches) for moment in danger_onsets(number, match)]
        cries, others = sounds_by_kind(self._matches)
        return {
            "danger": [danger] if danger else [],
            "alarm": in_order(cries),
            "other": in_order(others),
            "hard": [[(numbers[name], t_s) for name, t_s in hard if name in numbers]] if hard else [],
        }

    def batch(self, rng: np.random.Generator) -> Batch:
        """Draw a batch."""
        settings, size = self._settings, self._settings.segments
        stretches = Stretches(size, self._length, (0, LONGEST_PAST_FRAMES))
        targets = np.empty((size, settings.histories), np.float32)
        weights = np.empty_like(targets)
        tags = np.zeros((size, len(self._centres), len(KINDS) + 1), np.float32)
        tag_weights = np.zeros(size, np.float32)
        heard = np.zeros((size, settings.histories + grid.WINDOWS - 1, len(CLASSES)), np.float32)
        heard_weights = np.zeros(size, np.float32)
        for i in range(size):
            match, first, rows = self._place(rng)
            stretches.draw(i, match, first, rng, settings.augmentation, self._overlay_sounds)
            targets[i] = self._targets[match.id][rows]
            weights[i] = match.labels.weight[rows]
            if match.simulated:
                tags[i] = sounding(match, first, first + self._length)[self._centres]
                tag_weights[i] = 1.0
            if match.heard is not None:
                heard[i] = heard_at(match.heard, _window_end_times_s(first, heard.shape[1]))
                heard_weights[i] = 1.0
        segments = stretches.through(settings.front_end)
        mask(segments, rng, settings.augmentation)
        targets = settings.smoothing / 2 + (1 - settings.smoothing) * targets
        if settings.augmentation.mixup <= 0:
            return Batch(segments, targets, weights, tags, tag_weights, heard, heard_weights)
        mixup = Mixup.draw(rng, size, settings.augmentation.mixup)
        alone = mixup.share >= _NEARLY_ALONE
        return Batch(
            mixup.mix(segments), mixup.mix(targets), mixup.both(weights), mixup.mix(tags), mixup.both(tag_weights),
            np.where(alone[:, None, None], heard, mixup.mix(heard)),
            np.where(alone, heard_weights, mixup.both(heard_weights)),
        )  # fmt: skip

    def _place(self, rng: np.random.Generator) -> tuple[TrainingMatch, int, NDArray[np.int64]]:
        """A match, the first frame of a segment in it, and the numbers of the ends that are labelled there."""
        histories = self._settings.histories
        name = self._names[int(rng.choice(len(self._names), p=self._shares))]
        groups = self._anchors.get(name, [])
        if groups:
            number, t_s = draw_moment(rng, groups)
            match = self._matches[number]
            # The moment comes to lie anywhere among the labelled ends, a little before the first of them included.
            back_s = float(rng.uniform(-4.0, histories * grid.WINDOW_HOP_FRAMES * grid.HOP_S))
            end = int(np.searchsorted(match.ends, (t_s - back_s) / grid.HOP_S))
        else:
            match = self._matches[int(rng.integers(len(self._matches)))]
            end = int(rng.integers(len(match.ends)))
        rows = min(max(end, 0), len(match.ends) - histories) + np.arange(histories)
        return match, int(match.ends[rows[0]]) - grid.HISTORY_FRAMES, rows


def _window_end_times_s(first: int, windows: int) -> NDArray[np.float64]:
    """The last moment of each window of a segment that begins with the frame ``first``."""
    return grid.end_time_s(first + grid.WINDOW_FRAMES + grid.WINDOW_HOP_FRAMES * np.arange(windows))


def column_centres(frames: int, encoder: EncoderConfig) -> NDArray[np.int64]:
    """The frame in the middle of each column of a segment of ``frames`` frames."""
    count = (frames - encoder.receptive_field) // encoder.time_stride + 1
    return np.arange(count) * encoder.time_stride + encoder.receptive_field // 2
