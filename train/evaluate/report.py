"""What was found out, as plain data and as tables: the same for JSON, terminal and page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from typing import Any, Final

import numpy as np

from train.evaluate.compute_figures import BUDGETS, ON_NOTHING, ON_REACTION, RECALLS, Evaluated, best_baseline
from train.evaluate.evaluation import Evaluation
from train.evaluate.predictions import INDEX, ORACLE, ORACLES
from train.evaluate.real_sounds.reel_tables import (
    cause_table,
    mood_orders,
    mood_table,
    reel_groups,
    reel_table,
    rise_table,
    tag_table,
)
from train.evaluate.real_sounds.reels import ReelFigures
from train.evaluate.table import Table, number, with_interval
from train.fit.calibration import MATCH_HOURS, MOST_FALSE
from train.metrics.ranking import roc_curve

SCHEMA: Final = 1
_CURVE_POINTS: Final = 200
MOST_FALSE_SHOWN: Final = MOST_FALSE
"""Where pictures of what is caught end: no line that is chosen raises more false alarms a match."""


GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "How well it orders moments": {"roc_auc": "ROC-AUC", "pr_auc": "PR-AUC"},
    "Share of danger events caught, by false alarms a match": {
        f"recall_at_{budget}": f"at {budget} a match" for budget in BUDGETS
    },
    "False alarms an hour for a share caught, and what the crowd reacted to": {
        **{f"false_per_hour_at_{recall:g}": f"to catch {recall:.0%}" for recall in RECALLS},
        "reacted_recall": "reacted to",
        "goal_recall": "goals",
    },
    "At the threshold chosen on other matches": {
        "chosen_recall": "caught",
        "chosen_false_on_nothing_per_match": "false on nothing",
        "chosen_false_on_reaction_per_match": "false on a reaction",
        "chosen_f1": "F1",
    },
    "Delay of those alarms in seconds": {
        "delay_p50_s": "event p50",
        "delay_p90_s": "event p90",
        "reaction_delay_p50_s": "reaction p50",
        "reaction_delay_p90_s": "reaction p90",
    },
    "Whether it is a probability": {"brier": "Brier", "brier_skill": "Brier skill", "ece": "ECE"},
    "SoccerNet average-mAP, as it is": {"map_loose": "loose", "map_tight": "tight", "map_at_1": "at 1 s"},
    "SoccerNet average-mAP, the lag taken off": {
        "map_loose_lag_removed": "loose",
        "map_tight_lag_removed": "tight",
        "map_at_1_lag_removed": "at 1 s",
    },
}
_NOTES: Final[Mapping[str, str]] = {
    "How well it orders moments": "Danger: within the label rule's reach of a goal or chance. Chance has a ROC-AUC of "
    "0.5, and a PR-AUC of the share of danger.",
    "Share of danger events caught, by false alarms a match": "The best threshold for each budget, on the matches "
    f"themselves. A match is {MATCH_HOURS:g} hours of sound.",
    "False alarms an hour for a share caught, and what the crowd reacted to": "The last two: at most "
    f"{ON_NOTHING:g} false alarm a match while the crowd reacts to nothing and {ON_REACTION:g} while it reacts to "
    "something else.",
    "At the threshold chosen on other matches": "A false alarm has no danger event within reach; a match.",
    "Delay of those alarms in seconds": "From the event, and from the onset of the crowd's reaction to it.",
    "Whether it is a probability": "Skill above 0 is better than always saying the share of danger.",
}
DIFFERENCES: Final = ("reacted_recall", "recall_at_5", "roc_auc", "pr_auc", "brier_skill")


def to_report(found: Evaluation) -> dict[str, Any]:
    """Everything as plain data that JSON can hold; what is not defined is None."""
    config = found.weights.config
    report = {
        "schema": SCHEMA,
        "weights": config.title,
        "trained": config.trained,
        "sha256": found.weights.checksum,
        "label_rule": found.rule.name,
        "trained_for": config.label_rule,
        "settings": asdict(found.settings),
        "matches": _matches(found),
        "listeners": [_scorer(one) for one in found.scorers],
        "differences": _differences(found.scorers),
        "by_match": [
            {"match": test.id, "hours": test.hours, **{one.name: one.by_match[i] for one in found.scorers}}
            for i, test in enumerate(found.tests)
        ],
        "confusers": [asdict(row) for row in found.confusers],
        "reels": {name: _reel(figures) for name, figures in found.reels.items()},
        "reel_names": list(found.reel_names),
        "reels_by_fold": found.folded,
        "moods": {name: asdict(figures) for name, figures in found.moods.items()},
        "tags": None
        if found.tags is None
        else asdict(found.tags) | {"cause_right_of_all": found.tags.cause_right_of_all},
        "rises": {name: asdict(figures) for name, figures in found.rises.items()},
    }
    return dict(_plain(report))


def _matches(found: Evaluation) -> dict[str, Any]:
    events = [event for test in found.tests for event in test.events]
    truth = [test.truth for test in found.tests]
    return {
        "count": len(found.tests),
        "hours": sum(test.hours for test in found.tests),
        "simulated": sum(test.simulated for test in found.tests),
        "seen": found.seen,
        "danger_events": len(events),
        "goals": sum(event.goal for event in events),
        "reacted_to": sum(event.reaction_s is not None for event in events),
        "share_of_danger": float(np.concatenate(truth).mean()) if truth else None,
        "chosen_on": len(found.validation),
        "boosting_taught_by": found.train_matches,
    }


def _scorer(one: Evaluated) -> dict[str, Any]:
    false, true = roc_curve(one.levels)
    thinned = np.unique(np.linspace(0, len(false) - 1, _CURVE_POINTS).astype(np.int64))
    filled = one.bins.moments > 0
    return {
        "name": one.name,
        "threshold": one.threshold,
        "lag_s": one.lag_s,
        "figures": {name: asdict(one.figures.interval(name)) for name in one.figures.values},
        "operating": asdict(one.operating),
        "curve": [asdict(point) for point in one.curve],
        "roc": [[float(x), float(y)] for x, y in zip(false[thinned], true[thinned], strict=True)],
        "reliability": {
            "predicted": (one.bins.predicted[filled] / one.bins.moments[filled]).tolist(),
            "true": (one.bins.true[filled] / one.bins.moments[filled]).tolist(),
            "moments": one.bins.moments[filled].tolist(),
        },
    }


def _differences(scorers: Sequence[Evaluated]) -> list[dict[str, Any]]:
    """The index minus the best baseline, and minus the oracle, from the same draws."""
    by_name = {one.name: one for one in scorers}
    if INDEX not in by_name:
        return []
    rows = []
    for figure in DIFFERENCES:
        others = [best_baseline(scorers, figure, ORACLES | {INDEX}), by_name.get(ORACLE)]
        for other in others:
            if other is not None:
                more = by_name[INDEX].figures.difference(other.figures, figure)
                rows.append({"figure": figure, "than": other.name, **asdict(more)})
    return rows


def _reel(figures: ReelFigures) -> dict[str, Any]:
    return {
        **asdict(figures),
        "false_alarms_per_hour": figures.false_alarms_per_hour,
        "bed_alarms_per_hour": figures.bed_alarms_per_hour,
    }


def _plain(value: Any) -> Any:
    """The same with nothing that JSON can't hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return float(value) if isfinite(value) else None
    return value


def caught_by_budget(scorer: Mapping[str, Any], most_false: float) -> list[tuple[float, float]]:
    """The share of danger events caught with at most so many false alarms a match, up to ``most_false`` of them."""
    points = sorted((p["false_per_match"], p["recall"]) for p in scorer["curve"] if p["recall"] is not None)
    found: list[tuple[float, float]] = []
    best = 0.0
    for false, recall in points:
        if false > most_false:
            break
        if found:
            found.append((false, best))
        best = max(best, recall)
        found.append((false, best))
    return [*found, (most_false, best)] if found else []


def tables(report: Mapping[str, Any]) -> list[Table]:
    """All tables of a report, in the order in which they are read."""
    found: list[Table] = []
    if report["listeners"]:
        found += [_group(report, title, figures) for title, figures in GROUPS.items()]
        found += [_difference_table(report), _match_table(report)]
    if report["confusers"]:
        found.append(_confuser_table(report))
    if report["reels"]:
        found += [reel_table(report), reel_groups(report)]
    if report["rises"]:
        found.append(rise_table(report["rises"]))
    if report["tags"]:
        found += [tag_table(report["tags"]), cause_table(report["tags"])]
    if report["moods"]:
        found += [mood_table(report["moods"][INDEX]), mood_orders(report["moods"])]
    return found


def _group(report: Mapping[str, Any], title: str, figures: Mapping[str, str]) -> Table:
    digits = 1 if "seconds" in title else 3 if "moments" in title or "probability" in title else 2
    rows = [
        (one["name"], *(with_interval(one["figures"][figure], digits) for figure in figures))
        for one in report["listeners"]
    ]
    return Table(title, _NOTES.get(title, ""), ("", *figures.values()), tuple(rows))


def _difference_table(report: Mapping[str, Any]) -> Table:
    names = {figure: f"{title}" for figures in GROUPS.values() for figure, title in figures.items()}
    rows = [(names.get(row["figure"], row["figure"]), row["than"], with_interval(row)) for row in report["differences"]]
    return Table(
        "How much more than the best baseline and than the oracle",
        "With 95 % intervals; above 0 the index is better. The oracle knows how loud the simulated crowd's cries are.",
        ("figure", "than", "index minus that"),
        tuple(rows),
    )


def _match_table(report: Mapping[str, Any]) -> Table:
    rows = []
    for match in report["by_match"]:
        one = match[INDEX]
        rows.append(
            (
                match["match"],
                number(match["hours"], 2),
                number(one["roc_auc"]),
                f"{one['caught']} of {one['events']}",
                f"{one['goals_caught']} of {one['goals']}",
                str(one["false"]),
                number(one["false_on_reaction"], 0),
            )
        )
    return Table(
        "The index match by match",
        "At the threshold chosen on other matches.",
        ("match", "hours", "ROC-AUC", "caught", "goals", "false alarms", "of them on a reaction"),
        tuple(rows),
    )


def _confuser_table(report: Mapping[str, Any]) -> Table:
    names = list(report["confusers"][0]["alarms_per_hour"])
    rows = [
        (row["kind"], *(number(row["alarms_per_hour"][name], 1) for name in names), f"{row['at_rest'] or 0:.0%}")
        for row in report["confusers"]
    ]
    return Table(
        "Each confuser alone: false alarms an hour",
        "Simulated, one every 14 to 26 s, 6 to 15 dB above the bed. The last column: readings of the index below 0.2.",
        ("", *names, "at rest"),
        tuple(rows),
    )
