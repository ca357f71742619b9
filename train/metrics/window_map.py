"""Classification of windows: how well scores tell in which windows of a recording something happens, class by class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.metrics.bootstrap import Weights
from train.metrics.ranking import Levels, average_precision


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows of one game: how sure each class is, and whether it happens; two arrays (windows, classes)."""

    scores: NDArray[np.float64]
    truth: NDArray[np.bool_]


class ClassifiedWindows:
    """The windows of several games with their scores ordered once, to be weighed by game again and again."""

    def __init__(self, games: Sequence[Windows]) -> None:
        self._game = np.repeat(np.arange(len(games)), [len(one.scores) for one in games])
        self._truth = np.concatenate([one.truth for one in games])
        scores = np.concatenate([one.scores for one in games])
        if np.isnan(scores).any():
            raise ValueError("a score is not a number")
        self._levels = [np.unique(column, return_inverse=True)[1] for column in scores.T]

    def average_precisions(self, often: Weights) -> NDArray[np.float64]:
        """Area under each class's precision-recall curve, every score a threshold; games count as ``often`` (games,)
        says. NaN for a class that never happens."""
        weights = often[self._game]
        found = []
        for level, truth in zip(self._levels, self._truth.T, strict=True):
            count = int(level.max(initial=-1)) + 1
            positive, negative = (
                np.bincount(level[which], weights=weights[which], minlength=count).astype(np.float64)
                for which in (truth, ~truth)
            )
            found.append(average_precision(Levels(positive, negative)))
        return np.array(found)

    def mean(self, often: Weights) -> float:
        """The mean over the classes that happen; NaN where none does."""
        found = self.average_precisions(often)
        there = np.isfinite(found)
        return float(found[there].mean()) if there.any() else float("nan")
