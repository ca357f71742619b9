"""Which stretches of which matches make up a batch: balanced between what is rare and what is usual.

Every batch is a function of the seed and its number alone, so training taken up after a kill goes on as it would have.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.model.front_end import FrontEndConfig
from train.data.matches import TrainingMatch
from train.data.simulated import ALARM_KINDS, KINDS
from train.data.soft_targets import sounding
from train.fit.augmentation import Augmentation, Frames, change_sound, mask
from train.fit.batched_front_end import front_end_of
from train.fit.segment_network import segment_frames

LONGEST_PAST_FRAMES: Final = 1600
"""How much sound before a segment its front end has heard at most: 74 s, two and a half of its time constants."""
SHARES: Final[Mapping[str, float]] = {"danger": 0.15, "alarm": 0.3, "other": 0.2, "hard": 0.15, "any": 0.2}
"""Shares of a batch: around danger, around a cry, around any other sound, where the model was wrong, anywhere."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Segments (n, t, MEL_BANDS, channels) with what they teach.

    ``targets`` and ``weights`` are of shape (n, histories); ``tags`` (n, columns, kinds + 1) and ``tag_weights`` (n,),
    0 where nobody knows what sounded.
    """

    segments: Frames
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    tags: NDArray[np.float32]
    tag_weights: NDArray[np.float32]


class SegmentSampler:
    """Draws batches of segments.

    Args:
        matches: what to draw from.
        targets: for each match, by id, the target at each of its ends.
        front_end: which front end makes the network's input.
        histories: labelled histories a segment.
        columns: for a number of frames, first frame and width of each of the encoder's columns in it.
        hard: moments where a model that had not seen the match was wrong: (id, seconds of sound).
        sounds: real sounds to lay over, as frames in dB.
    """

    def __init__(
        self,
        matches: Sequence[TrainingMatch],
        targets: Mapping[str, NDArray[np.float32]],
        front_end: FrontEndConfig,
        histories: int,
        columns: Callable[[int], NDArray[np.int64]],
        augmentation: Augmentation,
        smoothing: float,
        hard: Sequence[tuple[str, float]] = (),
        sounds: Sequence[Frames] = (),
    ) -> None:
        self._matches = list(matches)
        self._targets = targets
        self._front_end = front_end
        self._histories = histories
        self._length = segment_frames(histories)
        self._centres = columns(self._length)
        self._augmentation = augmentation
        self._smoothing = smoothing
        self._sounds = sounds
        self._anchors = self._find_anchors(hard)
        shares = {name: share for name, share in SHARES.items() if name == "any" or self._anchors.get(name)}
        self._names = tuple(shares)
        self._shares = np.array(list(shares.values())) / sum(shares.values())

    def _find_anchors(self, hard: Sequence[tuple[str, float]]) -> dict[str, list[list[tuple[int, float]]]]:
        """Moments (match, seconds) by name; each a list of groups that are drawn from equally often."""
        index = {match.id: i for i, match in enumerate(self._matches)}
        danger: list[tuple[int, float]] = []
        alarms: dict[str, list[tuple[int, float]]] = {}
        others: dict[str, list[tuple[int, float]]] = {}
        for i, match in enumerate(self._matches):
            rises = np.flatnonzero(np.diff(match.labels.truth.astype(np.int8), prepend=0) == 1)
            danger += [(i, float(match.end_times_s()[rise])) for rise in rises]
            for heard in match.sounds:
                groups = alarms if heard.kind in ALARM_KINDS else others
                groups.setdefault(heard.kind, []).append((i, heard.onset_s))
        return {
            "danger": [danger] if danger else [],
            "alarm": [alarms[kind] for kind in sorted(alarms)],
            "other": [others[kind] for kind in sorted(others)],
            "hard": [[(index[name], t_s) for name, t_s in hard if name in index]] if hard else [],
        }

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Draw ``size`` segments."""
        frames = np.empty((size, LONGEST_PAST_FRAMES + self._length, grid.MEL_BANDS), np.float32)
        starts = np.empty(size, np.int64)
        targets = np.empty((size, self._histories), np.float32)
        weights = np.empty_like(targets)
        tags = np.zeros((size, len(self._centres), len(KINDS) + 1), np.float32)
        tag_weights = np.zeros(size, np.float32)
        for i in range(size):
            match, first, row = self._place(rng)
            past = min(first, int(rng.integers(0, LONGEST_PAST_FRAMES + 1)))
            heard = match.read(first - past, first + self._length)
            starts[i] = LONGEST_PAST_FRAMES - past
            frames[i, starts[i] :] = change_sound(heard, rng, self._augmentation, self._sounds)
            frames[i, : starts[i]] = frames[i, starts[i]]
            targets[i] = self._targets[match.id][row]
            weights[i] = match.labels.weight[row]
            if match.simulated:
                tags[i] = sounding(match, first, first + self._length)[self._centres]
                tag_weights[i] = 1.0
        segments = front_end_of(frames, starts, self._front_end)[:, LONGEST_PAST_FRAMES:]
        mask(segments, rng, self._augmentation)
        targets = self._smoothing / 2 + (1 - self._smoothing) * targets
        return self._mixed(rng, Batch(segments, targets, weights, tags, tag_weights))

    def _place(self, rng: np.random.Generator) -> tuple[TrainingMatch, int, NDArray[np.int64]]:
        """A match, the first frame of a segment in it, and the numbers of the ends that are labelled there."""
        name = self._names[int(rng.choice(len(self._names), p=self._shares))]
        groups = self._anchors.get(name, [])
        if groups:
            group = groups[int(rng.integers(len(groups)))]
            which, t_s = group[int(rng.integers(len(group)))]
            match = self._matches[which]
            # The moment comes to lie anywhere among the labelled ends, a little before the first of them included.
            back_s = float(rng.uniform(-4.0, self._histories * grid.WINDOW_HOP_FRAMES * grid.HOP_S))
            end = int(np.searchsorted(match.ends, (t_s - back_s) / grid.HOP_S))
        else:
            match = self._matches[int(rng.integers(len(self._matches)))]
            end = int(rng.integers(len(match.ends)))
        rows = min(max(end, 0), len(match.ends) - self._histories) + np.arange(self._histories)
        return match, int(match.ends[rows[0]]) - grid.HISTORY_FRAMES, rows

    def _mixed(self, rng: np.random.Generator, batch: Batch) -> Batch:
        if self._augmentation.mixup <= 0:
            return batch
        size = len(batch.segments)
        share = rng.beta(self._augmentation.mixup, self._augmentation.mixup, size).astype(np.float32)
        share = np.maximum(share, 1 - share)
        other = rng.permutation(size)

        def mix(values: NDArray[np.float32]) -> NDArray[np.float32]:
            wide = share.reshape(-1, *[1] * (values.ndim - 1))
            return np.asarray(wide * values + (1 - wide) * values[other], np.float32)

        return Batch(
            mix(batch.segments), mix(batch.targets), batch.weights * batch.weights[other], mix(batch.tags),
            batch.tag_weights * batch.tag_weights[other],
        )  # fmt: skip
