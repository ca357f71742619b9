"""What the monitor says when something fails, and for how long, on a made-up session."""

from textual.widgets import Input

from engine.core.errors import InputError
from engine.core.signals import End, Health, HealthChange, Mark
from engine.session.recording_problems import NotKept
from tests.unit.tui.monitor.fake_feed import INFO
from tests.unit.tui.monitor.stage import NOW_S, REPLAY, WATCH, Opening
from tui.monitor.widgets.graph import Graph
from tui.monitor.widgets.header_and_status import Banner, Header, StatusLine
from tui.monitor.widgets.index import IndexPanel
from tui.monitor.widgets.level import LevelPanel


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


async def test_a_microphone_stays_lost_until_it_is_back_however_long_that_takes(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.push(HealthChange(NOW_S, Health.LOST, "USB microphone"))
        await stage.tick()
        await stage.tick(60.0)
        assert "LOST" in stage.text(IndexPanel) and "STALLED" not in stage.text(IndexPanel)
        assert "no reading for 60 s" in stage.text(IndexPanel)
        assert "goes on when it is back" in stage.text(IndexPanel)
        assert stage.text(Banner).count("Lost: USB microphone") == 1
        stage.feed.until_s = NOW_S + 1.0
        stage.feed.push(HealthChange(NOW_S + 0.5, Health.LISTENING, ""))
        await stage.tick(0.1)
        assert "Lost" not in stage.text(Banner) and "CALM" in stage.text(IndexPanel)


async def test_hostile_notes_and_labels_are_plain_text(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("m", "x")
        stage.app.screen.query_one(Input).value = "[red]\x1b[31m" + "y" * 10_000
        await stage.press("enter")
        stage.feed.push(Mark(NOW_S, "[bold]\x1b[2J", "\u202e"))
        await stage.tick()
        assert "\x1b" not in stage.text(Graph)
        assert len(stage.feed.kept_marks[0].note) <= 500


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
