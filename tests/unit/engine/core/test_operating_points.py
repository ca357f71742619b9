"""What alarm lines give, in figures and in words."""

import pytest

from engine.core.operating_points import (
    OperatingPoint,
    budget_sentence,
    next_point,
    point_in_force,
    points_of,
)
from engine.core.paths import shipped_weights
from engine.model.checkpoint import read_config

ROWS = [
    {"false_per_match": 1.0, "threshold": 0.7},
    {"false_per_match": 0.52, "threshold": 0.9, "real_cries_found": 0.416},
]


def test_the_shipped_weights_have_quieter_lines_to_choose_from_each_with_what_it_costs() -> None:
    config, _ = read_config(shipped_weights() / "default")
    points = points_of(config.operating_points)
    assert len(points) == 8
    assert point_in_force(points, config.spikes.on) is not None
    found = [point.cries_found or 0.0 for point in sorted(points, key=lambda point: -point.threshold)]
    assert found == sorted(found)  # whoever takes a quieter line hears of fewer cries, and no line is worth nothing
    assert len(set(found)) == len(found)
    fewer, more = (next_point(points, config.spikes.on, step) for step in (-1, 1))
    assert fewer is not None
    assert more is not None
    assert fewer.threshold > config.spikes.on > more.threshold


def test_operating_points_that_make_no_sense_are_left_out() -> None:
    rows = [*ROWS, {"threshold": 0.5}, {"false_per_match": 1, "threshold": 7}, "0.5", None]
    assert [point.threshold for point in points_of(rows)] == [0.9, 0.7]


def test_two_budgets_with_one_threshold_are_one_line() -> None:
    rows = [{**ROWS[0], "budget": 4}, {**ROWS[0], "budget": 5}]
    assert points_of(rows) == (OperatingPoint(1.0, 0.7),)


def test_a_line_is_said_with_its_false_alarms_and_the_real_cries_that_it_finds() -> None:
    points = points_of(ROWS)
    assert points == (OperatingPoint(0.52, 0.9, 0.416), OperatingPoint(1.0, 0.7))
    assert budget_sentence(points, 0.9) == "about 0.5 false alarms a match, 42% of real cries found"
    assert budget_sentence(points, 0.7) == "about 1 false alarm a match"
    assert budget_sentence(points, 0.8) == "no measured rate of false alarms for it"
    assert budget_sentence((), 0.7) == "no measured rate of false alarms for it"


def test_the_next_line_is_found_by_asking_for_more_or_fewer_alarms() -> None:
    points = (OperatingPoint(0.5, 0.8), OperatingPoint(1.0, 0.7), OperatingPoint(3.0, 0.55))
    assert next_point(points, 0.7, 1) == points[2]
    assert next_point(points, 0.7, -1) == points[0]
    assert next_point(points, 0.8, -1) is None
    assert next_point(points, 0.75, 1) == points[1]


@pytest.mark.parametrize("name", ["spike_off", "spike_min_duration_s", "spike_refractory_s", "spike_merge_s"])
def test_lines_of_another_detector_than_the_measured_one_can_be_taken_and_promise_nothing(name: str) -> None:
    assert points_of(ROWS, {}) == points_of(ROWS, {name: None, "spike_on": 0.7}) == points_of(ROWS)
    points = points_of(ROWS, {name: 0.1})
    assert [point.threshold for point in points] == [0.9, 0.7]
    assert budget_sentence(points, 0.9) == "no measured rate of false alarms for it"
    assert next_point(points, 0.9, 1) == points[1]
