"""SoccerNet's average-mAP: by hand, and against its own package where that is installed.

The package takes its time, so the suite compares few cases; ``SPOTTING_CASES=400`` in the environment compares more.
"""

import os
import random

import numpy as np
import pytest

from engine.football.soccernet import Spot
from tests.unit.train.soccernet_package import needs_package
from train.metrics.average_map import (
    AT_1_S,
    LOOSE_S,
    TIGHT_S,
    add_up,
    average_map,
    average_precisions,
    count_spots,
    ranked,
)

AT_5_S = (5,)
METRICS = {"loose": LOOSE_S, "tight": TIGHT_S, "at1": AT_1_S, "at5": AT_5_S}
LABELS = ("danger", "corner")
CASES = int(os.environ.get("SPOTTING_CASES", "32"))


def goal(second, confidence=1.0, half=1, label="danger"):
    return Spot(half, round(second * 1000), label, confidence)


def mean_ap(truth, found, deltas_s=AT_1_S, labels=("danger",), fps=2):
    return average_map(count_spots(truth, found, labels, deltas_s, fps))


def test_finding_every_event_and_nothing_else_is_perfect():
    assert mean_ap([goal(10), goal(70)], [goal(10), goal(70)]) == 1.0


def test_one_missed_event_caps_the_precision_at_ten_elevenths():
    events = [goal(10 * n) for n in range(1, 21)]
    assert mean_ap(events, events[:-1]) == pytest.approx(10 / 11)


def test_a_false_prediction_above_a_right_one_halves_the_precision():
    assert mean_ap([goal(10)], [goal(10, 0.4), goal(100, 0.8)]) == pytest.approx(0.5)


def test_a_class_that_never_happens_scores_nothing():
    assert mean_ap([goal(10)], [goal(10)], labels=LABELS) == 0.5


def test_the_raster_of_half_seconds_accepts_lateness_of_nearly_a_second_but_not_earliness_of_half_a_second():
    assert mean_ap([goal(10)], [goal(10.999)]) == 1.0
    assert mean_ap([goal(10)], [goal(9.499)]) == 0.0


def test_the_last_of_two_predictions_in_one_frame_counts():
    found = [goal(10, 0.9), goal(10.2, 0.1), goal(100, 0.5)]
    assert mean_ap([goal(10)], found) == pytest.approx(0.5)


def test_scores_far_below_one_are_punished_until_they_are_ranked():
    truth, found = [goal(10), goal(200)], [goal(10, 0.003), goal(200, 0.002), goal(400, 0.001), goal(500, 0.001)]
    assert mean_ap(truth, found) < 0.6
    assert mean_ap(truth, ranked([found])[0]) == 1.0


def test_an_early_event_takes_the_better_of_two_predictions_and_leaves_the_other():
    truth = [goal(100), goal(103)]
    found = [goal(101, 0.9), goal(104, 0.5)]
    assert mean_ap(truth, found, AT_5_S) == 1.0


def test_an_event_before_kick_off_is_refused():
    with pytest.raises(ValueError, match="before the kick-off"):
        mean_ap([goal(-1)], [])


def test_a_game_counted_twice_is_the_game_twice():
    games = [
        count_spots([goal(10)], [goal(10, 0.3), goal(50, 0.7)], ("danger",), TIGHT_S),
        count_spots([goal(30)], [goal(30, 0.8)], ("danger",), TIGHT_S),
    ]
    by_weight = add_up(games, np.array([2.0, 1.0]))
    by_hand = add_up([games[0], games[0], games[1]])
    assert average_precisions(by_weight) == pytest.approx(average_precisions(by_hand))


def random_game(draw, fps):
    """Crowded and coarse on purpose: equal frames, equal confidences, positions near the end of a half."""
    span_ms = draw.choice([60_000, 600_000, 7_300_000])

    def spots(count, confidence):
        return [
            Spot(draw.choice([1, 2]), draw.randrange(0, span_ms, draw.choice([1, 20, 500])), label, confidence())
            for label in (*LABELS, "other")
            for _ in range(draw.randrange(count))
        ]

    levels = draw.choice([3, 1000])
    scale = draw.choice([1.0, 0.01])
    return spots(8, lambda: 1.0), spots(40, lambda: scale * draw.randrange(levels + 1) / levels)


@needs_package
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("fps", [2, 25])
@pytest.mark.parametrize("metric", METRICS)
def test_it_agrees_with_the_package(metric, fps, monkeypatch):
    from SoccerNet.Evaluation import ActionSpotting

    monkeypatch.setattr(ActionSpotting, "tqdm", lambda games: games)
    classes = {label: i for i, label in enumerate(LABELS)}
    draw = random.Random(f"{metric} {fps}")
    for _ in range(CASES // 8):
        games = [random_game(draw, fps) for _ in range(draw.randrange(1, 3))]
        theirs, per_class = _package_says(ActionSpotting, games, classes, metric, fps)
        counts = add_up([count_spots(truth, found, LABELS, METRICS[metric], fps) for truth, found in games])
        assert average_map(counts) == pytest.approx(theirs, abs=1e-12)
        for label, c in classes.items():
            ours = add_up([count_spots(truth, found, (label,), METRICS[metric], fps) for truth, found in games])
            assert average_map(ours) == pytest.approx(per_class[c], abs=1e-12)


def _package_says(package, games, classes, metric, fps):
    """What ``evaluate`` of the package does once its files are read; the raster of a class is (frames, classes)."""
    targets, detections = [], []
    for truth, found in games:
        annotations = [
            {"gameTime": f"{spot.half} - 00:00", "position": str(spot.position_ms), "label": spot.label}
            for spot in truth
        ]
        predictions = [
            {"half": str(s.half), "position": str(s.position_ms), "label": s.label, "confidence": s.confidence}
            for s in found
        ]
        settings = {"num_classes": len(classes), "framerate": fps, "EVENT_DICTIONARY": classes}
        targets += package.label2vector({"annotations": annotations}, **settings)
        detections += package.predictions2vector({"predictions": predictions}, **settings)
    closest = [np.zeros_like(target) for target in targets]
    average, per_class, *_ = package.average_mAP(targets, detections, closest, fps, np.array(METRICS[metric]))
    return average, per_class


@pytest.mark.parametrize(("off_s", "delta_s", "found"), [(2.0, 5, 1.0), (2.0, 3, 0.0), (3.0, 5, 0.0), (3.0, 6, 1.0)])
def test_a_prediction_is_right_within_half_of_delta_on_either_side(off_s, delta_s, found):
    for second in (100.0 - off_s, 100.0 + off_s):
        assert mean_ap([goal(100)], [goal(second)], (delta_s,)) == found


def test_deltas_are_averaged_by_the_trapezoidal_rule():
    # Right from delta 3 on: 0, 0, 1, 1, 1 over five deltas is (0 + 0.5 + 1 + 1) / 4.
    assert mean_ap([goal(100)], [goal(101.5)], (1, 2, 3, 4, 5)) == pytest.approx(2.5 / 4)


def test_games_are_added_count_by_count():
    half_right = count_spots([goal(10)], [goal(10), goal(500)], ("danger",), AT_1_S)
    twice = add_up([half_right], np.array([2.0]))
    assert (twice.right[0, 0, 0], twice.found[0, 0], twice.events[0]) == (2.0, 4.0, 2.0)
    assert average_map(add_up([half_right, half_right])) == pytest.approx(average_map(half_right))


def test_what_lies_beyond_the_half_is_counted_at_its_last_frame_and_not_one_earlier():
    assert mean_ap([goal(7200.0)], [goal(9000.0)]) == 1.0
    assert mean_ap([goal(7198.0)], [goal(9000.0)]) == 0.0
    assert mean_ap([goal(7190.0), goal(7195.0)], [goal(7190.0), goal(7195.0)]) == 1.0
