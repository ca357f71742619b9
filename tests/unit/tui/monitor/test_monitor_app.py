"""Every key of the monitor, pressed by a pilot on a made-up session. Time stands still unless a test moves it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from textual.color import Color
from textual.widgets import Input, Static

from engine.core.errors import InputError
from engine.core.signals import End, Health, HealthChange, Mark, Spike
from engine.session.not_kept import NotKept
from tests.unit.tui.monitor.fake_feed import INFO, THRESHOLD, FakeFeed, make_events
from tests.unit.tui.monitor.made_up_explanation import made_up
from tests.unit.tui.staged import Staged
from tui.monitor.app import MonitorApp
from tui.monitor.feed import FeedInfo, FeedKind
from tui.monitor.glyphs import UNICODE
from tui.monitor.keys import KEYS
from tui.monitor.screens.ask import Ask
from tui.monitor.screens.help import HelpScreen
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.settings import MonitorSettings
from tui.monitor.themes import DARK, LIGHT
from tui.monitor.widgets.alarm_budget import BudgetPanel
from tui.monitor.widgets.graph import Graph
from tui.monitor.widgets.index import IndexPanel
from tui.monitor.widgets.level import LevelPanel
from tui.monitor.widgets.lines import Banner, Header, KeyBar, StatusLine
from tui.monitor.widgets.paint import Painted, text_of
from tui.monitor.widgets.said import Said
from tui.monitor.widgets.spectrum import Spectrum
from tui.monitor.widgets.spike_log import SpikeLog
from tui.monitor.widgets.why import WhyPanel

NOW_S = 250.0
SPIKES = (73.0, 178.0, 224.0)
"""About where the made-up session has its peaks."""


@dataclass
class Stage(Staged):
    """A monitor on a feed."""

    feed: FakeFeed

    @property
    def screen(self) -> MonitorScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MonitorScreen))

    @property
    def cursor_s(self) -> float:
        return self.screen.view.cursor_s

    @property
    def said(self) -> list[str]:
        """What a person reads: in the banner, and above the footer or in a dialog."""
        screen = self.app.screen
        dialog = [str(screen.query_one("#said", Static).content)] if isinstance(screen, Ask) else []
        return [self.text(Banner), *dialog, self.screen.query_one(Said).text]

    async def written(self) -> None:
        """Wait for what is being written."""
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()


Opening = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def on_stage(tmp_path: Path) -> Opening:
    @asynccontextmanager
    async def opened(
        info: FeedInfo = INFO,
        size: tuple[int, int] = (80, 24),
        until_s: float = NOW_S,
        tags: bool = False,
        **settings: object,
    ) -> AsyncIterator[Stage]:
        replay = info.kind is FeedKind.REPLAY
        feed = FakeFeed(make_events(300.0, tags=tags), info, until_s=float("inf") if replay else until_s)
        clock = [0.0]
        app = MonitorApp(
            feed,
            MonitorSettings(fps=0, pictures=tmp_path / "pictures", **settings),  # type: ignore[arg-type]
            clock=lambda: clock[0],
            environ={},
        )
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Stage(app, pilot, clock, feed)

    return opened


REPLAY = replace(INFO, kind=FeedKind.REPLAY)
WATCH = replace(INFO, kind=FeedKind.WATCH)


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
        assert stage.said[-1] == "there is no setting with fewer alarms"


async def test_weights_without_operating_points_say_so(on_stage: Opening) -> None:
    async with on_stage(replace(INFO, operating_points=())) as stage:
        await stage.press("left_square_bracket")
        assert stage.feed.thresholds == []
        assert "carry no measured alarm budget" in stage.said[-1]


async def test_a_visitor_moves_only_the_line_on_the_own_screen(on_stage: Opening) -> None:
    async with on_stage(WATCH) as stage:
        await stage.press("right_square_bracket")
        assert "on this screen only" in stage.said[-1]


async def test_y_and_n_keep_a_verdict_at_once_and_the_same_key_takes_it_back(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("y")
        assert [(label.verdict, label.rejected) for label in stage.feed.kept_labels] == [("right", False)]
        assert stage.feed.kept_labels[0].onset == pytest.approx(SPIKES[2], abs=4.0)
        assert "✓ right" in stage.text(SpikeLog)
        assert "y takes it back, r says what it was" in stage.said[-1]
        await stage.press("n")
        assert "✗ wrong" in stage.text(SpikeLog)
        await stage.press("n")
        assert "✓ right" in stage.text(SpikeLog)
        await stage.press("y")
        assert stage.feed.kept_labels == []
        assert "taken back" in stage.said[-1]
        assert isinstance(stage.app.screen, MonitorScreen)


async def test_a_verdict_is_about_the_chosen_spike_and_about_the_newest_again_after_going_on(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("comma", "comma", "y")
        assert stage.feed.kept_labels[-1].onset == pytest.approx(SPIKES[1], abs=4.0)
        await stage.press("space", "n")
        assert stage.feed.kept_labels[-1].onset == pytest.approx(SPIKES[2], abs=4.0)


async def test_in_a_replay_a_spike_that_is_still_to_come_is_not_judged(on_stage: Opening) -> None:
    async with on_stage(REPLAY) as stage:
        await stage.tick(50.0)
        await stage.press("y")
        assert stage.feed.kept_labels == []
        assert stage.said[-1] == "no spike to review yet"
        await stage.tick(50.0)
        await stage.press("y")
        assert stage.feed.kept_labels[-1].onset == pytest.approx(SPIKES[0], abs=4.0)


async def test_r_adds_what_it_was_and_a_note_to_a_verdict(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("comma", "y", "r", "g", *"header", "enter")
        label = stage.feed.kept_labels[-1]
        assert (label.verdict, label.what, label.note, label.rejected) == ("right", "goal", "header", False)
        assert "✓ right goal header" in stage.text(SpikeLog)
        await stage.press("n")
        label = stage.feed.kept_labels[-1]
        assert (label.verdict, label.what, label.note) == ("wrong", "goal", "header")
        await stage.press("n", "y", "y")
        assert stage.feed.kept_labels[-1].note == "header"


async def test_a_cancelled_note_keeps_the_verdict_and_what_it_was(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("r", "n", "m", *"half a no", "escape")
        label = stage.feed.kept_labels[-1]
        assert (label.verdict, label.what, label.note) == ("wrong", "music", "")
        await stage.press("r", "escape")
        assert stage.feed.kept_labels[-1] == label


async def test_a_rejected_candidate_can_be_reviewed_too(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("x", "down", "down", "down", "n", "r", "c", "enter")
        label = stage.feed.kept_labels[-1]
        assert (label.verdict, label.what, label.rejected) == ("wrong", "chance", True)


async def test_the_review_offers_sound_only_where_it_was_kept(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("r")
        assert not {"play", "clip"} & values_of(stage.app.screen)
        await stage.press("escape")
        stage.feed.sound_kept = True
        await stage.press("r")
        assert {"play", "clip"} <= values_of(stage.app.screen)
        await stage.press("y")
        assert {"play", "clip"} <= values_of(stage.app.screen)


def values_of(dialog: object) -> set[str]:
    """What can be chosen in a dialog."""
    assert isinstance(dialog, Ask)
    assert dialog._question is not None
    return {choice.value for choice in dialog._question.choices}


async def test_a_session_that_can_not_be_written_offers_no_review(on_stage: Opening) -> None:
    async with on_stage(WATCH) as stage:
        stage.feed.may_write = False
        await stage.tick(2.0)
        assert "y right" not in stage.text(KeyBar)
        assert "mark" not in stage.text(KeyBar)
        await stage.press("y")
        assert "can't be written" in stage.said[-1]
        assert "right" not in stage.text(SpikeLog)
        await stage.press("r")
        assert isinstance(stage.app.screen, MonitorScreen)


async def test_a_clip_that_can_not_be_written_says_why_in_the_dialog_and_the_review_goes_on(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.sound_kept = True
        await stage.press("r", "e")
        await stage.written()
        assert "kept no sound" in stage.said[1]
        assert isinstance(stage.app.screen, Ask)


async def test_without_a_spike_there_is_nothing_to_review(on_stage: Opening) -> None:
    async with on_stage(until_s=50.0) as stage:
        await stage.press("r")
        assert stage.said[-1] == "no spike to review yet"


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


async def test_an_engine_that_dies_is_a_state_on_the_screen(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.push(End(NOW_S, "fault", "The network gave up."))
        stage.feed.alive = False
        await stage.tick()
        assert "ENDED" in stage.text(Header)
        assert stage.app.is_running


async def test_an_engine_that_hangs_leaves_no_old_number_on_the_screen(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.tick(5.0)
        assert "STALLED" in stage.text(IndexPanel)
        assert "no reading for 5 s" in stage.text(IndexPanel)
        stage.feed.until_s = 251.0
        await stage.tick(0.1)
        assert "CALM" in stage.text(IndexPanel)


async def test_on_a_full_disk_the_recorder_listens_on_and_its_watcher_was_told_that_the_sound_had_stalled(
    on_stage: Opening,
) -> None:
    for info, word in ((WATCH, "NOT WRITTEN"), (INFO, "STALLED")):
        async with on_stage(info) as stage:
            stage.feed.not_kept = NotKept("the disk is full; they wait in a spill file")
            await stage.tick(5.0)
            assert word in stage.text(IndexPanel)
            assert ("the disk is full" in stage.text(IndexPanel)) == (info is WATCH)
            assert ("no sound arrives" in stage.text(LevelPanel)) == (info is not WATCH)
            stage.feed.not_kept = NotKept()
            stage.feed.until_s = 251.0
            await stage.tick(5.0)
            assert "CALM" in stage.text(IndexPanel)


async def test_a_feed_that_fails_is_a_state_on_the_screen(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.fails = InputError("the store is damaged", "momentum sessions repair")
        await stage.tick()
        assert stage.app.is_running
        assert stage.screen.model.end is not None
        assert "the store is damaged" in stage.screen.model.end.detail


async def test_a_recorder_that_vanished_is_said(on_stage: Opening) -> None:
    async with on_stage(WATCH) as stage:
        stage.feed.alive = False
        await stage.tick()
        assert stage.screen.ended is not None
        assert "gone without a goodbye" in stage.screen.ended.detail


async def test_a_lost_microphone_is_told_and_shown(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.push(HealthChange(NOW_S, Health.LOST, "USB microphone"))
        await stage.tick()
        assert "Lost: USB microphone" in stage.said[0]
        assert "lost" in stage.text(StatusLine)


@pytest.mark.parametrize("size", [(40, 10), (20, 5), (80, 24), (200, 50), (500, 3), (1, 1)])
async def test_any_size_is_drawn(on_stage: Opening, size: tuple[int, int]) -> None:
    async with on_stage(size=(80, 24)) as stage:
        await stage.pilot.resize_terminal(*size)
        await stage.tick()
        for panel in stage.screen.query(Painted):
            lines = panel.draw(max(panel.content_size.width, 1), max(panel.content_size.height, 1))
            assert isinstance(lines, list)


async def test_hostile_notes_and_labels_are_plain_text(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("m", "x")
        stage.app.screen.query_one(Input).value = "[red]\x1b[31m" + "y" * 10_000
        await stage.press("enter")
        stage.feed.push(Mark(NOW_S, "[bold]\x1b[2J", "\u202e"))
        await stage.tick()
        assert "\x1b" not in stage.text(Graph)
        assert len(stage.feed.kept_marks[0].note) <= 500


def test_every_key_is_pressed_by_a_test() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py")))
    missing = [
        key.id for key in KEYS if not any(f'"{name}"' in source or f'"{name}' in source for name in key.keys.split(","))
    ]
    assert missing == []


async def test_w_says_why_the_selected_spike_rose_while_the_monitor_goes_on(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("comma", "w")
        await stage.written()
        spike = stage.screen.query_one(SpikeLog).selected
        assert stage.feed.explained == [spike]
        shown = "\n".join(text_of(stage.app.screen.query_one(WhyPanel).draw(80, 24)))
        assert "mostly " in shown
        assert "then" in shown
        stage.feed.until_s = 260.0
        await stage.tick()
        assert stage.screen.model.head_s == pytest.approx(260.0, abs=0.1)
        await stage.press("escape")
        assert isinstance(stage.app.screen, MonitorScreen)


async def test_why_says_what_is_missing(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.fails_to_explain = InputError("session x kept no sound", "Record with --sound to keep it.")
        await stage.press("w")
        await stage.written()
        shown = "\n".join(text_of(stage.app.screen.query_one(WhyPanel).draw(80, 24)))
        assert "kept no sound" in shown
        assert "--sound" in shown


async def test_a_first_answer_to_why_is_there_while_it_is_refined(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.explains_for_ever = True
        await stage.press("w")
        assert stage.feed.asked.wait(60)
        shown = "\n".join(text_of(stage.app.screen.query_one(WhyPanel).draw(80, 24)))
        assert "mostly " in shown
        assert "being refined: 9 gradients, the parts miss 10.0% (aim: 1%)" in shown
        assert "as they should" not in shown
        await stage.press("escape")
        await stage.written()


async def test_why_that_is_left_is_computed_no_further(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.explains_for_ever = True
        await stage.press("w")
        assert stage.feed.asked.wait(60)
        await stage.press("escape")
        await stage.written()  # ends only when the thread has ended
        assert isinstance(stage.app.screen, MonitorScreen)


async def test_why_without_a_spike_explains_the_moment_in_view(on_stage: Opening) -> None:
    async with on_stage(until_s=60.0) as stage:
        await stage.press("w")
        await stage.written()
        assert stage.feed.explained == [pytest.approx(60.0, abs=0.1)]


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 50)])
def test_an_explanation_fits_its_screen(size: tuple[int, int]) -> None:
    panel = WhyPanel(UNICODE, 74.0, "wait")
    panel._explanation = made_up()
    lines = text_of(panel._draw_fitted(*size))
    assert len(lines) <= size[1]
    assert all(len(line) == size[0] for line in lines)
    assert any("mostly" in line for line in lines)


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 50)])
async def test_nothing_that_is_said_lies_over_the_log_or_the_footer(on_stage: Opening, size: tuple[int, int]) -> None:
    async with on_stage(size=size) as stage:
        stage.feed.push(HealthChange(NOW_S, Health.LOST, "USB microphone"))
        await stage.tick()
        await stage.press("right_square_bracket")
        await stage.pilot.pause()
        assert not list(stage.app.screen.query("Toast"))
        shown = [panel for panel in stage.screen.query(Painted) if panel.display and panel.region.height]
        lines = [y for panel in shown if panel.region.x == 0 for y in range(panel.region.y, panel.region.bottom)]
        assert sorted(lines) == sorted(set(lines))
        assert "more false alarms" in " ".join(stage.text(Said).split())
        assert "Lost: USB microphone" in stage.text(Banner)
        assert "q quit" in stage.text(KeyBar)
        assert stage.screen.query_one(KeyBar).region.bottom == size[1]


async def test_what_was_said_is_gone_after_some_seconds_but_not_behind_a_dialog(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("t", "question_mark")
        await stage.tick(60.0)
        await stage.press("escape")
        assert "theme" in stage.said[-1]
        await stage.tick(10.0)
        assert stage.said[-1] == ""
        assert stage.screen.query_one(StatusLine).display


async def test_an_alarm_is_said_in_the_banner_and_not_for_ever(on_stage: Opening) -> None:
    async with on_stage(REPLAY) as stage:
        await stage.tick(74.0)
        assert "Spike: 0.93" in stage.text(Banner)
        await stage.press("space")
        await stage.tick(60.0)
        assert stage.text(Banner) == ""


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (20, 5)])
@pytest.mark.parametrize("info", [INFO, WATCH, REPLAY])
async def test_the_footer_always_has_a_way_out_and_the_state_is_always_said(
    on_stage: Opening, size: tuple[int, int], info: FeedInfo
) -> None:
    async with on_stage(info, size=size) as stage:
        await stage.tick()
        picture = stage.app.export_screenshot().replace("&#160;", " ")
        assert "q quit" in stage.text(KeyBar)
        assert stage.screen.query_one(KeyBar).region.bottom == size[1]
        word = "WARMING" if info.kind is FeedKind.REPLAY else "CALM"
        assert word in picture
        await stage.press("space")
        assert "q quit" in stage.text(KeyBar)


@pytest.mark.parametrize("info", [INFO, REPLAY])
async def test_the_whole_view_has_no_blank(on_stage: Opening, info: FeedInfo) -> None:
    async with on_stage(info) as stage:
        await stage.tick(90.0)
        await stage.press("0")
        foot = stage.text(Graph).splitlines()[-2][7:]
        assert len(foot) == stage.screen.columns
        assert " " not in foot


async def test_the_sound_by_pitch_is_filled_when_the_terminal_becomes_large_enough(on_stage: Opening) -> None:
    async with on_stage(until_s=200.0) as stage:
        for second in range(50):
            stage.feed.mel = np.full(64, -60.0 + second, np.float32)
            stage.feed.until_s = 200.0 + second
            await stage.tick(1.0)
        assert not stage.screen.query_one(Spectrum).display
        await stage.pilot.resize_terminal(200, 50)
        await stage.tick()
        strip = stage.text(Spectrum).splitlines()[1][7:].rstrip()
        assert len(strip.strip()) >= 15  # two seconds a column, the faintest are blank
        await stage.press("plus", "plus", "left")
        assert stage.screen.view.column_s == 0.5
        strip = stage.text(Spectrum).splitlines()[1][7:].strip()
        assert len(strip) >= 60
        assert " " not in strip


def test_the_alarm_budget_is_never_cut_within_a_word() -> None:
    said = "platt scaling on forty matches that were kept apart, each by the thresholds of the others"
    panel = BudgetPanel(UNICODE, replace(INFO, calibration=said, label_rule="danger within ten seconds of a shot"))
    for height in (6, 8):
        lines = [line.strip() for line in text_of(panel.draw(46, height))]
        words = set(" ".join(lines[1:]).split()) - {"…"}
        assert len(lines) == height
        known = f"{said} alarm from 0.70 about 1 false alarm a match labels: danger within ten seconds of a shot"
        assert words <= set(f"{known} calibration: index: chance of a danger event near by".split())


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (80, 24)])
async def test_a_dialog_shows_its_first_choice_on_any_terminal(on_stage: Opening, size: tuple[int, int]) -> None:
    async with on_stage(size=size) as stage:
        await stage.press("r")
        assert "y  right" in stage.app.export_screenshot().replace("&#160;", " ")


async def test_what_was_heard_is_shown_for_the_moment_in_view_and_the_panel_has_a_row_for_it(on_stage: Opening) -> None:
    async with on_stage() as stage:
        assert "heard" not in stage.text(IndexPanel)
        rows = stage.screen.query_one(IndexPanel).size.height
    async with on_stage(tags=True) as stage:
        assert stage.screen.query_one(IndexPanel).size.height == rows + 1
        assert "heard: cheer 0.8" in stage.text(IndexPanel) or "heard: chant 0.81" in stage.text(IndexPanel)
        stage.screen.look_at(60.0)
        assert "heard: chant 0.81" in stage.text(IndexPanel) and "music" not in stage.text(IndexPanel)
        stage.screen.look_at(20.0)
        assert "heard" not in stage.text(IndexPanel)
        assert "cheer" in stage.text(SpikeLog) and "sounds like, review" in stage.text(SpikeLog)


async def test_the_review_proposes_what_the_spike_sounded_like_and_the_verdict_stays_one_key(on_stage: Opening) -> None:
    async with on_stage(tags=True) as stage:
        spike = stage.screen.model.spikes[-1]
        stage.screen.model.spikes[-1] = replace(spike, what="horn or drum", what_probability=0.7)
        stage.screen.repaint_log()
        await stage.press("r")
        dialog = stage.app.screen
        assert isinstance(dialog, Ask)
        assert "sounds like horn or drum (0.70)." in str(dialog.query_one("#about", Static).content)
        await stage.press("n")
        assert stage.feed.kept_labels[-1].verdict == "wrong"
        await stage.press("enter", "enter")
        assert (stage.feed.kept_labels[-1].verdict, stage.feed.kept_labels[-1].what) == ("wrong", "chant")


async def test_the_filter_finds_a_spike_by_what_it_sounded_like(on_stage: Opening) -> None:
    async with on_stage(tags=True) as stage:
        model = stage.screen.model
        model.spikes[0] = replace(model.spikes[0], what="whistle", what_probability=0.7)
        assert len(stage.screen.listed()) > 1
        await stage.press("slash", *"whist", "enter")
        assert stage.screen.listed() == [model.spikes[0]]
