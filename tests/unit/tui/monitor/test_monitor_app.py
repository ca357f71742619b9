"""Moving in time, marks, the match clock and the alarm line, by a pilot on a made-up session."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Static

from tests.unit.tui.monitor.fake_feed import INFO, THRESHOLD
from tests.unit.tui.monitor.stage import NOW_S, SPIKES, WATCH, Opening
from tui.monitor.keys import KEYS
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.widgets.graph import Graph
from tui.monitor.widgets.header_and_status import Header
from tui.monitor.widgets.spike_log import SpikeLog


async def test_it_follows_the_newest_moment(on_stage: Opening) -> None:
    async with on_stage() as stage:
        assert stage.cursor_s == pytest.approx(NOW_S, abs=0.1)
        stage.feed.until_s = 260.0
        await stage.tick()
        assert stage.cursor_s == pytest.approx(260.0, abs=0.1)


async def test_space_freezes_the_view_while_the_session_goes_on(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("space")
        stage.feed.until_s = 260.0
        await stage.tick()
        assert stage.cursor_s == pytest.approx(NOW_S, abs=0.1)
        assert "FROZEN 0:10 behind, recording goes on" in stage.text(Header)
        await stage.press("space")
        assert stage.cursor_s == pytest.approx(260.0, abs=0.1)


@pytest.mark.parametrize(
    ("keys", "moved_s"),
    [(("left",), -6), (("left", "left", "right"), -6), (("b",), -72), (("shift+left",), -72), (("b", "f"), 0)],
)
async def test_arrows_scrub_through_time(on_stage: Opening, keys: tuple[str, ...], moved_s: float) -> None:
    async with on_stage() as stage:
        await stage.press(*keys)
        assert stage.cursor_s == pytest.approx(NOW_S + moved_s, abs=1.1)


async def test_scrubbing_past_the_newest_moment_follows_again(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("left", "right")
        assert stage.screen.view.following


async def test_comma_and_full_stop_go_from_spike_to_spike_and_say_when_there_is_none(on_stage: Opening) -> None:
    async with on_stage() as stage:
        seen = []
        for key in ("comma", "comma", "comma", "full_stop"):
            await stage.press(key)
            seen.append(stage.cursor_s)
        assert seen == pytest.approx([SPIKES[2], SPIKES[1], SPIKES[0], SPIKES[1]], abs=2.0)
        await stage.press("full_stop", "full_stop")
        assert "no spike after" in stage.said[-1]


async def test_plus_minus_and_zero_zoom(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("plus")
        assert stage.screen.view.column_s == 1.0
        await stage.press("minus", "minus")
        assert stage.screen.view.column_s == 5.0
        await stage.press("plus", "0")
        assert stage.screen.view.column_s * stage.screen.columns >= NOW_S


async def test_x_shows_rejected_candidates_with_their_reason(on_stage: Opening) -> None:
    async with on_stage() as stage:
        assert "stayed below" not in stage.text(SpikeLog)
        await stage.press("x")
        assert "stayed below the alarm line" in stage.text(SpikeLog)
        await stage.press("x")
        assert "stayed below" not in stage.text(SpikeLog)


async def test_up_down_and_enter_choose_a_spike_and_show_it(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("down", "down", "enter")
        assert stage.cursor_s == pytest.approx(SPIKES[1], abs=2.0)
        await stage.press("end", "enter")
        assert stage.cursor_s == pytest.approx(SPIKES[0], abs=2.0)
        await stage.press("home", "pagedown", "pageup", "up", "enter")
        assert stage.cursor_s == pytest.approx(SPIKES[2], abs=2.0)


async def test_m_marks_the_moment_of_the_key_with_a_note(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("m")
        stage.feed.until_s = 260.0
        await stage.tick()
        await stage.press("c", *"hit post", "enter")
        assert [(mark.label, mark.note) for mark in stage.feed.kept_marks] == [("chance", "hit post")]
        assert stage.feed.kept_marks[0].t == pytest.approx(NOW_S, abs=0.1)


async def test_a_dialog_says_what_its_field_is_for_and_what_enter_does(on_stage: Opening) -> None:
    async with on_stage() as stage:
        for key, field, enter in (
            ("m", "chance: a note, if you like", "keeps it"),
            ("j", "12:34, 1:02:03 or", "takes it"),
        ):
            await stage.press(key, *("c" if key == "m" else ""))
            shown = {id: str(stage.app.screen.query_one(id, Static).content) for id in ("#question", "#keys")}
            assert shown["#question"].startswith(field)
            assert shown["#keys"].startswith(f"Enter {enter}")
            await stage.press("escape")


async def test_escape_marks_nothing(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("m", "escape")
        await stage.press("m", "g", "escape")
        assert stage.feed.kept_marks == []
        assert isinstance(stage.app.screen, MonitorScreen)


async def test_g_marks_a_goal_at_once_and_it_shows_above_the_graph(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("g")
        assert [mark.label for mark in stage.feed.kept_marks] == ["goal"]
        await stage.tick()
        assert "G" in stage.text(Graph).splitlines()[1]


async def test_k_sets_the_match_clock_with_the_likely_step_first(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("k", "enter")
        stage.feed.until_s = 280.0
        await stage.tick()
        assert "1st half 00:30" in stage.text(Header)
        await stage.press("k", "enter")
        assert [mark.label for mark in stage.feed.kept_marks] == ["kick-off", "half-time"]
        await stage.press("k", "f")
        assert stage.feed.kept_marks[-1].label == "full-time"


async def test_brackets_move_the_alarm_line_and_say_what_that_does(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("right_square_bracket")
        assert stage.feed.thresholds == [0.55]
        assert "more false alarms" in stage.said[-1]
        assert "about 3 false alarms a match" in stage.said[-1]
        await stage.press("left_square_bracket", "left_square_bracket")
        assert stage.feed.thresholds == [0.55, THRESHOLD, 0.8]
        await stage.press("left_square_bracket")
        assert stage.said[-1] == "no line with fewer alarms was measured for these weights"


async def test_weights_without_operating_points_say_so(on_stage: Opening) -> None:
    async with on_stage(replace(INFO, operating_points=())) as stage:
        await stage.press("left_square_bracket")
        assert stage.feed.thresholds == []
        assert "carry no measured alarm budget" in stage.said[-1]


async def test_a_visitor_moves_only_the_line_on_the_own_screen(on_stage: Opening) -> None:
    async with on_stage(WATCH) as stage:
        await stage.press("right_square_bracket")
        assert "on this screen only" in stage.said[-1]


def test_every_key_is_pressed_by_a_test() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py")))
    missing = [
        key.id for key in KEYS if not any(f'"{name}"' in source or f'"{name}' in source for name in key.keys.split(","))
    ]
    assert missing == []
