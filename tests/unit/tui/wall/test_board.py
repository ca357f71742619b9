"""Which venues are shown, and in which order."""

from engine.core.signals import Alarm
from tests.unit.tui.wall.made_up import delivery, reading, start
from tui.wall.board import Board, Counts, Only, Order
from tui.wall.delivery import Delivery


def listening(name: str, pressure: float, at_s: float = 0.0) -> list[Delivery]:
    return [delivery(name, start(), at_s), delivery(name, reading(100.0 + at_s, pressure), at_s)]


def board_of(**pressures: float) -> Board:
    board = Board()
    for name, pressure in pressures.items():
        board.take(listening(name, pressure))
    board.look(0.0)
    return board


def names(board: Board, now_s: float = 0.0) -> list[str]:
    board.look(now_s)
    return [shown.venue.name for shown in board.shown(now_s)]


def test_alarms_stand_first_then_what_is_pinned_then_the_order_that_was_chosen() -> None:
    board = board_of(calm=0.1, loud=0.5, up=0.65, pinned=0.05)
    board.pin("pinned")
    board.take([delivery("calm", Alarm(99.0, 100.0, 0.9), 0.0)])
    assert names(board) == ["calm", "pinned", "up", "loud"]
    board.order = Order.NAME
    assert names(board) == ["calm", "pinned", "loud", "up"]


def test_names_with_numbers_stand_in_the_order_of_the_numbers() -> None:
    board = board_of(**{"ground 10": 0.1, "ground 9": 0.1, "Ground 1": 0.1})
    board.order = Order.NAME
    assert names(board) == ["Ground 1", "ground 9", "ground 10"]


def test_by_state_trouble_stands_before_calm() -> None:
    board = board_of(calm=0.1, silent=0.1)
    board.order = Order.STATE
    board.take([delivery("calm", reading(110.0, 0.1), 5.0)])
    assert names(board, 5.0) == ["silent", "calm"]


def test_small_changes_of_pressure_move_no_venue() -> None:
    board = board_of(one=0.30, two=0.28)
    assert names(board) == ["one", "two"]
    board.take([delivery("one", reading(101.0, 0.25), 9.0), delivery("two", reading(101.0, 0.33), 9.0)])
    assert names(board, 10.0) == ["one", "two"]
    board.take([delivery("two", reading(102.0, 0.45), 12.0)])
    assert names(board, 12.0) == ["two", "one"]


def test_a_filter_and_words_choose_and_an_alarm_is_counted_all_the_same() -> None:
    board = board_of(oldham=0.1, wembley=0.65)
    board.take([delivery("oldham", Alarm(99.0, 100.0, 0.9))])
    board.typed = "WEM"
    assert names(board) == ["wembley"]
    assert [venue.name for venue in board.alarms()] == ["oldham"]
    board.typed, board.only = "", Only.UP
    assert names(board) == ["oldham", "wembley"]
    board.only = Only.TROUBLE
    assert names(board) == []


def test_ten_thousand_topics_make_no_more_venues_than_there_is_room_for() -> None:
    board = Board(most=100)
    for number in range(10_000):
        board.take([delivery(f"v{number}", reading(1.0))])
    assert len(board.venues) == 100
    assert board.left_out == 9_900
    assert board.look(0.0) == Counts(100, 0, 0)


def test_names_that_nothing_is_heard_of_give_their_place_to_a_venue_that_sends() -> None:
    board = Board(most=10)
    for number in range(10):
        board.take([delivery(f"ghost{number}", reading(1.0), retained=True)])
    board.take([delivery("oldham", reading(1.0))])
    assert "oldham" in board.venues
    assert len(board.venues) == 10
