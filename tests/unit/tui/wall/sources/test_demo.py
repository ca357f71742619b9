"""The demonstration shows every state, and is the same each time."""

import pytest

from engine.core.errors import UsageError
from tui.wall.board import Board
from tui.wall.sources.demo import DemoSource, demo_count
from tui.wall.standing import State


def states_of(count: int, seconds: float) -> tuple[set[State], Board]:
    clock = [50.0]
    source = DemoSource(count, clock=lambda: clock[0])
    source.open()
    board, seen = Board(), set()
    while clock[0] < 50.0 + seconds:
        board.take(source.poll())
        board.look(clock[0])
        seen |= {board.standing(venue).state for venue in board.venues.values()}
        clock[0] += 0.5
    return seen, board


def test_within_two_minutes_every_state_comes_up() -> None:
    seen, board = states_of(12, 120.0)
    assert {State.ALARM, State.BUILDING, State.CALM, State.FAULT, State.NO_SIGNAL, State.WARMING_UP} <= seen
    assert len(board.venues) == 12


def test_the_same_match_day_each_time() -> None:
    first, second = states_of(5, 30.0)[1], states_of(5, 30.0)[1]
    assert [venue.ring.cells(60)[-5:] for venue in first.venues.values()] == [
        venue.ring.cells(60)[-5:] for venue in second.venues.values()
    ]


@pytest.mark.parametrize("text", ["demo:0", "demo:257", "demo:x", "demo:-1", "demo:1e9"])
def test_how_many_grounds_is_a_number(text: str) -> None:
    with pytest.raises(UsageError):
        demo_count(text)
