"""The rows above the graph's bars: a channel's peaks where they were, whatever the zoom, and none where no room is."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core.spotted import Lane
from tui.monitor.glyphs import ASCII, UNICODE
from tui.monitor.visible_stretch import View
from tui.monitor.widgets.graph import GUTTER, Picture, graph_lines
from tui.monitor.widgets.lanes import LaneColumns, lane_columns, lane_label, shown_lanes
from tui.monitor.widgets.paint import text_of

PEAK_S = 100.25
WIDTH = 40


def lane(name: str = "video") -> Lane:
    """Five minutes with one peak, of half a second."""
    t_s = 0.25 + np.arange(600) * 0.5
    return Lane(name, t_s, np.where(t_s == PEAK_S, np.float32(0.9), np.float32(0.1)), 0.5)


@pytest.mark.parametrize("column_s", [0.25, 0.5, 2.0, 5.0])
@pytest.mark.parametrize("end_s", [101.0, 104.0, 108.0])
def test_a_peak_stands_at_its_own_time_however_the_graph_is_scrolled_and_zoomed(column_s: float, end_s: float) -> None:
    view = View(cursor_s=end_s, end_s=end_s, following=False, column_s=column_s)
    columns = lane_columns(lane(), view, WIDTH).columns
    high = np.flatnonzero(columns > 0.5).tolist()
    at = view.column_of(PEAK_S, WIDTH)
    assert high == [column for column in range(at, at + (2 if column_s == 0.25 else 1)) if 0 <= column < WIDTH]
    assert not np.isnan(columns[max(0, -view.first_column(WIDTH) + 1) : -1]).any()


def test_what_a_replay_has_not_come_to_is_not_shown() -> None:
    columns = lane_columns(lane(), View(end_s=99.9), WIDTH).columns
    assert (columns[~np.isnan(columns)] < 0.5).all() and not np.isnan(columns[-1])


def test_where_a_minute_of_a_curve_was_lost_there_is_no_number() -> None:
    whole = lane()
    kept = (whole.t_s < 40) | (whole.t_s > 100)
    holed = replace(whole, t_s=whole.t_s[kept], highest=whole.highest[kept])
    columns = lane_columns(holed, View(end_s=119.0, column_s=0.25), 320).columns
    absent = np.flatnonzero(np.isnan(columns))
    assert len(absent) == round((PEAK_S - 40.25) / 0.25) and (np.diff(absent) == 1).all()


@pytest.mark.parametrize(("rows", "names"), [(4, []), (5, ["fused"]), (6, ["video", "fused"]), (7, ["video", "fused"]),
                                             (9, ["video", "audio", "fused"])])  # fmt: skip
def test_on_a_low_screen_the_picture_s_row_goes_before_the_fused_one(rows: int, names: list[str]) -> None:
    lanes = [LaneColumns(name, np.zeros(3)) for name in ("fused", "video", "audio")]
    assert [one.name for one in shown_lanes(lanes, rows)] == names


def test_the_rows_are_as_wide_as_the_bars_and_take_nothing_from_the_frame() -> None:
    view = View(end_s=108.0)
    lanes = tuple(lane_columns(lane(name), view, WIDTH) for name in ("video", "fused"))
    without = Picture(np.full(WIDTH, 0.3), 0.7, (), None, view)
    for glyphs, peak in ((UNICODE, "▇"), (ASCII, "%")):
        drawn = text_of(graph_lines(replace(without, lanes=lanes), "Graph", WIDTH + GUTTER, 10, glyphs))
        plain = text_of(graph_lines(without, "Graph", WIDTH + GUTTER, 10, glyphs))
        assert len(drawn) == len(plain) == 10 and drawn[:2] == plain[:2] and drawn[-1] == plain[-1]
        assert [line[:GUTTER] for line in drawn[2:4]] == [" video ", " fused "]
        assert all(line[GUTTER:].index(peak) == view.column_of(PEAK_S, WIDTH) for line in drawn[2:4])
        assert "alarm" in "".join(drawn[4:-1]) and drawn[-2].startswith("  0.0  ")


@pytest.mark.parametrize(
    ("name", "label"),
    [("video", " video "), ("video+audio", " v+a   "), ("[b]x\x1b[31m", " [b]x… "), ("", "       ")],
)
def test_a_lane_s_name_fits_into_the_scale(name: str, label: str) -> None:
    assert lane_label(name, GUTTER, UNICODE) == label
