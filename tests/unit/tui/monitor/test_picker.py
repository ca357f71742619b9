"""Going from session to session in one monitor: the list, opening and coming back, and moving on by itself."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from textual.widgets import Input, Static

from engine.core.signals import Alarm, End, Start
from engine.session import Clocks, SessionWriter
from tests.unit.tui.monitor.fake_feed import INFO, FakeFeed, make_events
from tests.unit.tui.monitor.test_monitor_app import NOW_S, Stage
from tui.monitor.app import MonitorApp
from tui.monitor.feed import FeedInfo, FeedKind, SessionFeed
from tui.monitor.glyphs import UNICODE
from tui.monitor.screens.ask import Ask
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.screens.pick import PickScreen
from tui.monitor.session_catalogue import DAMAGED, HERE, LIVE, Entry, entries, entry_of, open_feed, successor
from tui.monitor.settings import MonitorSettings
from tui.monitor.widgets.lines import Banner, Header
from tui.monitor.widgets.paint import text_of
from tui.monitor.widgets.session_list import SessionList, session_row, when_words
from tui.monitor.widgets.spectrum import Spectrum
from tui.monitor.widgets.spike_log import SpikeLog

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=timezone(timedelta(hours=1)))
HOSTILE = "[red]\x1b[31mcrowd"


def record(
    root: Path, source: str, hour: int, length_s: float = 100.0, end: str | None = "end_of_file"
) -> SessionWriter:
    """A session on disk, begun at ``hour`` UTC; without ``end`` it is being recorded."""
    begun = datetime(2026, 11, 20, hour, tzinfo=UTC)
    writer = SessionWriter.create(root, source, clocks=Clocks(lambda: 0.0, lambda: begun))
    writer.write(Start(writer.name, source, "default", True, 22050, begun.isoformat(), 0.7, "danger"))
    for event in make_events(length_s):
        writer.write(event)
    writer.flush()
    if end:
        writer.write(End(length_s, end))
        writer.close()
    return writer


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


@pytest.fixture
def running(root: Path) -> Iterator[SessionWriter]:
    writer = record(root, "mic:Desk", 12, end=None)
    yield writer
    writer.close()


@asynccontextmanager
async def monitor(
    root: Path | None, feed: SessionFeed | None = None, size: tuple[int, int] = (80, 24), moves_on: bool = True
) -> AsyncIterator[Stage]:
    feed = feed or FakeFeed(make_events(300.0), INFO, NOW_S)
    clock = [0.0]
    settings = MonitorSettings(fps=0, sessions=root, watch_moves_on=moves_on)
    app = MonitorApp(feed, settings, clock=lambda: clock[0], environ={})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Stage(app, pilot, clock, feed)  # type: ignore[arg-type]
        await app.workers.wait_for_complete()


def top(stage: Stage) -> MonitorScreen:
    """The monitor that is seen."""
    return [screen for screen in stage.app.screen_stack if isinstance(screen, MonitorScreen)][-1]


def seen(stage: Stage, panel: type[Banner] | type[Header] | type[SpikeLog]) -> str:
    widget = top(stage).query_one(panel)
    return "\n".join(text_of(widget.draw(80, 24)))


async def picking(stage: Stage) -> list[str]:
    """Press o and read the list."""
    await stage.press("o")
    await stage.written()
    return listed(stage)


def told(stage: Stage) -> str:
    """What the dialog says under its list."""
    return str(stage.app.screen.query_one("#pick-told", Static).content)


def listed(stage: Stage) -> list[str]:
    return text_of(stage.app.screen.query_one(SessionList).draw(80, 20))


def pointed_at(lines: list[str]) -> str:
    """The line of the chosen session."""
    (line,) = [line for line in lines if line.startswith(UNICODE.pointer)]
    return line


def test_live_sessions_come_first_then_the_newest_and_damaged_ones_as_such(root: Path, running: SessionWriter) -> None:
    ended, cut = record(root, "file.flac", 14), record(root, "demo:7", 13, end="killed")
    broken = record(root, "broken", 15)
    (broken.folder / "session.db").write_bytes(b"no database" * 100)
    found = list(entries(root))
    assert [entry.name for entry in found] == [running.name, broken.name, cut.name, ended.name]
    assert [entry.state for entry in found] == [LIVE, DAMAGED, "cut off", "ended"]
    assert found[3].source == "file.flac"
    assert (found[3].heard_s, found[3].spikes) == (100.0, 1)
    assert found[1].fault


def test_the_run_of_this_process_comes_before_all_others_recorded_or_not(root: Path, running: SessionWriter) -> None:
    other = record(root, "mic:Stand", 16, end=None)
    here = replace(INFO, session=running.name)
    assert [entry.state for entry in entries(root, here)] == [HERE, LIVE]
    alone = next(entries(root, replace(here, recording=False)))
    assert (alone.folder, alone.state, alone.source) == (None, HERE, INFO.source)
    other.close()


def test_a_row_says_when_by_the_clock_of_the_wall_and_holds_plain_text_only() -> None:
    begun = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
    assert when_words(begun, NOW) == "15:05"
    assert when_words(begun - timedelta(days=3), NOW) == "18 Nov 15:05"
    assert when_words(begun - timedelta(days=400), NOW).startswith("2025-")
    entry = Entry("20261121T140500Z-abcdef", Path(), LIVE, HOSTILE, begun, 3725.0, 12)
    (row,) = text_of([session_row(entry, NOW, 80, UNICODE)])
    assert row.split() == ["●", "running", entry.name, "15:05", "1:02:05", "12", "[red]\ufffd[31mc…"]
    for width in (20, 40, 63, 64, 80, 200):
        assert len(text_of([session_row(entry, NOW, width, UNICODE)])[0]) == width
    damaged = replace(entry, state=DAMAGED, fault="it is \x1b[2J no database")
    assert "damaged: it is \ufffd[2J no database" in text_of([session_row(damaged, NOW, 80, UNICODE)])[0]


async def test_o_lists_the_sessions_and_escape_returns(root: Path, running: SessionWriter) -> None:
    record(root, "file.flac", 14)
    async with monitor(root) as stage:
        lines = await picking(stage)
        assert "2 sessions" in lines[0]
        assert "mic:Desk" in lines[2]
        assert "file.flac" in lines[3]
        await stage.press("escape")
        assert top(stage) is stage.app.screen


async def look_again(stage: Stage) -> list[str]:
    """What a timer does every other second while the list is open."""
    screen = stage.app.screen
    assert isinstance(screen, PickScreen)
    screen.look_again()
    await stage.written()
    return listed(stage)


async def test_a_session_that_began_while_the_list_was_open_was_not_in_it_and_what_was_chosen_stays_so(
    root: Path, running: SessionWriter
) -> None:
    record(root, "file.flac", 13)
    chosen = record(root, "demo:7", 14)
    async with monitor(root) as stage:
        await picking(stage)
        await stage.press("down")
        fresh = record(root, "mic:Stand", 16, end=None)
        lines = await look_again(stage)
        assert [line.split()[-1] for line in lines[2:6]] == ["mic:Stand", "mic:Desk", "demo:7", "file.flac"]
        assert chosen.name in pointed_at(lines)
        fresh.write(End(100.0, "end_of_file"))
        fresh.close()
        await stage.press("up", "up")
        lines = await look_again(stage)
        assert fresh.name in pointed_at(lines)
        assert "ended" in pointed_at(lines)
        shutil.rmtree(fresh.folder)
        assert running.name not in pointed_at(await look_again(stage))  # the row stays where its session went
        await stage.press(*"flac")
        assert "1 of 3 sessions" in (await look_again(stage))[0]


async def test_a_session_that_is_over_is_read_once_however_long_the_list_is_open(
    root: Path, running: SessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(root, "file.flac", 14)
    read: list[str] = []

    def noted(folder: Path, here: FeedInfo | None = None) -> Entry:
        read.append(folder.name)
        return entry_of(folder, here)

    monkeypatch.setattr("tui.monitor.session_catalogue.entry_of", noted)
    async with monitor(root) as stage:
        await picking(stage)
        del read[:]
        await look_again(stage)
        assert read == [running.name]


async def test_the_sound_by_pitch_had_a_gap_for_as_long_as_one_looked_at_another_session(root: Path) -> None:
    record(root, "file.flac", 14)
    async with monitor(root, size=(200, 50)) as stage:
        stage.feed.mel = np.full(64, -30.0, np.float32)
        await stage.tick()
        await picking(stage)
        await stage.press("enter")
        for second in range(1, 41):
            stage.feed.until_s = NOW_S + second
            stage.screen.tick()  # what its timer does, behind the other
        await stage.press("d")
        await stage.tick()
        strip = stage.text(Spectrum).splitlines()[1][7:].strip()
        assert len(strip) >= 19  # of 40 s, at two seconds a column
        assert " " not in strip


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
async def test_no_key_ends_a_recording_from_the_list(root: Path, key: str) -> None:
    async with monitor(root) as stage:
        await picking(stage)
        await stage.press(key)
        assert top(stage) is stage.app.screen
        assert stage.app.return_value is None


async def test_a_folder_that_can_not_be_read_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tui.monitor.session_catalogue.list_sessions", refused)
    async with monitor(root) as stage:
        await picking(stage)
        assert "the sessions can't be read: Permission denied" in told(stage)


async def test_typing_filters_the_sessions_and_a_slash_first_does_no_harm(root: Path, running: SessionWriter) -> None:
    record(root, "file.flac", 14)
    async with monitor(root) as stage:
        await picking(stage)
        await stage.press("slash", *"flac ended")
        assert "1 of 2 sessions" in listed(stage)[0]
        assert stage.app.screen.query_one(Input).value == "flac ended"
        await stage.press("ctrl+u", *"nowhere")
        assert "none has all these words" in listed(stage)[1]
        await stage.press("enter")
        assert isinstance(stage.app.screen, PickScreen)


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


async def test_the_list_says_where_there_is_nothing_to_pick(root: Path) -> None:
    async with monitor(root) as stage:
        assert "none yet" in (await picking(stage))[1]
        await stage.press("enter", "escape")
        assert top(stage) is stage.app.screen
    async with monitor(None) as stage:
        await stage.press("o")
        assert "no folder of sessions" in stage.said[-1]


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
