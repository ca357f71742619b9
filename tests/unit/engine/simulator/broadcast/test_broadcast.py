"""What is drawn of a half: the same bits again, and what the truth says of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from engine.core.errors import UsageError
from engine.football.events import EventKind, Side
from engine.football.soccernet import Spot
from engine.football.soccernet_spots import CLASSES_V2
from engine.simulator.broadcast.broadcast import Half, SimulatedBroadcast
from engine.simulator.broadcast.director import CARDS, Camera, plan_script
from engine.simulator.broadcast.happenings import Happening, drawn_spots, excerpt, happenings_of
from engine.simulator.broadcast.other_cameras import scoreboard
from engine.simulator.match import draws_for
from engine.simulator.timeline import draw_timeline

EVERY_CLASS = tuple(
    Happening(8.0 + 11.0 * n, label, Side.HOME if n % 2 else Side.AWAY) for n, label in enumerate(CLASSES_V2)
)
GOALS = (Happening(20.0, "Goal", Side.HOME), Happening(70.0, "Goal", Side.AWAY, shown=False))
FPS = 5


def broadcast(happenings, seed=3, seconds=None, fps=FPS):
    length_s = seconds or happenings[-1].t_s + 30.0
    return SimulatedBroadcast(Half(seed, 1, 600.0, length_s, tuple(happenings)), fps)


def board_of(drawn, frame, score):
    expected = scoreboard(drawn.look, score, 1)
    return np.array_equal(drawn.frame(frame)[4 : 4 + expected.shape[0], 4 : 4 + expected.shape[1]], expected)


def test_the_same_seed_gives_the_same_bits_and_another_one_others():
    drawn, again, other = (broadcast(GOALS, seed) for seed in (3, 3, 4))
    picked = range(0, drawn.script.frames, 40)
    assert all(np.array_equal(drawn.frame(n), again.frame(n)) for n in picked)
    assert not all(np.array_equal(drawn.frame(n), other.frame(n)) for n in picked)
    assert json.dumps(drawn.truth()) == json.dumps(again.truth())


def test_a_frame_does_not_depend_on_what_was_drawn_before():
    drawn, again = broadcast(GOALS), broadcast(GOALS)
    in_turn = list(drawn.frames())
    assert all(np.array_equal(in_turn[n], again.frame(n)) for n in (400, 101, 250))


def test_the_scoreboard_changes_when_the_truth_says_and_never_before_the_goal():
    for seed in range(6):
        drawn = broadcast(GOALS, seed, 120.0)
        before = drawn.script.scores[0]
        for score in drawn.script.scores[1:]:
            assert score.first / FPS >= score.goal_s
            around = range(score.first - 3 * FPS, score.first + 3 * FPS)
            on = [n for n in around if (shot := drawn.script.shot_at(n)) is None or shot.camera is not Camera.REPLAY]
            for n in on:
                assert board_of(drawn, n, score if n >= score.first else before)
            before = score
        assert [(one.home, one.away) for one in drawn.script.scores] == [(0, 0), (1, 0), (1, 1)]


def test_a_scoreboard_is_late_at_some_goals():
    late = [s.first / FPS - s.goal_s for seed in range(20) for s in broadcast(GOALS, seed).script.scores[1:]]
    assert 0.1 < np.mean(np.array(late) > 7.0) < 0.5


@pytest.mark.parametrize("shown", [True, False])
def test_what_is_shown_has_a_camera_on_it_and_what_is_not_has_another_one(shown):
    for seed in range(4):
        drawn = broadcast([replace(one, shown=shown) for one in EVERY_CLASS], seed)
        for one in drawn.script.happenings:
            shot = drawn.script.shot_at(round(one.t_s * FPS))
            if not shown:
                assert shot is not None and shot.camera is not Camera.MAIN and not shot.label
            elif one.label in (*CARDS, "Substitution"):
                assert shot is not None and (shot.label, shot.of_s) == (one.label, one.t_s)
            else:
                assert shot is None


def test_a_goal_that_is_not_shown_leaves_no_trace_in_the_picture_at_its_moment():
    """Whatever happens under another camera, the same frames are on the air."""
    hidden = [Happening(40.0, "Goal", Side.HOME, shown=False)]
    nothing = [Happening(40.0, "Clearance", Side.HOME, shown=False)]
    for seed in range(3):
        drawn, other = broadcast(hidden, seed, 60.0), broadcast(nothing, seed, 60.0)
        assert np.array_equal(drawn.frame(40 * FPS), other.frame(40 * FPS))


def test_the_ball_is_in_the_goal_at_the_goal_and_at_the_flag_at_the_corner():
    events = [Happening(20.0, "Goal", Side.HOME), Happening(60.0, "Corner", Side.AWAY)]
    drawn = broadcast(events)
    for t_s, x_m in ((20.0, 53.6), (60.0, -52.0)):
        n = round(t_s * FPS)
        column, row = drawn.main.ball_at(n)
        expected = (x_m - float(drawn.main._play.view_x[n]) + 32.0) * 160 / 64.0
        assert column == pytest.approx(expected, abs=1)
        assert tuple(drawn.frame(n)[row - 1, column]) == (255, 255, 255)


def test_a_card_is_held_up_from_its_moment_on_and_not_before():
    drawn = broadcast([Happening(15.0, "Red card", Side.HOME)])
    red = [(drawn.frame(15 * FPS + step) == (225, 10, 20)).all(axis=2).sum() for step in (-1, 0, 1)]
    board = (scoreboard(drawn.look, drawn.script.scores[0], 1) == (225, 10, 20)).all(axis=2).sum()
    assert red[0] == board and red[1] > board and red[2] > board


def test_shots_of_other_cameras_do_not_overlap_and_some_mislead():
    misleading = 0
    for seed in range(10):
        script = plan_script(EVERY_CLASS, 240.0, FPS, draws_for(seed, "script"))
        assert all(one.last <= after.first for one, after in zip(script.shots, script.shots[1:], strict=False))
        misleading += sum(shot.misleading and shot.joy for shot in script.shots)
    assert misleading > 0


def test_events_of_one_second_stay_apart_the_shot_before_its_goal_and_are_hidden_together():
    spots = [
        Spot(1, 50_000, "Goal"),
        Spot(1, 50_000, "Shots on target"),
        Spot(1, 90_000, "Free-kick (direct or indirect)"),
    ]
    for seed in range(8):
        found = happenings_of(spots, 1, np.random.default_rng(seed), says_visibility=False)
        assert [(one.t_s, one.label) for one in found[:2]] == [(50.0, "Shots on target"), (50.4, "Goal")]
        assert found[0].shown is found[1].shown
        assert found[2].label in CLASSES_V2
    said = happenings_of([Spot(1, 1000, "Goal", shown=False, side=Side.AWAY)], 1, np.random.default_rng(0), True)
    assert said == [Happening(1.0, "Goal", Side.AWAY, shown=False)]


def test_an_excerpt_holds_a_goal_where_there_is_one_and_its_clock_starts_with_it():
    whole = [Happening(60.0 * n, "Goal" if n == 30 else "Foul", Side.HOME) for n in range(45)]
    start_s, inside = excerpt(whole, 300.0, "Goal", np.random.default_rng(1))
    assert [one.t_s + start_s for one in inside if one.label == "Goal"] == [1800.0]
    assert all(0 <= one.t_s < 300.0 for one in inside)


def test_the_crowd_hears_what_the_picture_hides():
    timeline = broadcast(GOALS).sound().timeline
    assert [(e.t_s, e.kind, e.side) for e in timeline.goals()] == [
        (20.0, EventKind.GOAL, Side.HOME),
        (70.0, EventKind.GOAL, Side.AWAY),
    ]


def test_a_drawn_match_has_labels_of_soccernets_classes_in_order():
    timeline = draw_timeline(np.random.default_rng(2))
    spots = drawn_spots(timeline, 2, np.random.default_rng(2))
    assert {spot.label for spot in spots} <= set(CLASSES_V2)
    assert len(spots) > 40 and {spot.half for spot in spots} == {2}
    assert [spot.position_ms for spot in spots] == sorted(spot.position_ms for spot in spots)


@pytest.mark.parametrize(("fps", "size"), [(0, (160, 90)), (10, (161, 90)), (10, (16, 10)), (100, (160, 90))])
def test_what_makes_no_picture_is_refused(fps, size):
    with pytest.raises(UsageError, match="is no picture"):
        SimulatedBroadcast(Half(0, 1, 0.0, 10.0, GOALS[:1]), fps, size)
