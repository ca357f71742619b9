"""How well a network does on matches that it was not trained on, and where it is most wrong."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Final

import numpy as np

from engine.core import grid
from train.data.soft_targets import crowd_state, crying
from train.fit.predict import Predicted
from train.metrics.ranking import average_precision, exact_levels, roc_auc

HARD_PER_HOUR: Final = 20.0
"""So many of the worst moments of an hour of sound become hard negatives."""
_APART_S: Final = 10.0


def check_figures(predicted: Sequence[Predicted]) -> dict[str, float]:
    """How well danger is ranked on matches not trained on, and the crowd's fresh cries where all are simulated.

    With danger in one moment of sixty and a handful of matches the precision-recall curve swings with single events.
    """
    scores = np.concatenate([one.log_odds for one in predicted])
    levels = exact_levels(scores, np.concatenate([one.match.labels.truth for one in predicted]))
    figures = {"roc_auc": roc_auc(levels), "pr_auc": average_precision(levels)}
    figures = {name: value for name, value in figures.items() if not isnan(value)}  # without danger there is none
    if all(one.match.simulated for one in predicted):
        cries = np.concatenate([crying(one.match.sounds, one.times_s) for one in predicted])
        if cries.any():
            figures["cry_auc"] = roc_auc(exact_levels(scores, cries))
    return figures


def scored(figures: Mapping[str, float]) -> dict[str, float]:
    """The figures with the one to choose by named ``score``: the mean of the areas under the ROC curves."""
    areas = [value for name, value in figures.items() if name in ("roc_auc", "cry_auc")]
    return {"score": float(np.mean(areas)), **figures} if areas else dict(figures)


def hardest(predicted: Sequence[Predicted]) -> list[tuple[str, float]]:
    """The moments outside all danger with the highest log-odds, some seconds apart: (match, seconds of sound).

    In a simulated match those at which the crowd cries out are left out: there the network is right.
    """
    worst = []
    for one in predicted:
        negative = one.match.labels.negative
        if one.match.simulated:
            negative = negative & (crowd_state(one.match.sounds, one.match.end_times_s())[:, 0] == 0)
        calm = np.flatnonzero(negative)
        order = calm[np.argsort(-one.log_odds[calm], kind="stable")]
        wanted = int(np.ceil(HARD_PER_HOUR * one.match.frames * grid.HOP_S / 3600.0))
        chosen: list[float] = []
        for t_s in one.times_s[order].tolist():
            if len(chosen) >= wanted:
                break
            if all(abs(t_s - other) >= _APART_S for other in chosen):
                chosen.append(t_s)
        worst += [(one.match.id, t_s) for t_s in chosen]
    return worst
