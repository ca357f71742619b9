"""Whether a probability is one: Brier score and skill, and expected calibration error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.metrics.ranking import Flags, Scores


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Moments in bins of predicted probability: how many, what was predicted, what was true. Arrays of (bins,).

    ``squared`` is the sum of squared errors over all moments. Those of several matches over the same bins add up.
    """

    moments: NDArray[np.float64]
    predicted: NDArray[np.float64]
    true: NDArray[np.float64]
    squared: float


def equal_mass_edges(predicted: Scores, bins: int) -> Scores:
    """Edges between ``bins`` bins that hold about as many moments each, where the values allow it."""
    return np.unique(np.quantile(predicted, np.linspace(0, 1, bins + 1)[1:-1])) if len(predicted) else np.zeros(0)


def reliability(predicted: Scores, truth: Flags, edges: Scores) -> Reliability:
    """Put moments into the bins between ``edges``.

    Raises:
        ValueError: a probability lies outside [0, 1].
    """
    if not ((predicted >= 0.0) & (predicted <= 1.0)).all():
        raise ValueError("a probability lies outside [0, 1]")
    which = np.searchsorted(edges, predicted, side="right")
    count = len(edges) + 1
    return Reliability(
        np.bincount(which, minlength=count).astype(np.float64),
        np.bincount(which, weights=predicted, minlength=count).astype(np.float64),
        np.bincount(which, weights=truth, minlength=count).astype(np.float64),
        float(((predicted - truth) ** 2).sum()),
    )


def expected_calibration_error(found: Reliability) -> float:
    """Mean distance between what was predicted and what was true, over the bins by their moments; NaN for none.

    With bins of equal mass every bin is filled, so a few extreme predictions weigh no more than they are (Nguyen and
    O'Connor, 2015).
    """
    total = found.moments.sum()
    return float(np.abs(found.predicted - found.true).sum() / total) if total else float("nan")


def brier(found: Reliability) -> float:
    """Mean squared error of the probability (Brier, 1950); NaN for no moments."""
    total = found.moments.sum()
    return found.squared / float(total) if total else float("nan")


def brier_skill(found: Reliability) -> float:
    """How much smaller the squared error is than that of always saying the share of positives: 1 is perfect, 0 no
    better, below 0 worse. NaN where all moments are alike."""
    total = found.moments.sum()
    share = found.true.sum() / total if total else 0.0
    uninformed = share * (1.0 - share)
    return float(1.0 - brier(found) / uninformed) if uninformed else float("nan")
