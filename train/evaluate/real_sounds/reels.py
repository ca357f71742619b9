"""Listening to reels of real sounds: does the index tell the crowd's reactions from everything that is as loud?

The bootstrap draws sources of sound (files, where a reel names no sources), not clips: a reel plays the same few
reactions again and again, and how a scorer does on them says little about others. That makes the intervals as wide as
they should be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.log_mel import Frames, LogMel
from engine.audio.media_file import MediaFile
from engine.core import grid
from engine.core.signals import Reading
from engine.live.spike_detector import SpikeSettings
from engine.live.stream import PressureStream
from engine.model.checkpoint import Weights
from train.data.real_sounds.reel_truth import FIRST_S, GAP_S, Placed, ReelTruth
from train.metrics.alarms import decisions_s
from train.metrics.bootstrap import Interval, Resampled, draws_of, interval, resample_figures
from train.metrics.ranking import Flags, Scores, exact_levels, roc_auc, spearman

ALARM_GROUP: Final = "reaction"
APART: Final = frozenset({"applause", "boo"})
"""Reactions that are no alarm: neither right nor wrong."""
BED: Final = "bed"
"""What lies under all clips."""
WITHIN_S: Final = 10.0
SETTLES_S: Final = (1.0, 3.0)
"""How long after the onset and after the end of a reaction the settled figure leaves out."""
_BLOCK: Final = 1024 * grid.HOP


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """What a scorer said of a reel: ``scores`` (n,) at ``t_s`` (n,) seconds; NaN where it said nothing."""

    truth: ReelTruth
    t_s: Scores
    scores: Scores


@dataclass(frozen=True, slots=True)
class ReelFigures:
    """How one scorer did on some reels.

    ``event_auc`` compares the highest score within 10 s of a clip's onset, reactions against all the rest, as the mean
    over the reels; ``by_reel`` each by itself, ``by_group`` against one group at a time. ``frame_auc`` compares every
    reading between onset and end of a reaction with every other; ``settled_frame_auc`` leaves out the second after the
    onset and the three after the end. Alarms an hour are None where no alarms were asked for.
    """

    event_auc: Interval
    by_reel: tuple[float, ...]
    by_group: dict[str, float]
    frame_auc: float
    settled_frame_auc: float
    reactions_caught: float | None = None
    alarms_per_hour: dict[str, float] | None = None

    @property
    def false_alarms_per_hour(self) -> float | None:
        """Alarms an hour of reel that came with a confuser."""
        if self.alarms_per_hour is None:
            return None
        return sum(rate for group, rate in self.alarms_per_hour.items() if group not in (*APART, ALARM_GROUP, BED))

    @property
    def bed_alarms_per_hour(self) -> float | None:
        """Alarms an hour of reel that came with no clip."""
        return None if self.alarms_per_hour is None else self.alarms_per_hour.get(BED, 0.0)


def readings_over(sound: Path, weights: Weights) -> list[Reading]:
    """What is read over a file, through the program's own stream at the live rate. Raises ``InputError``."""
    stream = PressureStream(weights.network, weights.config.calibration)
    source = MediaFile(sound, block_samples=_BLOCK)
    try:
        return [reading for block in source.blocks() for reading in stream.push(block)]
    finally:
        source.close()


def listen(sound: Path, truth: ReelTruth, weights: Weights) -> Track:
    """The index over a file. Raises ``InputError``."""
    readings = readings_over(sound, weights)
    values = [np.nan if reading.pressure is None else reading.pressure for reading in readings]
    return Track(truth, np.array([reading.t for reading in readings]), np.array(values))


def mel_of(sound: Path) -> Frames:
    """The log-mel frames of a file, for the baselines. Raises ``InputError``."""
    log_mel, source = LogMel(), MediaFile(sound, block_samples=_BLOCK)
    try:
        return np.concatenate([log_mel.push(block.samples) for block in source.blocks()])
    finally:
        source.close()


def by_fold(tracks: Sequence[Track]) -> Track:
    """One track of several scorers, number k of which never heard the clips of fold k.

    From the onset of a clip to that of the next the scorer of its fold counts; for a clip in no fold, their mean.
    """
    truth, t_s = tracks[0].truth, tracks[0].t_s
    scores = np.mean([track.scores for track in tracks], axis=0)
    last = _last_clip(truth, t_s)
    folds = np.array([-1 if clip.fold is None else clip.fold for clip in truth.clips] + [-1])[last]
    for k, track in enumerate(tracks):
        scores[folds == k] = track.scores[folds == k]
    return Track(truth, t_s, scores)


def reel_figures(
    tracks: Sequence[Track], rng: np.random.Generator, settings: SpikeSettings | None = None, draws: int = 1000
) -> ReelFigures:
    """The figures of one scorer; ``settings`` are those of its alarms, None for a scorer that raises none."""
    kept = [_kept(track) for track in tracks]
    clips = [clip for track in kept for clip in track.truth.clips]
    highest = np.concatenate([_highest(track) for track in kept])
    reel = np.concatenate([np.full(len(track.truth.clips), i) for i, track in enumerate(kept)])
    counted = np.array([clip.group not in APART for clip in clips]) & ~np.isnan(highest)
    alarm = np.array([clip.group == ALARM_GROUP for clip in clips])
    groups = sorted({clip.group for clip in clips} - {ALARM_GROUP})
    units = sorted({clip.unit for clip in clips})
    unit_of = np.array([units.index(clip.unit) for clip in clips])

    def auc(chosen: Flags, weights: Scores | None = None) -> float:
        return roc_auc(exact_levels(highest[chosen], alarm[chosen], None if weights is None else weights[chosen]))

    def mean_auc(weights: Scores) -> float:
        return float(np.mean([auc(counted & (reel == i), weights[unit_of]) for i in range(len(kept))]))

    ones = np.ones(len(units))
    found = interval(mean_auc, draws_of(len(units), draws, rng)) if len(units) > 1 else Interval(mean_auc(ones))
    frames = [_frame_auc(track, (0.0, 0.0)) for track in kept]
    settled = [_frame_auc(track, SETTLES_S) for track in kept]
    known = ~np.isnan(highest)
    caught, rates = (None, None) if settings is None else _alarms(kept, settings)
    return ReelFigures(
        event_auc=found,
        by_reel=tuple(auc(counted & (reel == i)) for i in range(len(kept))),
        by_group={group: auc(known & (alarm | np.array([clip.group == group for clip in clips]))) for group in groups},
        frame_auc=float(np.mean(frames)),
        settled_frame_auc=float(np.mean(settled)),
        reactions_caught=caught,
        alarms_per_hour=rates,
    )


def compare_by_clip(track: Track, other: Track, rng: np.random.Generator, draws: int = 1000) -> Interval:
    """How much larger the ROC-AUC by clip is over ``track`` than over ``other``, of one reel in the same draws."""
    kept = [_kept(track), _kept(other)]
    highest = [_highest(one) for one in kept]
    clips = track.truth.clips
    counted = np.array([clip.group not in APART for clip in clips]) & ~np.isnan(highest).any(axis=0)
    alarm = np.array([clip.group == ALARM_GROUP for clip in clips])[counted]
    units = sorted({clip.unit for clip in clips})
    unit_of = np.array([units.index(clip.unit) for clip in clips])[counted]
    drawn = draws_of(len(units), draws, rng)

    def resampled(scores: Scores) -> Resampled:
        return resample_figures(lambda often: {"": roc_auc(exact_levels(scores, alarm, often[unit_of]))}, drawn)

    return resampled(highest[0][counted]).difference(resampled(highest[1][counted]), "")


@dataclass(frozen=True, slots=True)
class MoodFigures:
    """Spearman's correlation of the mean score with the mood, by size of the crowd; and the means, by size and mood."""

    spearman: dict[str, float]
    means: dict[str, dict[int, float]]


def mood_figures(track: Track) -> MoodFigures:
    """Whether the loops come out in the order of their moods. A loop's score is the mean from 2 s after its onset."""
    means: dict[str, dict[int, float]] = {}
    for mood in track.truth.moods:
        here = (track.t_s >= mood.onset_s + 2.0) & (track.t_s <= mood.end_s) & ~np.isnan(track.scores)
        if here.any():
            means.setdefault(mood.size, {})[mood.mood] = float(track.scores[here].mean())
    return MoodFigures(
        {
            size: spearman(np.array(list(of_size.values())), np.array(list(of_size), dtype=np.float64))
            for size, of_size in means.items()
        },
        means,
    )


def _kept(track: Track) -> Track:
    """The track from the first clip on, without readings that say nothing."""
    here = (track.t_s >= FIRST_S - WITHIN_S) & ~np.isnan(track.scores)
    return Track(track.truth, track.t_s[here], track.scores[here])


def _highest(track: Track) -> Scores:
    """The highest score within ``WITHIN_S`` of each clip's onset, (clips,); NaN where there is none."""
    found = np.full(len(track.truth.clips), np.nan)
    for i, clip in enumerate(track.truth.clips):
        first, last = np.searchsorted(track.t_s, [clip.onset_s, clip.onset_s + WITHIN_S])
        if last > first:
            found[i] = track.scores[first:last].max()
    return found


def _frame_auc(track: Track, settles_s: tuple[float, float]) -> float:
    positive = np.zeros(len(track.t_s), dtype=bool)
    left_out = np.zeros(len(track.t_s), dtype=bool)
    for clip in track.truth.clips:
        during = (track.t_s >= clip.onset_s) & (track.t_s <= clip.end_s)
        if clip.group in APART:
            left_out |= during
        elif clip.group == ALARM_GROUP:
            positive |= during
            left_out |= (track.t_s >= clip.onset_s) & (track.t_s < clip.onset_s + settles_s[0])
            left_out |= (track.t_s > clip.end_s) & (track.t_s < clip.end_s + settles_s[1])
    return roc_auc(exact_levels(track.scores[~left_out], positive[~left_out]))


def _last_clip(truth: ReelTruth, t_s: Scores) -> np.ndarray:
    """The number of the newest clip at each moment; one past the last for none yet."""
    newest = np.searchsorted(np.array([clip.onset_s for clip in truth.clips]), t_s, side="right") - 1
    return np.where(newest < 0, len(truth.clips), newest)


def _alarms(tracks: Sequence[Track], settings: SpikeSettings) -> tuple[float | None, dict[str, float]]:
    """The share of reactions with an alarm within ``WITHIN_S``, and alarms an hour by what they came with."""
    rates: dict[str, float] = {}
    caught, reactions = 0, 0
    hours = sum(track.truth.duration_s for track in tracks) / 3600.0
    for track in tracks:
        alarmed: set[int] = set()
        clips: tuple[Placed, ...] = track.truth.clips
        decided = decisions_s(track.t_s, track.scores, settings)
        for t, last in zip(decided, _last_clip(track.truth, np.array(decided)).tolist(), strict=True):
            with_clip = last < len(clips) and t <= clips[last].onset_s + GAP_S[0]
            group = clips[last].group if with_clip else BED
            rates[group] = rates.get(group, 0.0) + 1 / hours
            if with_clip and t <= clips[last].onset_s + WITHIN_S:
                alarmed.add(last)
        mine = [i for i, clip in enumerate(clips) if clip.group == ALARM_GROUP]
        reactions += len(mine)
        caught += sum(i in alarmed for i in mine)
    share = caught / reactions if reactions else float("nan")
    return (None if isnan(share) else share), dict(sorted(rates.items()))
