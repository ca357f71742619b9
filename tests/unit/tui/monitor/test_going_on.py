"""A watcher goes on with the next session of its device by itself, unless somebody is looking or forbids it."""

from pathlib import Path

import pytest

from engine.core.signals import End
from engine.session import SessionWriter
from tests.unit.tui.monitor.picker import monitor, picking, record, seen, top
from tui.monitor.feed import FeedKind
from tui.monitor.session_catalogue import entry_of, open_feed, successor
from tui.monitor.widgets.header_and_status import Banner, Header


async def test_a_watcher_goes_on_with_the_next_session_of_its_device_and_says_so(
    root: Path, running: SessionWriter
) -> None:
    async with monitor(root, open_feed(running.folder, FeedKind.WATCH)) as stage:
        running.write(End(100.0, "terminated"))
        running.close()
        elsewhere = record(root, "mic:Stand", 16, end=None)
        await stage.tick(2.0)
        assert "ENDED" in seen(stage, Header)
        again = record(root, "mic:Desk", 17, 20.0, end=None)
        await stage.tick(2.0)
        assert top(stage).feed.info.session == again.name
        top(stage).tick()
        await stage.pilot.pause()
        assert "WATCHING" in seen(stage, Header)
        assert "gone on to the next session of this device: the one before ended after 1:40" in seen(stage, Banner)
        stage.clock[0] += 61.0
        top(stage).tick()
        assert seen(stage, Banner) == ""
        for writer in (elsewhere, again):
            writer.close()


async def test_somebody_who_looks_at_a_moment_is_told_of_the_next_session_and_not_carried_off(
    root: Path, running: SessionWriter
) -> None:
    async with monitor(root, open_feed(running.folder, FeedKind.WATCH)) as stage:
        await stage.press("left")
        running.write(End(100.0, "terminated"))
        running.close()
        again = record(root, "mic:Desk", 17, 20.0, end=None)
        await stage.tick(2.0)
        assert "a new session has begun on mic:Desk: space goes on to it" in seen(stage, Banner)
        await stage.press("space")
        await stage.tick(2.0)
        assert top(stage).feed.info.session == again.name
        again.close()


async def test_the_session_that_was_gone_on_to_is_left_like_the_one_before(root: Path, running: SessionWriter) -> None:
    async with monitor(root, open_feed(running.folder, FeedKind.WATCH)) as stage:
        running.write(End(100.0, "terminated"))
        running.close()
        again = record(root, "mic:Desk", 17, 20.0, end=None)
        await stage.tick(2.0)
        await stage.press("escape")
        assert top(stage).feed.info.session == again.name
        await stage.press("d")
        assert stage.app.return_value == 0
        again.close()


async def test_a_replay_waits_while_another_session_is_looked_at_and_is_not_opened_twice(root: Path) -> None:
    _, first = record(root, "other.flac", 13), record(root, "file.flac", 14)
    async with monitor(root, open_feed(first.folder, FeedKind.REPLAY)) as stage:
        await stage.tick(5.0)
        await picking(stage)
        await stage.press("down", "enter")
        assert "other.flac" in seen(stage, Header)
        assert "file.flac waits; d goes back to it" in seen(stage, Banner)
        await stage.tick(50.0)
        await picking(stage)
        await stage.press("enter")
        assert top(stage) is stage.screen
        await stage.tick(1.0)
        assert stage.cursor_s == pytest.approx(6.0)


async def test_a_watcher_that_is_to_stay_stays(root: Path, running: SessionWriter) -> None:
    async with monitor(root, open_feed(running.folder, FeedKind.WATCH), moves_on=False) as stage:
        running.write(End(100.0, "terminated"))
        running.close()
        again = record(root, "mic:Desk", 17, 20.0, end=None)
        await stage.tick(2.0)
        assert top(stage).feed.info.session == running.name
        again.close()


def test_a_session_that_has_only_just_begun_is_no_place_to_go_yet(root: Path, running: SessionWriter) -> None:
    assert successor(root, "mic:Desk", but=[running.name]) is None
    assert successor(root, "mic:Desk", but=[]) == running.folder
    assert successor(root, "mic:Stand", but=[]) is None
    assert entry_of(running.folder).running
