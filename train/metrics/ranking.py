"""How well scores order moments: ROC-AUC and the area under the precision-recall curve, at every threshold there is.

Both are computed from counts by level of score, so that counts of several matches can be added up, and ties are ties.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """How many moments of each kind have each score: two arrays (levels,), the lowest score first."""

    positive: Counts
    negative: Counts


def exact_levels(scores: Scores, positive: Flags, weights: Scores | None = None) -> Levels:
    """One level for each score there is; each moment counts once, or as often as ``weights`` (n,) says.

    Raises ``ValueError`` for a score that is not a number.
    """
    if np.isnan(scores).any():
        raise ValueError("a score is not a number")
    values, level = np.unique(scores, return_inverse=True)
    often = np.ones(len(scores)) if weights is None else weights
    return Levels(
        np.bincount(level[positive], weights=often[positive], minlength=len(values)).astype(np.float64),
        np.bincount(level[~positive], weights=often[~positive], minlength=len(values)).astype(np.float64),
    )


def shared_edges(scores: Scores, levels: int) -> Scores:
    """Edges between at most ``levels`` levels with about as many moments each: a common scale for several matches."""
    return np.unique(np.quantile(scores, np.linspace(0, 1, levels + 1)[1:-1])) if len(scores) else np.zeros(0)


def binned_levels(scores: Scores, positive: Flags, edges: Scores) -> Levels:
    """Levels between ``edges``: scores within a level count as ties."""
    level = np.searchsorted(edges, scores, side="right")
    count = len(edges) + 1
    return Levels(
        np.bincount(level[positive], minlength=count).astype(np.float64),
        np.bincount(level[~positive], minlength=count).astype(np.float64),
    )


def roc_auc(levels: Levels) -> float:
    """The chance that a positive moment scores above a negative one, ties counting half; NaN without both kinds."""
    positives, negatives = levels.positive.sum(), levels.negative.sum()
    if not positives or not negatives:
        return float("nan")
    below = np.concatenate([[0.0], np.cumsum(levels.negative)[:-1]])
    return float((levels.positive * (below + levels.negative / 2)).sum() / (positives * negatives))


def average_precision(levels: Levels) -> float:
    """Area under the precision-recall curve as a step function, every score a threshold; NaN without positives.

    No grid of thresholds is involved, so the scale of the scores does not matter.
    """
    positives = levels.positive.sum()
    if not positives:
        return float("nan")
    right = np.cumsum(levels.positive[::-1])
    found = right + np.cumsum(levels.negative[::-1])
    gained = levels.positive[::-1]
    here = gained > 0
    return float((gained[here] * right[here] / found[here]).sum() / positives)


def roc_curve(levels: Levels) -> tuple[Scores, Scores]:
    """Share of negatives and of positives at or above each level, from (0, 0) to (1, 1)."""
    with np.errstate(invalid="ignore"):
        false = np.concatenate([[0.0], np.cumsum(levels.negative[::-1]) / levels.negative.sum()])
        true = np.concatenate([[0.0], np.cumsum(levels.positive[::-1]) / levels.positive.sum()])
    return false, true


def spearman(first: Scores, second: Scores) -> float:
    """Spearman's rank correlation with mean ranks for ties; NaN where one of them does not vary."""
    a, b = _mean_ranks(first), _mean_ranks(second)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / scale) if scale else float("nan")


def _mean_ranks(values: Scores) -> Scores:
    _, level, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[level])
