"""Every threshold's alarms, match by match, and the operating points among them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import UsageError
from train.metrics.alarms import AlarmCounts

Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Counts of alarms by match and threshold, each array (matches, thresholds); ``hours`` of sound (matches,).

    Names as in ``AlarmCounts``.
    """

    thresholds: NDArray[np.float64]
    hours: NDArray[np.float64]
    events: NDArray[np.float64]
    caught: NDArray[np.float64]
    goals: NDArray[np.float64]
    goals_caught: NDArray[np.float64]
    reacted: NDArray[np.float64]
    reacted_caught: NDArray[np.float64]
    false: NDArray[np.float64]
    false_on_reaction: NDArray[np.float64]
    good: NDArray[np.float64]
    """Alarms that were not false."""

    def together(self, weights: Weights) -> "Sweep":
        """All matches as one, each as often as ``weights`` (matches,) says; arrays (1, thresholds)."""
        counts = {f.name: (weights @ getattr(self, f.name))[None] for f in fields(self) if f.name not in _SCALES}
        return Sweep(self.thresholds, np.array([weights @ self.hours]), **counts)


_SCALES = ("thresholds", "hours")


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold and what it gave: shares of events caught, false alarms by match, precision and F1 of the alarms."""

    threshold: float
    recall: float
    goal_recall: float
    reacted_recall: float
    false_per_match: float
    false_on_reaction_per_match: float
    false_on_nothing_per_match: float
    false_per_hour: float
    precision: float
    f1: float


def sweep(
    thresholds: Sequence[float],
    hours: Sequence[float],
    counts_at: Callable[[int, float], tuple[AlarmCounts, int]],
) -> Sweep:
    """Count at every threshold; ``counts_at`` gives what came of a match (by number) at a threshold, and its alarms."""
    names = [f.name for f in fields(Sweep) if f.name not in (*_SCALES, "good")]
    counts = {name: np.zeros((len(hours), len(thresholds))) for name in (*names, "good")}
    for match in range(len(hours)):
        for k, threshold in enumerate(thresholds):
            one, alarms = counts_at(match, threshold)
            for name in names:
                counts[name][match, k] = getattr(one, name)
            counts["good"][match, k] = alarms - one.false
    return Sweep(np.asarray(thresholds, np.float64), np.asarray(hours, np.float64), **counts)


def points(found: Sweep, weights: Weights, match_hours: float | None = None) -> list[OperatingPoint]:
    """The operating point of every threshold over matches that count ``weights`` (matches,) times.

    With ``match_hours`` so many hours of sound are a match, whatever the recordings' lengths; without, each recording.
    """
    pooled = found.together(weights)
    hours = pooled.hours[0]
    matches = weights.sum() if match_hours is None else hours / match_hours

    def share(part: NDArray[np.float64], whole: NDArray[np.float64], k: int) -> float:
        return float(part[0, k] / whole[0, k]) if whole[0, k] else nan

    rows = []
    for k, threshold in enumerate(found.thresholds.tolist()):
        recall = share(pooled.caught, pooled.events, k)
        precision = share(pooled.good, pooled.good + pooled.false, k)
        known = not isnan(recall) and not isnan(precision)
        false, on_reaction = pooled.false[0, k] / matches, pooled.false_on_reaction[0, k] / matches
        rows.append(
            OperatingPoint(
                threshold=threshold,
                recall=recall,
                goal_recall=share(pooled.goals_caught, pooled.goals, k),
                reacted_recall=share(pooled.reacted_caught, pooled.reacted, k),
                false_per_match=float(false),
                false_on_reaction_per_match=float(on_reaction),
                false_on_nothing_per_match=float(false - on_reaction),
                false_per_hour=float(pooled.false[0, k] / hours) if hours else nan,
                precision=precision,
                f1=2 * precision * recall / (precision + recall) if known and precision + recall else 0.0,
            )
        )
    return rows


def within_budget(
    found: Sequence[OperatingPoint],
    false_per_match: float,
    on_nothing: float = float("inf"),
    on_reaction: float = float("inf"),
    recall: Callable[[OperatingPoint], float] = lambda point: point.recall,
) -> OperatingPoint | None:
    """The point with the highest recall among those with at most so many false alarms a match; None for none.

    Of equals the one with fewer false alarms, then the higher threshold. Where nobody knows what the false alarms came
    from, only their number counts.
    """
    allowed = [
        point
        for point in found
        if point.false_per_match <= false_per_match
        and not point.false_on_nothing_per_match > on_nothing
        and not point.false_on_reaction_per_match > on_reaction
        and not isnan(recall(point))
    ]
    return max(allowed, key=lambda p: (recall(p), -p.false_per_match, p.threshold), default=None)


def false_per_hour_at(found: Sequence[OperatingPoint], recall: float) -> float:
    """The fewest false alarms an hour with at least this recall; NaN where no threshold reaches it."""
    reached = [point.false_per_hour for point in found if point.recall >= recall]
    return min(reached, default=nan)


def operating_points(found: Sequence[OperatingPoint], budgets: Sequence[int]) -> dict[int, OperatingPoint]:
    """The best point for each budget of false alarms a match; budgets that no threshold keeps are left out."""
    best = {budget: within_budget(found, budget) for budget in budgets}
    return {budget: point for budget, point in best.items() if point is not None}


def shipped_default(found: Sequence[OperatingPoint], budgets: Sequence[int] = (1, 2, 3, 4, 5)) -> OperatingPoint:
    """The operating point with the best F1 among the budgets.

    Raises:
        UsageError: no threshold keeps any of them.
    """
    kept = operating_points(found, budgets).values()
    if not kept:
        raise UsageError(
            f"no threshold gives at most {max(budgets)} false alarms a match",
            "These weights are not good enough to raise alarms; train them further.",
        )
    return max(kept, key=lambda point: (point.f1, point.threshold))
