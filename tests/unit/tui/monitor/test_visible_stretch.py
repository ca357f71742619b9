import pytest

from tui.monitor.visible_stretch import COLUMN_LADDER_S, DEFAULT_COLUMN_S, View

WIDTH = 72


def test_following_moves_with_the_newest_moment() -> None:
    view = View().moved(100.0)
    assert (view.cursor_s, view.end_s) == (100.0, 100.0)


def test_frozen_stays_where_it_is() -> None:
    view = View().moved(100.0).frozen().moved(160.0)
    assert view.cursor_s == 100.0
    assert view.resumed(160.0).cursor_s == 160.0


def test_two_minutes_at_least_are_in_a_picture_of_eighty_columns() -> None:
    assert WIDTH * DEFAULT_COLUMN_S >= 120


def test_the_picture_stands_still_while_the_cursor_is_inside_it() -> None:
    view = View().moved(300.0).looking_at(250.0, 300.0, WIDTH)
    assert (view.cursor_s, view.end_s) == (250.0, 300.0)


def test_a_jump_out_of_the_picture_shows_what_follows_as_well() -> None:
    view = View().moved(3000.0).looking_at(1000.0, 3000.0, WIDTH)
    assert view.end_s == 1000.0 + WIDTH * DEFAULT_COLUMN_S / 4
    assert 0 <= view.column_of(1000.0, WIDTH) < WIDTH


def test_the_cursor_never_leaves_the_session() -> None:
    view = View().moved(100.0)
    assert view.looking_at(-5.0, 100.0, WIDTH).cursor_s == 0.0
    assert view.looking_at(500.0, 100.0, WIDTH).cursor_s == 100.0


def test_zooming_out_ends_where_the_whole_session_fits() -> None:
    view = View().moved(1800.0).whole(1800.0, WIDTH)
    assert view.column_s * WIDTH >= 1800.0
    assert view.zoomed(-1, 1800.0, WIDTH) == view


@pytest.mark.parametrize("head_s", [20.0, 45.0, 250.0, 5400.0, 36000.0])
@pytest.mark.parametrize("width", [32, 72, 192])
def test_the_whole_session_goes_from_edge_to_edge_and_stays_so_while_it_grows(head_s: float, width: int) -> None:
    view = View().moved(head_s).whole(head_s, width)
    for grown_s in (head_s, head_s * 1.001, head_s * 1.3):
        view = view.moved(grown_s).refitted(grown_s, width)
        assert view.last_column() == width - 1 or view.column_s == COLUMN_LADDER_S[0]
        assert view.first_column(width) <= 0
        assert view.column_of(grown_s, width) < width


def test_the_whole_of_a_replay_holds_what_is_still_to_come_and_the_cursor_goes_through_it() -> None:
    view = View().moved(10.0).whole(300.0, WIDTH).moved(20.0).refitted(300.0, WIDTH)
    assert (view.cursor_s, view.end_s) == (20.0, 300.0)
    assert view.column_of(20.0, WIDTH) == pytest.approx(20.0 / 300.0 * WIDTH, abs=1)


def test_zooming_in_from_the_whole_session_is_a_step_of_the_ladder() -> None:
    view = View().moved(1800.0).whole(1800.0, WIDTH)
    assert view.zoomed(1, 1800.0, WIDTH).column_s == 15.0
    assert view.zoomed(-1, 1800.0, WIDTH) == view


def test_a_frozen_view_too_shows_the_whole_session() -> None:
    view = View().moved(3000.0).looking_at(1000.0, 3000.0, WIDTH).whole(3000.0, WIDTH)
    assert (view.end_s, view.cursor_s) == (3000.0, 1000.0)
    assert view.column_s * WIDTH >= 3000.0


def test_zooming_in_and_out_again_is_where_one_was() -> None:
    view = View().moved(1800.0)
    assert view.zoomed(1, 1800.0, WIDTH).zoomed(-1, 1800.0, WIDTH) == view


def test_zooming_a_frozen_view_keeps_the_cursor_in_sight() -> None:
    view = View().moved(3000.0).looking_at(1000.0, 3000.0, WIDTH).zoomed(2, 3000.0, WIDTH)
    assert 0 <= view.column_of(1000.0, WIDTH) < WIDTH
