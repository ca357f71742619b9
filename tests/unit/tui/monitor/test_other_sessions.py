"""Another session is looked at from a monitor, and one comes back."""

from pathlib import Path

import pytest

from engine.core.signals import Alarm
from engine.session import SessionWriter
from tests.unit.tui.monitor.picker import monitor, picking, record, seen, told, top
from tests.unit.tui.monitor.stage import NOW_S
from tui.monitor.screens.ask import Ask
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.screens.pick import PickScreen
from tui.monitor.widgets.header_and_status import Banner, Header


async def test_another_session_is_looked_at_while_the_own_recording_goes_on_and_one_comes_back(root: Path) -> None:
    record(root, "file.flac", 14)
    async with monitor(root) as stage:
        await picking(stage)
        await stage.press("enter")
        assert "REPLAY" in seen(stage, Header)
        assert "file.flac" in seen(stage, Header)
        assert "demo:7 goes on being recorded; d goes back to it" in seen(stage, Banner)
        stage.feed.until_s = 260.0
        stage.feed.push(Alarm(NOW_S - 2.0, NOW_S, 0.9))
        stage.screen.tick()  # what its timer does, behind the other
        stage.app.screen.tick()
        await stage.pilot.pause()
        assert "demo:7: Spike: 0.90" in seen(stage, Banner)
        await stage.press("d")
        await stage.tick()
        assert "LIVE" in seen(stage, Header)
        assert top(stage) is stage.screen
        assert stage.cursor_s == pytest.approx(260.0, abs=0.1)
        assert stage.feed.running


async def test_escape_comes_back_too_but_first_takes_the_filter_away(root: Path) -> None:
    record(root, "file.flac", 14)
    async with monitor(root) as stage:
        await picking(stage)
        await stage.press("enter")
        await stage.press("slash", *"1:13", "enter", "escape")
        assert top(stage) is not stage.screen
        await stage.press("escape")
        assert top(stage) is stage.screen


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_quitting_from_another_session_asks_before_it_ends_the_own_recording(root: Path, key: str) -> None:
    record(root, "file.flac", 14)
    async with monitor(root) as stage:
        await picking(stage)
        await stage.press("enter")
        await stage.press(key)
        assert isinstance(stage.app.screen, Ask)
        assert stage.app.return_value is None
        await stage.press("y")
        assert stage.app.return_value == 0


async def test_a_session_that_runs_elsewhere_is_watched_and_from_there_one_goes_on_to_a_third(
    root: Path, running: SessionWriter
) -> None:
    record(root, "file.flac", 14)
    async with monitor(root) as stage:
        await picking(stage)
        await stage.press("enter")
        assert "WATCHING" in seen(stage, Header)
        watched = top(stage).feed
        await picking(stage)
        await stage.press("down", "enter")
        assert "REPLAY" in seen(stage, Header)
        assert len([s for s in stage.app.screen_stack if isinstance(s, MonitorScreen)]) == 2
        with pytest.raises(Exception, match="closed"):
            watched.poll()


async def test_a_damaged_session_says_so_and_nothing_is_left(root: Path) -> None:
    broken = record(root, "broken", 15)
    (broken.folder / "session.db").write_bytes(b"no database" * 100)
    async with monitor(root) as stage:
        await picking(stage)
        await stage.press("enter")
        assert f"sessions repair {broken.name}" in told(stage)
        assert isinstance(stage.app.screen, PickScreen)
