"""What a row is judged by: simulated stretches kept apart, and reels of real sounds; and the table of it all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from engine.audio.log_mel import Frames
from engine.model.calibration import Calibration
from engine.model.network import MlxNetwork
from train.data.labels import Danger
from train.data.real_sounds.reel_truth import ReelTruth
from train.data.soft_targets import crying
from train.evaluate.predictions import ends_of, index_of, times_of
from train.evaluate.real_sounds.reels import Track, reel_figures
from train.fit.predict import Predicted
from train.metrics.bootstrap import draws_of, interval
from train.metrics.ranking import exact_levels, roc_auc

Figures = dict[str, list[float | None]]
"""By name: the figure, and the two ends of its interval where it has one."""
_STEP: Final = 8
_DRAWS: Final = 500
_FAMILIES: Final = ((False, "real reactions", "real frames"), (True, "other sources", "other sources, frames"))
"""Of reels: whether they hold one part of the sources alone, and what their two columns are called."""


def measure(found: Sequence[Predicted], seed: int) -> Figures:
    """ROC-AUC of danger and of cries over stretches of matches, with 95 % intervals by stretch."""
    draws = draws_of(len(found), _DRAWS, np.random.default_rng(seed))
    truths = {
        "danger": [Danger().apply(one.match.on_sound, one.match.ends).truth for one in found],
        "cries": [crying(one.match.sounds, one.times_s) for one in found],
    }
    figures: Figures = {}
    for name, truth in truths.items():

        def pooled(weights: Any, truth: Sequence[Any] = truth) -> float:
            chosen = np.repeat(np.arange(len(found)), weights.astype(int)).tolist()
            scores = np.concatenate([found[i].log_odds for i in chosen])
            return float(roc_auc(exact_levels(scores, np.concatenate([truth[i] for i in chosen]))))

        value = interval(pooled, draws)
        figures[name] = [value.value, value.low, value.high]
    return figures


def unheard(truth: ReelTruth, heard: Collection[int]) -> ReelTruth:
    """The reel with the clips of the folds that a row may have been trained with neither right nor wrong."""
    clips = tuple(replace(clip, group="applause") if clip.fold in heard else clip for clip in truth.clips)
    return replace(truth, clips=clips)


def measure_reels(network: MlxNetwork, reels: Sequence[tuple[Frames, ReelTruth]], seed: int) -> Figures:
    """How well reactions are told from all else, by clip and frame by frame.

    Reels of one part of the sources (``train.experiments.make_reel --part``) have columns of their own.
    """
    figures: Figures = {}
    for of_part, events, frames in _FAMILIES:
        tracks = []
        for mel, truth in reels:
            if bool(truth.part) == of_part:
                ends = ends_of(len(mel), _STEP)
                tracks.append(Track(truth, times_of(ends), index_of(network, Calibration(), _STEP)(mel, ends)))
        if tracks:
            found = reel_figures(tracks, np.random.default_rng(seed), draws=_DRAWS)
            figures[events] = [found.event_auc.value, found.event_auc.low, found.event_auc.high]
            figures[frames] = [found.frame_auc, None, None]
    return figures


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a Markdown table."""
    names = [name for name in rows[0] if name != "row"]

    def cell(value: Sequence[float | None]) -> str:
        middle, low, high = value
        return f"{middle:.3f}" + ("" if low is None or high is None else f" ({low:.3f} to {high:.3f})")

    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    lines += [f"| {row['row']} | " + " | ".join(cell(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines) + "\n"
