"""Which simulated matches are drawn: stretches of drawn matches, and real ones in pieces."""

import pytest

from engine.core.errors import InputError, UsageError
from engine.simulator.timeline import EventKind
from tests.unit.engine.football.statsbomb_match import MATCH_ID, full_match, write_folder
from train.data.simulation_plans import TEST, VALIDATION, random_plan, real_plans, split_matches


@pytest.fixture
def open_data(tmp_path):
    return write_folder(tmp_path, full_match())


def test_a_drawn_plan_is_the_same_each_time_and_as_long_as_asked_for():
    plan = random_plan(5, 20.0)
    assert plan.score().timeline == random_plan(5, 20.0).score().timeline != random_plan(6, 20.0).score().timeline
    assert plan.score().timeline.duration_s == 1200.0


def test_no_match_is_that_short():
    with pytest.raises(UsageError, match="no match"):
        random_plan(5, 1.0)


def test_pieces_of_a_real_match_hold_each_of_its_goals_once_and_lie_in_different_grounds(open_data):
    whole = real_plans(open_data, MATCH_ID)
    pieces = real_plans(open_data, MATCH_ID, 20.0)
    assert len(whole) == 1
    assert len(pieces) == 5
    assert sum(len(piece.score().timeline.goals()) for piece in pieces) == len(whole[0].score().timeline.goals()) == 3
    assert len({piece.seed for piece in (*pieces, *whole)}) == 6
    assert sum(piece.minutes for piece in pieces) == pytest.approx(whole[0].minutes, abs=0.01)
    assert pieces[0].score().timeline.duration_s == 1200.0


def test_a_whole_match_has_its_kick_offs(open_data):
    starts = [e for e in real_plans(open_data, MATCH_ID)[0].score().timeline.events if e.kind is EventKind.HALF_START]
    assert len(starts) == 2


def test_a_split_is_always_the_same_and_no_match_is_in_two_parts(tmp_path):
    (tmp_path / "events").mkdir()
    for match_id in range(100, 160):
        (tmp_path / "events" / f"{match_id}.json").touch()
    split = split_matches(tmp_path)
    assert split == split_matches(tmp_path)
    assert (len(split.val), len(split.test)) == (VALIDATION, TEST)
    assert sorted(split.train + split.val + split.test) == list(range(100, 160))


def test_too_few_matches_are_not_split(open_data):
    with pytest.raises(InputError, match="holds 1 matches"):
        split_matches(open_data)
