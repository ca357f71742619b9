"""The report as one page of HTML that needs nothing else: figures are pictures inside it, nothing is loaded."""

import base64
import json
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from train.evaluate.charts import Line, legend, line_chart
from train.evaluate.report import MOST_FALSE_SHOWN, caught_by_budget, tables
from train.evaluate.table import Table

STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 1.5rem;display:block;overflow-x:auto}
th,td{padding:.25rem .8rem;text-align:right;border-bottom:1px solid #ddd;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
h2{margin:2rem 0 0;font-size:1.1rem} p.note{margin:.2rem 0;color:#555}
figure{display:inline-block;width:min(32rem,100%);margin:.5rem;vertical-align:top} img{max-width:100%}
.untrained{border:2px solid #d55e00;padding:.5rem 1rem}
"""


def to_html(report: Mapping[str, Any], made_at: str) -> str:
    """The whole page. ``made_at`` is when, as it should be shown."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>{escape(report['weights'])}: evaluation</title><style>{STYLE}</style>",
        f"<h1>{escape(report['weights'])}</h1>",
    ]
    if not report["trained"]:
        parts.append("<p class=untrained>These weights are untrained: the index means nothing yet.</p>")
    parts.append("".join(f"<p>{escape(line)}</p>" for line in summary(report)))
    parts.append(f"<p class=note>{escape(made_at)}. SHA-256 of the weights {escape(report['sha256'][:16])}…</p>")
    if report["listeners"]:
        parts.append(_figures(report))
    parts += [table_html(table) for table in tables(report)]
    parts.append(
        "<h2>All of it as JSON</h2><details><summary>show</summary><pre>"
        f"{escape(json.dumps({**report, 'scorers': [_short(one) for one in report['listeners']]}, indent=1))}"
        "</pre></details></html>\n"
    )
    return "".join(parts)


def summary(report: Mapping[str, Any]) -> list[str]:
    """What the figures were measured on, in sentences."""
    lines = [f"Label rule: {report['label_rule']}. The weights were trained for: {report['trained_for']}."]
    matches = report["matches"]
    if matches["count"]:
        simulated = matches["simulated"]
        kind = "simulated" if simulated == matches["count"] else f"{simulated} of them simulated"
        lines.append(
            f"{matches['count']} matches ({kind}), {matches['hours']:.1f} hours, {matches['danger_events']} danger "
            f"events, {matches['goals']} of them goals; danger is {matches['share_of_danger'] or 0:.1%} of moments. "
            f"Intervals: 95 %, drawn by match."
        )
    if matches["seen"]:
        lines.append(
            f"The weights have learned from {matches['seen']} of these matches or were chosen by them: their "
            "figures here are better than those on other matches will be."
        )
    if matches["chosen_on"]:
        lines.append(
            f"Thresholds, lags and the baselines' calibration come from {matches['chosen_on']} other matches, "
            f"boosting from {matches['boosting_taught_by']} more."
        )
    if report["reel_names"]:
        lines.append(f"Reels of real sounds: {', '.join(report['reel_names'])}.")
    if matches["simulated"]:
        lines.append("Simulated sound says how the weights do in the simulator's world, not at a real ground.")
    return lines


def _figures(report: Mapping[str, Any]) -> str:
    scorers = report["listeners"]
    roc = [Line(one["name"], [(x, y) for x, y in one["roc"]]) for one in scorers]
    caught = [Line(one["name"], caught_by_budget(one, MOST_FALSE_SHOWN)) for one in scorers]
    reliable = [
        Line(
            one["name"],
            list(zip(one["reliability"]["predicted"], one["reliability"]["true"], strict=True)),
            dots=True,
        )
        for one in scorers
    ]
    highest = max([0.05, *(x for line in reliable[:1] for point in line.points for x in point)])
    pictures = [
        (
            "Danger events caught against false alarms a match",
            line_chart(
                caught,
                "at most so many false alarms a match",
                "share of danger events caught",
                (0, MOST_FALSE_SHOWN),
                (0, 1),
            ),
        ),
        (
            "Reliability, in bins of equal mass",
            line_chart(reliable, "what was said", "how often it was so", (0, highest), (0, highest), diagonal=True),
        ),
        ("ROC", line_chart(roc, "share of calm moments", "share of moments of danger", (0, 1), (0, 1), diagonal=True)),
    ]
    shown = "".join(
        f"<figure>{picture(svg, title)}<figcaption>{escape(title)}</figcaption></figure>" for title, svg in pictures
    )
    return f"<h2>Figures</h2>{picture(legend([one['name'] for one in scorers]), 'which line is which')}<br>{shown}"


def picture(svg: str, title: str) -> str:
    """An SVG document inside a page."""
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{escape(title)}" src="data:image/svg+xml;base64,{data}">'


def table_html(table: Table) -> str:
    """A table with its title and note."""
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return (
        f"<h2>{escape(table.title)}</h2><p class=note>{escape(table.note)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _short(scorer: Mapping[str, Any]) -> dict[str, Any]:
    """Without the curves, which are drawn above."""
    return {key: value for key, value in scorer.items() if key not in ("curve", "roc")}
