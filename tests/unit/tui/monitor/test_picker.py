"""The list of sessions: what is in it, in which order, and how one is found."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from textual.widgets import Input

from engine.core.signals import End
from engine.session import SessionWriter
from tests.unit.tui.monitor.fake_feed import INFO
from tests.unit.tui.monitor.picker import (
    HOSTILE,
    NOW,
    listed,
    look_again,
    monitor,
    picking,
    pointed_at,
    record,
    told,
    top,
)
from tests.unit.tui.monitor.stage import NOW_S
from tui.monitor.feed import FeedInfo
from tui.monitor.glyphs import UNICODE
from tui.monitor.screens.pick import PickScreen
from tui.monitor.session_catalogue import DAMAGED, HERE, LIVE, Entry, entries, entry_of
from tui.monitor.widgets.paint import text_of
from tui.monitor.widgets.session_list import session_row, when_words
from tui.monitor.widgets.spectrum import Spectrum


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


async def test_the_list_says_where_there_is_nothing_to_pick(root: Path) -> None:
    async with monitor(root) as stage:
        assert "none yet" in (await picking(stage))[1]
        await stage.press("enter", "escape")
        assert top(stage) is stage.app.screen
    async with monitor(None) as stage:
        await stage.press("o")
        assert "no folder of sessions" in stage.said[-1]
