"""Files, pictures, themes, help, leaving, a replay's keys and the mouse, by a pilot on a made-up session."""

from pathlib import Path

import pytest
from textual.color import Color
from textual.events import Key

from engine.core.signals import Spike
from tests.unit.tui.monitor.fake_feed import INFO
from tests.unit.tui.monitor.stage import NOW_S, REPLAY, SPIKES, WATCH, Opening
from tui.monitor.feed import FeedInfo
from tui.monitor.screens.ask import Ask
from tui.monitor.screens.help import HelpScreen
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.themes import DARK, LIGHT
from tui.monitor.widgets.graph import Graph
from tui.monitor.widgets.header_and_status import Header, KeyBar
from tui.monitor.widgets.spike_log import SpikeLog


@pytest.mark.parametrize(("letter", "kind"), [("c", "spikes"), ("r", "readings"), ("j", "json"), ("l", "labels")])
async def test_e_exports_and_says_where(on_stage: Opening, letter: str, kind: str) -> None:
    async with on_stage() as stage:
        await stage.press("e", letter)
        await stage.written()
        assert stage.feed.exported == [kind]
        assert stage.said[-1].endswith(f"session.{kind}")


async def test_s_saves_a_picture_for_its_owner_alone(on_stage: Opening, tmp_path: Path) -> None:
    async with on_stage() as stage:
        await stage.press("s")
        await stage.written()
        (picture,) = (tmp_path / "pictures").iterdir()
        drawn = picture.read_text(encoding="utf-8")
        assert drawn.startswith("<svg")
        assert "url(" not in drawn.replace("url(#", "")  # it loads nothing from elsewhere
        assert picture.stat().st_mode & 0o777 == 0o600


async def test_pictures_are_numbered_and_none_shows_what_was_said_of_the_one_before(
    on_stage: Opening, tmp_path: Path
) -> None:
    async with on_stage() as stage:
        for _ in range(2):
            await stage.press("s")
            await stage.written()
        assert "written:" in stage.app.export_screenshot().replace("&#160;", " ")
        found = sorted((tmp_path / "pictures").iterdir())
        assert [path.name for path in found] == [f"{INFO.session}-picture-{number}.svg" for number in (1, 2)]
        assert all("written" not in path.read_text(encoding="utf-8") for path in found)


async def test_t_takes_the_next_theme(on_stage: Opening) -> None:
    async with on_stage() as stage:
        for name in (DARK, LIGHT):
            assert stage.app.theme == name
            colours = stage.app.theme_variables
            grounds = {segment.style.bgcolor for segment in stage.screen.query_one(Header).render_line(0)}
            assert {Color.from_rich_color(ground).hex.lower() for ground in grounds} <= {
                colours[tone] for tone in ("bar", "calm", "building", "alarm", "fault")
            }
            await stage.press("t")


async def test_help_begins_with_the_panel_in_focus_and_can_be_read_to_its_end(on_stage: Opening) -> None:
    async with on_stage(size=(40, 10)) as stage:
        await stage.press("question_mark")
        help = stage.app.screen
        assert isinstance(help, HelpScreen)
        scroll = help.query_one("#help")
        assert scroll.max_scroll_x == 0
        await stage.press("j", "down", "up", "end")
        await stage.pilot.wait_for_animation()
        assert scroll.max_scroll_y > 20
        assert scroll.scroll_y == scroll.max_scroll_y
        await stage.press("escape")
        assert isinstance(stage.app.screen, MonitorScreen)


async def test_the_palette_runs_a_command_by_name(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("ctrl+p")
        await stage.press(*"goal")
        await stage.pilot.app.workers.wait_for_complete()
        await stage.pilot.pause()
        await stage.press("enter")
        await stage.pilot.pause()
        assert [mark.label for mark in stage.feed.kept_marks] == ["goal"]


async def test_q_asks_before_it_ends_a_recording(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("q", "enter")  # the safe choice comes first
        assert stage.app.is_running
        await stage.press("q", "y")
        assert stage.app.return_value == 0


async def test_a_letter_that_comes_with_the_key_that_opens_a_dialog_is_its_answer(on_stage: Opening) -> None:
    async with on_stage() as stage:
        for key in ("q", "y"):  # as a slow line hands on what was typed
            stage.app.post_message(Key(key, key))
        await stage.pilot.pause()
        assert stage.app.return_value == 0


@pytest.mark.parametrize(("info", "key"), [(WATCH, "q"), (WATCH, "d"), (REPLAY, "q")])
async def test_leaving_what_others_record_asks_nothing(on_stage: Opening, info: FeedInfo, key: str) -> None:
    async with on_stage(info) as stage:
        await stage.press(key)
        assert stage.app.return_value == 0


async def test_d_does_not_leave_a_recording_of_this_process(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("d")
        assert stage.app.return_value is None
        assert "this process is the recorder" in stage.said[-1]


async def test_ctrl_c_asks_first_and_ends_when_pressed_again(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("ctrl+c")
        assert isinstance(stage.app.screen, Ask)
        assert stage.app.is_running
        await stage.press("ctrl+c")
        assert stage.app.return_value == 130


async def test_ctrl_q_never_ends_a_recording_by_accident(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("ctrl+q", "ctrl+q", "ctrl+q")
        assert isinstance(stage.app.screen, Ask)
        assert stage.app.return_value is None


async def test_j_jumps_to_a_time(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("j", *"1:13", "enter")
        assert stage.cursor_s == pytest.approx(73.0)
        await stage.press("j", *"soon", "enter")
        assert "'soon' is no time" in stage.said[-1]


async def test_a_replay_plays_pauses_seeks_and_changes_speed(on_stage: Opening) -> None:
    async with on_stage(REPLAY, speed=8.0) as stage:
        await stage.tick(10.0)
        assert stage.cursor_s == pytest.approx(80.0)
        assert "▶ REPLAY 8x" in stage.text(Header)
        assert "Spike: 0.93" in stage.said[0]
        await stage.press("space")
        await stage.tick(10.0)
        assert stage.cursor_s == pytest.approx(80.0)
        await stage.press("greater_than_sign", "space")
        await stage.tick(1.0)
        assert stage.cursor_s == pytest.approx(96.0)
        await stage.press("less_than_sign", "full_stop")
        assert stage.cursor_s == pytest.approx(SPIKES[1], abs=2.0)
        assert "REPLAY paused" in stage.text(Header)


async def test_a_replay_stops_at_its_end(on_stage: Opening) -> None:
    async with on_stage(REPLAY) as stage:
        await stage.tick(1000.0)
        assert not stage.screen.player.playing  # type: ignore[union-attr]
        assert stage.cursor_s == pytest.approx(300.0, abs=0.1)


async def test_live_sound_has_no_speed(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("greater_than_sign")
        assert "sets its own pace" in stage.said[-1]


async def test_a_click_in_the_graph_goes_to_that_moment(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.pilot.click(Graph, offset=(79 - 31, 4))
        assert stage.cursor_s == pytest.approx(NOW_S - 60.0, abs=3.0)


async def test_a_click_in_the_footer_is_its_key(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.pilot.click(KeyBar, offset=(2, 0))
        await stage.pilot.pause()
        assert not stage.screen.view.following


async def test_a_click_chooses_a_spike(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.pilot.click(SpikeLog, offset=(10, 3))
        selected = stage.screen.query_one(SpikeLog).selected
        assert isinstance(selected, Spike)
        assert selected.peak == pytest.approx(SPIKES[1], abs=2.0)


async def test_tab_goes_round_and_keys_still_work(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("tab", "g")
        assert len(stage.feed.kept_marks) == 1


async def test_a_key_moved_in_the_configuration_works_and_the_old_one_does_not(on_stage: Opening) -> None:
    async with on_stage(keys={"goal": "ctrl+g"}) as stage:
        await stage.press("g")
        assert stage.feed.kept_marks == []
        await stage.press("ctrl+g")
        assert len(stage.feed.kept_marks) == 1


async def test_a_time_that_is_not_there_yet_is_said_and_the_view_goes_on(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("j", "9", "9", "colon", "9", "9", "enter")
        await stage.pilot.pause()
        assert stage.screen.view.following
        assert "is not there: the sound goes to" in stage.said[-1]
