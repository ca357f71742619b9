"""What a network is trained on, and what every stage of its training shares."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import Frames
from engine.core import grid
from engine.core.errors import InputError
from train.data.labels import Rule
from train.data.matches import TrainingMatch, check_enough, danger_share, split_folds
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress
from train.fit.network.segment_network import segment_frames
from train.fit.settings import FitSettings

_LEAST_ROOM = 2
"""A match must hold a segment and so many window hops more."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """Matches to train on, and what comes with them.

    ``val_matches`` stop the training, calibrate and choose thresholds; nothing is fitted to them. ``overlay_sounds``
    are real sounds to lay over the others, as frames in dB. ``hard_moments`` are where a network that had not seen the
    match was wrong: (id, seconds of sound). ``val_reels`` are real sounds that choose the alarm line and calibrate the
    tags; nothing is fitted to them. ``taught`` is what other networks say of matches to train on: by the match's id a
    probability at each of its ends, among as much danger as is trained on.
    """

    train_matches: Sequence[TrainingMatch]
    val_matches: Sequence[TrainingMatch] = ()
    overlay_sounds: Sequence[Frames] = ()
    hard_moments: Sequence[tuple[str, float]] = ()
    val_reels: Sequence[TrainingMatch] = ()
    taught: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def in_folds(self, count: int, seed: int) -> "tuple[TrainingData, list[list[TrainingMatch]]]":
        """The data with matches to validate on, and the folds that are left to train on.

        Those given to validate on stay; where there are none, the first of the folds becomes them.
        """
        folds = split_folds(self.train_matches, min(count, len(self.train_matches)), seed)
        # Dealt first: where few matches hold danger, one of them is here.
        val_matches = self.val_matches or folds.pop(0)
        return replace(self, train_matches=[match for fold in folds for match in fold], val_matches=val_matches), folds

    def check(self, histories: int) -> None:
        """Raise ``InputError`` where the matches are too few, of one class, or one is shorter than a segment."""
        check_enough(self.train_matches)
        least = segment_frames(histories) + _LEAST_ROOM * grid.WINDOW_HOP_FRAMES
        for match in self.train_matches:
            if match.frames < least:
                held_s, least_s = match.frames * grid.HOP_S, least * grid.HOP_S
                raise InputError(
                    f"{match.id} holds {held_s:.0f} s of sound, a segment {least_s:.0f} s",
                    "Take it out of the training, or train with fewer --histories.",
                )

    @property
    def true_share(self) -> float:
        """The share of danger in the matches to train on."""
        return danger_share(self.train_matches)

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks of all matches that have a part in it."""
        return tuple(sorted(match.mark for match in (*self.train_matches, *self.val_matches, *self.val_reels)))


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """One training: how, in which folder, who is told how it goes, and the ``true_share`` of danger in all its data."""

    settings: FitSettings
    run: RunFolder
    progress: Callable[[Progress], None]
    true_share: float


def run_inputs(settings: FitSettings, rule: Rule, data: TrainingData) -> dict[str, Any]:
    """All that a run depends on, for its folder: settings, label rule, matches and sounds by their checksums.

    Of matches that are given to validate on the caller says itself what the folder is to keep.
    """
    digest = hashlib.sha256()
    for frames in data.overlay_sounds:
        digest.update(np.ascontiguousarray(frames, np.float32).tobytes())
    return {
        "settings": asdict(settings),
        "rule": {"name": rule.name},
        "real_sounds": len(data.overlay_sounds),
        "real_sounds_sha256": digest.hexdigest(),
        "matches": {match.id: match.digest for match in data.train_matches},
        "val_reels": {match.id: match.digest for match in data.val_reels},
        "simulated": sum(match.simulated for match in data.train_matches),
    }
