"""What was measured on the simulated broadcasts, as JSON and as tables of Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from train.evaluate.table import number, with_interval
from train.experiments.broadcasts.measuring import FALSE_GOALS_A_GAME, WITHIN_S, Judged
from train.metrics.average_map import Events, average_map, class_averages, stack_games, weigh_games
from train.metrics.bootstrap import Resampled, Weights, draws_of, resample_figures
from train.metrics.window_map import ClassifiedWindows

DRAWS: Final = 1000
CLASSIFICATION: Final = "classification"
SPOTTING: Final = "spotting"
_ALONE: Final = ("video alone", "audio alone")
_RECALLS: Final = {"all": None, "shown": True, "unshown": False}


def figures_of(judged: Mapping[str, Judged], draws: int = DRAWS, seed: int = 0) -> dict[str, Any]:
    """Figures of every model with intervals by game, and how far each lies above either channel alone, draw by draw."""
    first = next(iter(judged.values()))
    drawn = draws_of(len(first.games), draws, np.random.default_rng(seed))
    resampled = {name: _resampled(one, drawn) for name, one in judged.items()}
    return {
        "simulated": True,
        "games": len(first.games),
        "classes": list(first.classes),
        "events": _events(first),
        "models": {
            name: {figure: asdict(one.interval(figure)) for figure in one.values} for name, one in resampled.items()
        },
        "above": {
            name: {
                alone: {task: asdict(one.difference(resampled[alone], task)) for task in (CLASSIFICATION, SPOTTING)}
                for alone in _ALONE
                if alone in resampled
            }
            for name, one in resampled.items()
            if name not in _ALONE
        },
    }


def _events(judged: Judged) -> dict[str, int]:
    counted = weigh_games(stack_games(judged.spots[Events.ALL]), np.ones(len(judged.games))).events
    goals = np.concatenate(judged.goals)
    shown = {"goals": len(goals), "goals that were not shown": int((~goals[:, 0]).sum())}
    return {**{label: int(count) for label, count in zip(judged.classes, counted, strict=True)}, **shown}


def _resampled(judged: Judged, drawn: NDArray[np.float64]) -> Resampled:
    stacked = stack_games(judged.spots[Events.ALL])
    goals = np.concatenate(judged.goals)
    windows = ClassifiedWindows(judged.windows)
    of_game = np.repeat(np.arange(len(judged.games)), [len(one) for one in judged.goals])

    def figures(often: Weights) -> dict[str, float]:
        counts = weigh_games(stacked, often)
        by_class = dict(zip(judged.classes, class_averages(counts).tolist(), strict=True))
        weights = often[of_game]
        recalls = {f"goals found, {name}": _recall(goals, weights, shown) for name, shown in _RECALLS.items()}
        wrong = float(np.dot(often, judged.false_goals) / often.sum())
        return {
            CLASSIFICATION: windows.mean(often),
            SPOTTING: average_map(counts),
            **by_class,
            **recalls,
            "false goals a game": wrong,
        }

    return resample_figures(figures, drawn)


def _recall(goals: NDArray[np.bool_], weights: Weights, shown: bool | None) -> float:
    """The share of goals that were found; NaN where there is none."""
    wanted = weights * (1.0 if shown is None else goals[:, 0] == shown)
    return float((wanted * goals[:, 1]).sum() / wanted.sum()) if wanted.sum() else float("nan")


def tables(figures: Mapping[str, Any]) -> str:
    """The tables that stand in the documentation."""
    models, events = figures["models"], figures["events"]
    rows = [[name, with_interval(row[CLASSIFICATION]), with_interval(row[SPOTTING])] for name, row in models.items()]
    above = [
        [name, task, *(with_interval(row[alone][task]) for alone in _ALONE)]
        for name, row in figures["above"].items()
        for task in (CLASSIFICATION, SPOTTING)
    ]
    goals = [
        [name, *(with_interval(row[f"goals found, {which}"], 2) for which in _RECALLS), number(
            row["false goals a game"]["value"], 2)]
        for name, row in models.items()
    ]  # fmt: skip
    classes = [
        [name, *(number(row[label]["value"], 2) for label in figures["classes"])] for name, row in models.items()
    ]
    hidden = events["goals that were not shown"]
    what = (
        f"Simulated, {figures['games']} test games; 95 % intervals by whole games. Classification: windows of 20 s, "
        "mean area under the precision-recall curve. Spotting: SoccerNet's loose average-mAP. Both over the "
        f"{len(figures['classes'])} classes that are frequent enough to judge."
    )
    line = (
        f"Goals found within {WITHIN_S:g} s, at the line that gave {FALSE_GOALS_A_GAME:g} false goals a game on the "
        f"validation games; {hidden} of {events['goals']} goals were not shown."
    )
    parts = [
        what,
        _table(["simulated broadcasts", CLASSIFICATION, SPOTTING], rows),
        _table(["simulated: above", "task", *_ALONE], above),
        line,
        _table(["simulated: goals found", *_RECALLS, "false a game"], goals),
        _table(["simulated: spotting by class", *(f"{c} ({events[c]})" for c in figures["classes"])], classes),
    ]
    return "\n\n".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)
