from tui.view import DEFAULT_COLUMN_S, View

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
