"""What anybody's predictions came to: the same for JSON and terminal."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from engine.core.text import plain
from train.evaluate.soccernet.score import MEAN, Scored, deltas_of
from train.evaluate.table import Table, with_interval
from train.metrics.average_map import Events

SCHEMA: Final = 1
WINDOWS: Final = "windows"
_NAMED: Final = 3


def to_report(scored: Scored) -> dict[str, Any]:
    """Plain data; figures are ``{"value", "low", "high"}``, None where not defined or where there is no interval."""
    games = scored.games
    return {
        "schema": SCHEMA,
        "metric": scored.metric,
        "deltas_s": list(deltas_of(scored.metric)),
        "classes_of": f"SoccerNet-v{games.version}",
        "games": len(games.labels),
        "predictions": sum(len(spots) for spots in games.found.values()),
        "games_without_predictions": list(games.missing),
        "games_without_labels": list(games.unlabelled),
        "predictions_of_unknown_labels": games.unknown,
        "figures": {
            which.value: {
                name: {**asdict(interval), **_happened(scored, which, name)} for name, interval in by_name.items()
            }
            for which, by_name in scored.figures.items()
        },
        "windows": {name: asdict(interval) for name, interval in scored.windows.items()},
    }


def _happened(scored: Scored, which: Events, name: str) -> dict[str, int]:
    events = scored.happened[which]
    return {"events": events[name]} if name in events else {}


def table(report: Mapping[str, Any]) -> Table:
    """A row for each mean and class; a column for each choice of events, and how many there were of all."""
    columns = tuple(report["figures"])
    classified = report["windows"]
    rows = [
        (
            name,
            str(row.get("events", "")),
            *(with_interval(report["figures"][which][name]) for which in columns),
            *([with_interval(classified[name]) if name in classified else ""] if classified else []),
        )
        for name, row in report["figures"][Events.ALL.value].items()
    ]
    columns += (WINDOWS,) if classified else ()
    of = f"{report['games']} games, {report['predictions']} predictions; 95 % intervals by whole games"
    note = f"{of}. {MEAN!r} is over all classes, as SoccerNet's package has it; – where a class never happens."
    return Table(
        f"SoccerNet average-mAP, {report['metric']}, {report['classes_of']}",
        note,
        ("", "events", *columns),
        tuple(rows),
    )


def notices(report: Mapping[str, Any]) -> list[str]:
    """What a reader of the figures must know, a line each."""
    lines = []
    for key, what in (
        ("games_without_predictions", "games have no predictions and count as if nothing had been found"),
        ("games_without_labels", "games have no labels and are left out"),
        ("predictions_of_unknown_labels", "labels are no classes here; their predictions are left out"),
    ):
        names = [plain(name, 80) for name in report[key]]
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            lines.append(f"{len(names)} {what}: {', '.join(names[:_NAMED])}{more}")
    return lines
