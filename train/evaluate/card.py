"""``CARD.md``: what weights were trained and measured on, what they can do and what nobody has tested."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.model.checkpoint import WeightsConfig
from train.evaluate.predictions import INDEX
from train.evaluate.real_sounds.reel_tables import cause_table, mood_orders, rise_table, tag_table
from train.evaluate.table import Table, with_interval
from train.fit.calibration import MOST_FALSE, MOST_ON_NOTHING, MOST_ON_REELS

_COLUMNS: Final = {
    "budget": "false alarms",
    "threshold": "threshold",
    "recall": "recall of danger",
    "reacted_recall": "of danger the crowd answered",
    "goal_recall": "of goals",
    "false_on_nothing_per_match": "false, on no cry",
    "false_on_reaction_per_match": "false, on a cry",
}
_LINE: Final = "spike threshold"
_REELS: Final = "real_reels"
"""What the alarm line does on the reels that chose it, among what was measured."""
_MEANING: Final = """The index of these weights is a probability of danger by the label rule below. It hears the
crowd's alarm; it is no forecast of goals."""
_ON_REELS: Final = {"real_cries_found": "real cries found", "real_false_per_hour": "false an hour of real sounds"}
_POINTS: Final = "## Operating points"
_BY_MATCHES: Final = """The best threshold for at most so many false alarms a match (1.6 hours of sound), chosen on what
was kept out of the learning (see *on* above); the one in force has the best F1."""
_BY_BOTH: Final = f"""The best threshold for at most so many false alarms a match (1.6 hours of sound), chosen on
what was kept out of the learning (see *on* above), and what it does on reels of real sounds, all equally loud. In force
is the lowest that raises at most {MOST_FALSE:g} a match, {MOST_ON_NOTHING:g} of them on no cry, and
{MOST_ON_REELS:g} an hour of the reels."""
_NOT_TESTED: Final = """No real match with time marks was available. Nothing here was tested on a whole real match, on a
microphone at a ground, or on Apple silicon."""
_NOT_TESTED_ELSEWHERE: Final = """Nothing here was tested at other grounds or with other microphones than those of the
recordings above."""

_TESTED: Final = {
    "roc_auc": "ROC-AUC of danger",
    "pr_auc": "PR-AUC of danger",
    "reacted_recall": "recall of answered danger, at most 1 false alarm a match on nothing and 4 on a cry",
    "goal_recall": "of goals, at that threshold",
    "chosen_reacted_recall": "recall of answered danger at the threshold chosen on other matches",
    "chosen_false_on_nothing_per_match": "false alarms a match there, on nothing",
    "chosen_false_on_reaction_per_match": "on a reaction to something else",
    "reaction_delay_p50_s": "delay after the reaction there, median, s",
    "reaction_delay_p90_s": "its 90th percentile, s",
    "brier_skill": "Brier skill",
    "ece": "ECE, equal-mass bins",
}


def write_card(config: WeightsConfig, inputs: Mapping[str, Any], sections: Sequence[str] = ()) -> str:
    """The card of trained weights, Markdown. ``inputs`` is what the run was started with; ``sections`` come after."""
    rows = [
        ("label rule", config.label_rule),
        ("learned from", f"{len(inputs['matches'])} recordings, {inputs['simulated']} of them simulated"),
        *([("simulated ones with recorded sounds in them", str(among))] if (among := inputs.get("recorded")) else []),
        ("real sounds mixed in", str(inputs.get("real_sounds", 0))),
        ("front end", f"{config.front_end.kind}, time constant {config.front_end.time_constant_s:g} s"),
        ("readout", config.head.readout),
        ("calibration", f"Platt, slope {config.calibration.slope:.3f}, offset {config.calibration.offset:.3f}"),
        (_LINE, f"on {config.spikes.on:g}, off {config.spikes.off:g}"),
        *((key.replace("_", " "), _measured(value)) for key, value in config.measured.items()),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    parts = [
        f"# {config.name}",
        _MEANING,
        f"| | |\n|---|---|\n{table}",
        _points(config),
        *sections,
        f"## Not tested\n\n{_NOT_TESTED if inputs['simulated'] else _NOT_TESTED_ELSEWHERE}",
    ]
    return "\n\n".join(parts) + "\n"


def with_line(card: str, config: WeightsConfig) -> str:
    """A card whose weights were given another alarm line: what it says of the line is replaced, the rest stays.

    Raises ``ValueError`` where the card has no such places.
    """
    row = f"| {_LINE} | on {config.spikes.on:g}, off {config.spikes.off:g} |"
    card, rows = re.subn(rf"^\| {_LINE} \|.*$", row, card, flags=re.MULTILINE)
    card, sections = re.subn(rf"^{_POINTS}$.*?(?=^## )", _points(config) + "\n\n", card, flags=re.MULTILINE | re.DOTALL)
    if (rows, sections) != (1, 1):
        raise ValueError("the card says nothing of an alarm line")
    if _REELS in config.measured:
        row = f"| {_REELS.replace('_', ' ')} | {_measured(config.measured[_REELS])} |"
        card, rows = re.subn(rf"^\| {_REELS.replace('_', ' ')} \|.*$", row, card, flags=re.MULTILINE)
        if not rows:
            card = re.sub(rf"^\| {_LINE} \|.*$", lambda line: f"{line[0]}\n{row}", card, flags=re.MULTILINE)
    return card


def _measured(value: Any) -> str:
    """A figure, or some with a name each."""
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_figure(one)}" for name, one in value.items())
    return _figure(value)


def _points(config: WeightsConfig) -> str:
    real = any(name in point for point in config.operating_points for name in _ON_REELS)
    columns = _COLUMNS | _ON_REELS if real else _COLUMNS
    rows = [[_figure(point.get(name)) for name in columns] for point in config.operating_points]
    return f"{_POINTS}\n\n{_BY_BOTH if real else _BY_MATCHES}\n\n{_table(list(columns.values()), rows)}"


def measured_sections(report: Mapping[str, Any]) -> list[str]:
    """The card's sections on what was measured: on matches, real sounds and moods, whichever ``report`` holds."""
    sections = []
    if report["listeners"]:
        sections.append(_on_matches(report["matches"], report["listeners"]))
    if report["reels"]:
        sections.append(_on_reels(len(report["reel_names"]), report["reels"]))
    if report["moods"]:
        sections.append(_on_moods(report["moods"]))
    if report["rises"]:
        sections.append(_of(rise_table(report["rises"])))
    if report["tags"]:
        sections += [_of(tag_table(report["tags"])), _of(cause_table(report["tags"]))]
    return sections


def _on_matches(heard: Mapping[str, Any], scorers: Sequence[Mapping[str, Any]]) -> str:
    rows = [(title, *(with_interval(one["figures"][figure]) for one in scorers)) for figure, title in _TESTED.items()]
    return f"""## Tested on simulated matches

{heard["count"]} simulated matches, {heard["hours"]:.1f} hours, grounds and seeds that neither learning nor calibration
saw. Danger events: {heard["danger_events"]}, of them {heard["goals"]} goals; {heard["reacted_to"]} were answered by the
crowd. Intervals: 95 %, by whole matches. The rows with a budget take each listener's best threshold on these very
matches; the rows *there* one chosen on others for a budget, which need not be the line in force.

{_table(("", *(one["name"] for one in scorers)), rows)}"""


def _on_reels(count: int, reels: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [(name, with_interval(reel["event_auc"]), _figure(reel["frame_auc"])) for name, reel in reels.items()]
    groups = ", ".join(f"{group} {value:.2f}" for group, value in reels[INDEX]["by_group"].items())
    return f"""## Tested on real sounds

{count} reels of real beds with one real clip every 14 to 26 s, all equally loud; none of them was learned from. Crowd
reactions against everything else, ROC-AUC (intervals by file of sound):

{_table(("", "by clip", "frame by frame"), rows)}

By clip against one group at a time: {groups}. Whose sounds they are is told in `docs/quality.md` of the project."""


def _on_moods(moods: Mapping[str, Mapping[str, Any]]) -> str:
    orders = mood_orders(moods)
    return f"""Crowd loops of seven moods, Spearman's correlation of the mean score with the mood, by size of the crowd:

{_table(orders.columns, orders.rows)}"""


def _of(table: Table) -> str:
    return f"{table.title}. {table.note}\n\n{_table(table.columns, table.rows)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _figure(value: Any) -> str:
    if value is None:
        return "not known"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
