"""Every figure of every scorer over the same matches, with intervals by match from the same draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Final

import numpy as np

from engine.core.errors import InputError
from engine.live.spike_detector import SpikeSettings, at_threshold
from train.evaluate.danger_spotting import spot_counts
from train.evaluate.predictions import MatchPredictions
from train.fit.calibration import MATCH_HOURS
from train.metrics.alarms import AlarmCounts, count_alarms, decisions_s
from train.metrics.average_map import (
    add_up,
    average_map,
)
from train.metrics.bootstrap import Resampled, Weights, draws_of, resample_figures
from train.metrics.probability import (
    Reliability,
    brier,
    brier_skill,
    equal_mass_edges,
    expected_calibration_error,
    reliability,
)
from train.metrics.ranking import (
    Levels,
    Scores,
    average_precision,
    binned_levels,
    exact_levels,
    roc_auc,
    shared_edges,
)
from train.metrics.threshold_sweep import OperatingPoint, Sweep, false_per_hour_at, points, sweep, within_budget

BUDGETS: Final = (1, 2, 3, 5)
ON_NOTHING: Final = 1.0
ON_REACTION: Final = 4.0
"""False alarms a match allowed while the crowd reacts to nothing, and while it reacts to something else."""
RECALLS: Final = (0.5, 0.8)
_LEVELS: Final = 4000
_BINS: Final = 15
_THRESHOLDS: Final = 60
_SHARES: Final = (2e-4, 0.15)
_CHOSEN: Final = (
    *("recall", "goal_recall", "reacted_recall", "false_per_match"),
    *("false_on_nothing_per_match", "false_on_reaction_per_match", "f1"),
)
"""What of an ``OperatingPoint`` is told of the chosen threshold."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """One scorer over all matches.

    ``figures`` hold the pooled figures by name, with their draws; ``by_match`` the plain ones of each match.
    ``operating`` is where the threshold chosen on the validation matches has put it, ``curve`` every threshold;
    ``bins`` the reliability over all matches.
    """

    name: str
    threshold: float
    lag_s: float
    figures: Resampled
    by_match: tuple[dict[str, float], ...]
    operating: OperatingPoint
    curve: tuple[OperatingPoint, ...]
    bins: Reliability
    levels: Levels


def evaluate_all(
    tests: Sequence[MatchPredictions],
    validation: Sequence[MatchPredictions],
    settings: SpikeSettings,
    budget: float,
    rng: np.random.Generator,
    draws: int = 1000,
) -> list[Evaluated]:
    """Every scorer that the matches have scores of, in their order.

    Thresholds (at most ``budget`` false alarms a match) and lags are chosen on ``validation`` and used on ``tests``.

    Raises:
        InputError: there is no match to judge by, or none to choose by.
    """
    if not tests or not validation:
        raise InputError(
            f"{len(tests)} matches to judge by and {len(validation)} to choose thresholds by",
            "Both need at least one: ingest more matches, or simulate them.",
        )
    shared = draws_of(len(tests), draws, rng)
    return [_evaluate(name, tests, validation, settings, budget, shared) for name in tests[0].scores]


def _evaluate(
    name: str,
    tests: Sequence[MatchPredictions],
    validation: Sequence[MatchPredictions],
    settings: SpikeSettings,
    budget: float,
    draws: np.ndarray,
) -> Evaluated:
    threshold = chosen_threshold(name, validation, settings, budget)
    lag_s = fitted_lag_s(name, validation)
    pooled = np.concatenate([predicted.scores[name] for predicted in tests])
    swept = sweep_of(name, tests, settings, _thresholds(pooled))
    here = sweep_of(name, tests, settings, np.array([threshold]))
    counts = [_counts(name, predicted, settings, threshold)[0] for predicted in tests]
    edges = shared_edges(pooled, _LEVELS)
    levels = [binned_levels(predicted.scores[name], predicted.truth, edges) for predicted in tests]
    bin_edges = equal_mass_edges(pooled, _BINS)
    bins = [reliability(predicted.scores[name], predicted.truth, bin_edges) for predicted in tests]
    spots = spot_counts(name, tests, lag_s)

    def figures(weights: Weights) -> dict[str, float]:
        curve = points(swept, weights, MATCH_HOURS)
        return {
            **_ranking(_sum_levels(levels, weights)),
            **_probability(_sum_bins(bins, weights)),
            **_budgets(curve),
            **_at(points(here, weights, MATCH_HOURS)[0]),
            **_delays(counts, weights),
            **{label: average_map(add_up(counts, weights)) for label, counts in spots.items()},
        }

    resampled = resample_figures(figures, draws)
    every = np.ones(len(tests))
    return Evaluated(
        name=name,
        threshold=threshold,
        lag_s=lag_s,
        figures=resampled,
        by_match=tuple(_of_match(name, predicted, one) for predicted, one in zip(tests, counts, strict=True)),
        operating=points(here, every, MATCH_HOURS)[0],
        curve=tuple(points(swept, every, MATCH_HOURS)),
        bins=_sum_bins(bins, every),
        levels=_sum_levels(levels, every),
    )


def chosen_threshold(
    name: str, predicted_matches: Sequence[MatchPredictions], settings: SpikeSettings, budget: float
) -> float:
    """The threshold with the highest recall among those within ``budget`` false alarms a match; 1 if none is."""
    thresholds = _thresholds(np.concatenate([predicted.scores[name] for predicted in predicted_matches]))
    found = points(
        sweep_of(name, predicted_matches, settings, thresholds), np.ones(len(predicted_matches)), MATCH_HOURS
    )
    best = within_budget(found, budget)
    return 1.0 if best is None else best.threshold


def fitted_lag_s(name: str, predicted_matches: Sequence[MatchPredictions]) -> float:
    """Median distance from a danger event to the highest score within its reach, in seconds; 0 without events."""
    lags = []
    for predicted in predicted_matches:
        for event in predicted.events:
            first, last = np.searchsorted(predicted.t_s, [event.from_s, event.to_s])
            if last > first:
                peak = first + int(np.argmax(predicted.scores[name][first:last]))
                lags.append(float(predicted.t_s[peak]) - event.t_s)
    return float(np.median(lags)) if lags else 0.0


def sweep_of(
    name: str, predicted_matches: Sequence[MatchPredictions], settings: SpikeSettings, thresholds: Scores
) -> Sweep:
    """What the program's detector makes of a scorer's scores at every threshold."""
    return sweep(
        thresholds.tolist(),
        [predicted.hours for predicted in predicted_matches],
        lambda match, threshold: _counts(name, predicted_matches[match], settings, threshold),
    )


def _counts(
    name: str, predicted: MatchPredictions, settings: SpikeSettings, threshold: float
) -> tuple[AlarmCounts, int]:
    decided = decisions_s(predicted.t_s, predicted.scores[name], at_threshold(settings, threshold))
    return count_alarms(decided, predicted.events, predicted.reactions), len(decided)


def _thresholds(scores: Scores) -> Scores:
    """Thresholds that between two in ten thousand and a sixth of all moments reach, and one that none does."""
    reached = np.quantile(scores, 1.0 - np.geomspace(*_SHARES, _THRESHOLDS))
    return np.unique([*reached, min(np.nextafter(scores.max(), np.inf), 1.0)])


def _ranking(levels: Levels) -> dict[str, float]:
    return {"roc_auc": roc_auc(levels), "pr_auc": average_precision(levels)}


def _probability(bins: Reliability) -> dict[str, float]:
    return {"brier": brier(bins), "brier_skill": brier_skill(bins), "ece": expected_calibration_error(bins)}


def _budgets(curve: Sequence[OperatingPoint]) -> dict[str, float]:
    """What the curve offers: recall within budgets, and false alarms an hour at recalls."""
    found: dict[str, float] = {}
    for budget in BUDGETS:
        best = within_budget(curve, budget)
        found[f"recall_at_{budget}"] = nan if best is None else best.recall
    for recall in RECALLS:
        found[f"false_per_hour_at_{recall:g}"] = false_per_hour_at(curve, recall)
    best = within_budget(curve, ON_NOTHING + ON_REACTION, ON_NOTHING, ON_REACTION, _reacted)
    found["reacted_recall"] = nan if best is None else best.reacted_recall
    found["goal_recall"] = nan if best is None else best.goal_recall
    return found


def _reacted(point: OperatingPoint) -> float:
    return point.reacted_recall


def _at(point: OperatingPoint) -> dict[str, float]:
    """What the threshold from the validation matches gives."""
    return {f"chosen_{name}": getattr(point, name) for name in _CHOSEN}


def _delays(counts: Sequence[AlarmCounts], weights: Weights) -> dict[str, float]:
    """Percentiles of the delay of the alarms at the chosen threshold, from the event and from the crowd's reaction."""
    found: dict[str, float] = {}
    often = weights.astype(np.int64).tolist()
    for key, delays in (
        ("delay", [d for w, one in zip(often, counts, strict=True) for d in one.delays_s * w]),
        ("reaction_delay", [d for w, one in zip(often, counts, strict=True) for d in one.reaction_delays_s * w]),
    ):
        for percent in (50, 90):
            found[f"{key}_p{percent}_s"] = float(np.percentile(delays, percent)) if delays else nan
    return found


def _sum_levels(levels: Sequence[Levels], weights: Weights) -> Levels:
    return Levels(
        weights @ np.stack([one.positive for one in levels]), weights @ np.stack([one.negative for one in levels])
    )


def _sum_bins(bins: Sequence[Reliability], weights: Weights) -> Reliability:
    return Reliability(
        weights @ np.stack([one.moments for one in bins]),
        weights @ np.stack([one.predicted for one in bins]),
        weights @ np.stack([one.true for one in bins]),
        float(weights @ np.array([one.squared for one in bins])),
    )


def _of_match(name: str, predicted: MatchPredictions, counts: AlarmCounts) -> dict[str, float]:
    levels = exact_levels(predicted.scores[name], predicted.truth)
    return {
        "roc_auc": roc_auc(levels),
        "pr_auc": average_precision(levels),
        "events": counts.events,
        "caught": counts.caught,
        "goals": counts.goals,
        "goals_caught": counts.goals_caught,
        "false": counts.false,
        "false_on_reaction": counts.false_on_reaction,
    }


def best_baseline(found: Sequence[Evaluated], figure: str, besides: frozenset[str]) -> Evaluated | None:
    """The scorer with the highest ``figure`` that is not one of ``besides``; None for none."""
    others = [one for one in found if one.name not in besides and np.isfinite(one.figures.values[figure])]
    return max(others, key=lambda one: one.figures.values[figure], default=None)
