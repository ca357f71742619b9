"""The tables of a report that are about reels of real sounds and about moods."""

from collections.abc import Mapping
from typing import Any

from train.evaluate.predictions import INDEX
from train.evaluate.table import Table, number, with_interval


def reel_table(report: Mapping[str, Any]) -> Table:
    rows = []
    for name, reel in report["reels"].items():
        rows.append(
            (
                name,
                with_interval(reel["event_auc"]),
                " ".join(number(value) for value in reel["by_reel"]),
                number(reel["frame_auc"]),
                number(reel["settled_frame_auc"]),
                number(reel["false_alarms_per_hour"], 1),
                number(reel["bed_alarms_per_hour"], 1),
                number(reel["reactions_caught"], 2),
            )
        )
    return Table(
        "Real sounds at equal loudness: reactions against all the rest",
        "ROC-AUC of the highest score within 10 s of a clip (interval by file of sound), and of every reading; settled "
        "leaves out 1 s after a reaction's onset and 3 s after its end. False alarms at the line of the weights. "
        + (
            "Each clip was judged by weights that never heard it."
            if report["reels_by_fold"]
            else "Weights that learned with real sounds laid over may have heard some of these clips."
        ),
        ("", "by clip", "each reel", "by reading", "settled", "false alarms/h", "in the bed/h", "reactions caught"),
        tuple(rows),
    )


def reel_groups(report: Mapping[str, Any]) -> Table:
    groups = list(next(iter(report["reels"].values()))["by_group"])
    rows = [(name, *(number(reel["by_group"][group], 2) for group in groups)) for name, reel in report["reels"].items()]
    return Table(
        "Real sounds: reactions against one group at a time",
        "ROC-AUC by clip. Applause and boos are the crowd as well, and count neither way above.",
        ("", *groups),
        tuple(rows),
    )


def rise_table(rises: Mapping[str, Any]) -> Table:
    rows = [
        (
            name,
            number(one["after_against_before"]),
            f"{one['above_rest']} of {one['rises']}",
            f"{one['alarmed']} of {one['long_rises']}",
            f"{one['false_alarms']} in {number(one['steady_minutes'], 1)} minutes",
        )
        for name, one in rises.items()
    ]
    return Table(
        "Real crowds that rise after their own rest",
        "ROC-AUC of the readings after a rise against those of the rest before it; an alarm is asked of rises that go "
        "on for 3 s or more.",
        ("", "after against before", "above its own rest", "alarmed", "false alarms at rest"),
        tuple(rows),
    )


def tag_table(tags: Mapping[str, Any]) -> Table:
    precision, share = tags["average_precision"], tags["share"]
    return Table(
        "What is heard: each tag on real sounds",
        "Average precision over all moments of the reels, and the share of them in which it sounds, which is what "
        "chance has.",
        ("tag", "average precision", "chance"),
        tuple((name, number(precision[name], 2), number(share[name], 3)) for name in precision),
    )


def cause_table(tags: Mapping[str, Any]) -> Table:
    right = tags["cause_right"]
    return Table(
        "What a spike is said to be: the cause of real clips",
        f"The share named right, every source of sound counting once; {number(tags['unclear'], 2)} are said to be "
        "unclear.",
        ("", *right, "mean"),
        (("right", *(number(one, 2) for one in right.values()), number(tags["cause_right_of_all"], 2)),),
    )


def mood_table(moods: Mapping[str, Any]) -> Table:
    sizes = list(moods["means"])
    every = sorted({int(mood) for size in sizes for mood in moods["means"][size]})
    rows = [(size, *(number(moods["means"][size].get(str(mood)), 2) for mood in every)) for size in sizes]
    return Table(
        "Real crowd loops by mood: the mean index",
        "From very negative to jubilant, each after 45 s of the neutral loop.",
        ("crowd", *(f"{mood:+d}" for mood in every)),
        tuple(rows),
    )


def mood_orders(moods: Mapping[str, Any]) -> Table:
    """Spearman's correlations of every scorer, by size of the crowd."""
    sizes = list(moods[INDEX]["spearman"])
    rows = [(name, *(number(one["spearman"][size], 2) for size in sizes)) for name, one in moods.items()]
    return Table(
        "Real crowd loops by mood: whether they come out in order",
        "Spearman's correlation of the mean score with the mood, within one size of crowd.",
        ("", *sizes),
        tuple(rows),
    )
