"""What is said of models on simulated broadcasts: by hand, on games whose outcome is known."""

import numpy as np
import pytest

from engine.football.soccernet import Spot
from train.experiments.broadcasts.measuring import Judged, goal_line
from train.experiments.broadcasts.tables import CLASSIFICATION, SPOTTING, figures_of, tables
from train.fit.spotting.games import Half
from train.metrics.average_map import LOOSE_S, count_by_visibility
from train.metrics.window_map import Windows

CLASSES = ("Goal", "Corner")
TRUTH = (Spot(1, 100_000, "Goal"), Spot(1, 200_000, "Goal", shown=False), Spot(1, 250_000, "Corner"))


def judged(names, found):
    """Three games of the same events; ``found`` are spots by game, ``names`` those that the windows name right."""
    counts = [count_by_visibility(TRUTH, spots, CLASSES, LOOSE_S) for spots in found]
    truth = np.array([[True, False], [False, True], [False, False]])
    scores = np.where(truth & np.isin(CLASSES, names), 1.0, 0.0)
    goals = [[(goal.shown, goal in spots) for goal in TRUTH[:2]] for spots in found]
    return Judged(
        ("a", "b", "c"),
        CLASSES,
        {which: tuple(count[which] for count in counts) for which in counts[0]},
        tuple(Windows(scores, truth) for _ in found),
        tuple(np.array(rows) for rows in goals),
        tuple(0 for _ in found),
    )


def test_the_tables_say_which_channel_found_the_goals_that_were_not_shown_and_that_all_is_simulated():
    shown, heard = [TRUTH[0]], [TRUTH[1]]
    figures = figures_of(
        {
            "video alone": judged(("Corner",), [shown] * 3),
            "audio alone": judged(("Goal",), [heard] * 3),
            "both": judged(CLASSES, [list(TRUTH)] * 3),
        },
        draws=30,
    )
    found = {name: row["goals found, unshown"]["value"] for name, row in figures["models"].items()}
    assert found == {"video alone": 0.0, "audio alone": 1.0, "both": 1.0}
    assert figures["models"]["both"][CLASSIFICATION]["value"] == 1.0
    above = figures["above"]["both"]["video alone"]
    assert above[SPOTTING]["low"] > 0 and above[CLASSIFICATION]["low"] > 0
    assert figures["events"] == {"Goal": 6, "Corner": 3, "goals": 6, "goals that were not shown": 3}
    text = tables(figures)
    assert text.startswith("Simulated") and text.count("| simulated") == 4
    assert "3 of 6 goals were not shown" in text


def test_the_line_of_goals_lets_half_a_false_one_through_a_game():
    halves = [Half(game, 1, (), (Spot(1, 100_000, "Goal"),), np.zeros((0, 2), np.int64)) for game in ("a", "b")]
    wrong = [Spot(1, 500_000, "Goal", value) for value in (0.9, 0.8, 0.3)]
    found = {"a": [Spot(1, 105_000, "Goal", 0.2), *wrong[:2]], "b": wrong[2:]}
    assert goal_line(found, halves) == pytest.approx(0.8, abs=1e-6)
    assert goal_line({"a": wrong[:1], "b": []}, halves) == 0.0
