"""The evaluation in a terminal: tables, and two plots."""

from collections.abc import Mapping
from typing import Any

from tui.cli.output import Column, print_lines, print_plot, print_table

_HEIGHT = 16
_SHOWN = ("index", "boosting", "crowd-band loudness", "oracle")


def show(report: Mapping[str, Any]) -> None:
    """Print everything that a report holds to stdout."""
    from train.evaluate.html_page import summary
    from train.evaluate.report import tables

    print_lines(report["weights"])
    if not report["trained"]:
        print_lines("These weights are untrained: the index means nothing yet.")
    print_lines("\n".join(summary(report)))
    for table in tables(report):
        print_lines(f"\n{table.title}\n{table.note}")
        print_table(
            [Column(title, "left" if number == 0 else "right") for number, title in enumerate(table.columns)],
            table.rows,
        )
    if report["listeners"]:
        _plot_caught(report)
        _plot_reliability(report["listeners"][0])


def _plot_caught(report: Mapping[str, Any]) -> None:
    """Recall against false alarms a match, for the scorers that matter most."""
    import plotext

    from train.evaluate.report import MOST_FALSE_SHOWN, caught_by_budget

    _begin(plotext, "danger events caught against false alarms a match")
    for one in report["listeners"]:
        if one["name"] in _SHOWN:
            points = caught_by_budget(one, MOST_FALSE_SHOWN)
            if points:
                plotext.plot([x for x, _ in points], [y for _, y in points], label=one["name"])
    plotext.xlim(0, MOST_FALSE_SHOWN)
    plotext.ylim(0, 1)
    print_plot()


def _plot_reliability(index: Mapping[str, Any]) -> None:
    """What the index said, against how often it was so."""
    import plotext

    said, true = index["reliability"]["predicted"], index["reliability"]["true"]
    highest = max([0.05, *said, *true])
    _begin(plotext, "what the index said against how often it was so (the line: perfect)")
    plotext.plot([0, highest], [0, highest])
    plotext.scatter(said, true)
    plotext.xlim(0, highest)
    plotext.ylim(0, highest)
    print_plot()


def _begin(plotext: Any, title: str) -> None:
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(None, _HEIGHT)
    print_lines(f"\n{title}")
