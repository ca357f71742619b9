"""How well the tags tell real sounds apart, on reels whose truth says what sounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.heard_tags import UNCLEAR, Heard, cause_of, mean_heard
from engine.model.checkpoint import Weights
from engine.simulator.truth import Sounding
from train.data.real_sounds.reel_as_match import kinds_of
from train.data.real_sounds.reel_truth import ReelTruth
from train.data.tags import tag_of, tags_at
from train.evaluate.real_sounds.reels import readings_over
from train.metrics.ranking import average_precision, exact_levels

DECIDED_S: Final = (1.0, 4.0)
"""From when to when after a clip's onset it is listened to, as the detector does before it decides."""
_CERTAIN: Final = 0.5
_HORN_OR_DRUM: Final = "horn or drum"
_JOINED: Final = {"horn": _HORN_OR_DRUM, "drum": _HORN_OR_DRUM}


@dataclass(frozen=True, slots=True, eq=False)
class TagTrack:
    """What was heard in a reel: tags at ``t_s`` (n,)."""

    truth: ReelTruth
    t_s: NDArray[np.float64]
    heard: Sequence[Heard]


@dataclass(frozen=True, slots=True)
class TagFigures:
    """``average_precision`` and ``share`` of the moments, which is what chance has, by tag; ``cause_right`` the share
    of clips whose cause is named right, by group, each source counting once; ``unclear`` the share without a name."""

    average_precision: dict[str, float]
    share: dict[str, float]
    cause_right: dict[str, float]
    unclear: float

    @property
    def cause_right_of_all(self) -> float:
        """The mean over the groups."""
        return float(np.mean(list(self.cause_right.values())))


def listen_for_tags(sound: Path, truth: ReelTruth, weights: Weights) -> TagTrack:
    """The tags over a file. Raises ``InputError``."""
    told = [reading for reading in readings_over(sound, weights) if reading.tags is not None]
    return TagTrack(truth, np.array([reading.t for reading in told]), [reading.tags or {} for reading in told])


def tag_figures(tracks: Sequence[TagTrack]) -> TagFigures:
    """The figures over some reels."""
    names = sorted(tracks[0].heard[0])
    scores, truths = [], []
    for track in tracks:
        sounds = [
            Sounding(kind.value, clip.onset_s, clip.onset_s, clip.end_s, clip.level_db)
            for clip in track.truth.clips
            for kind in kinds_of(clip)
        ]
        heard, _ = tags_at(sounds, track.t_s)
        truths.append(heard)
        scores.append(np.array([[one[name] for name in names] for one in track.heard]))
    score, truth = np.concatenate(scores), np.concatenate(truths)
    return TagFigures(*_by_tag(names, score, truth), *_causes(tracks))


def _by_tag(
    names: Sequence[str], score: NDArray[np.float64], truth: NDArray[np.float32]
) -> tuple[dict[str, float], dict[str, float]]:
    from engine.model.tags import TAG_NAMES

    found, share = {}, {}
    for k, name in enumerate(names):
        mine = truth[:, TAG_NAMES.index(name)]
        sure = (mine >= _CERTAIN) | (mine == 0)
        positive = mine[sure] >= _CERTAIN
        if positive.any():
            found[name] = average_precision(exact_levels(score[sure, k], positive))
            share[name] = float(positive.mean())
    return found, share


def _causes(tracks: Sequence[TagTrack]) -> tuple[dict[str, float], float]:
    """By group the share of clips whose cause is right, each file counting once; and the share of unclear ones."""
    right: dict[str, dict[str, list[bool]]] = {}
    unclear = []
    for track in tracks:
        for clip in track.truth.clips:
            tags = {tag_of(kind.value) for kind in kinds_of(clip)}
            if tags == {"surroundings"}:
                continue
            ends_s = max(min(clip.onset_s + DECIDED_S[1], clip.end_s), clip.onset_s + DECIDED_S[0])
            first, last = np.searchsorted(track.t_s, [clip.onset_s + DECIDED_S[0] / 2, ends_s + 0.1])
            mean = mean_heard(track.heard[first:last])
            if mean is None:
                continue
            cause, _ = cause_of(mean)
            unclear.append(cause == UNCLEAR)
            right.setdefault(clip.group, {}).setdefault(clip.file, []).append(
                cause in {_JOINED.get(tag, tag) for tag in tags}
            )
    by_group = {
        group: float(np.mean([np.mean(of_file) for of_file in files.values()])) for group, files in right.items()
    }
    return dict(sorted(by_group.items())), float(np.mean(unclear))
