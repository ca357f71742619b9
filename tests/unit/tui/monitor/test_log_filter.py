"""Finding a line again in a long spike log, and the mouse wheel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Key, MouseScrollDown, MouseScrollUp

from engine.core.signals import Alarm, Event, Mark, Rejected, Spike
from engine.football.match_clock import MatchClock
from tests.unit.tui.monitor.fake_feed import INFO, FakeFeed, make_events
from tests.unit.tui.monitor.stage import NOW_S, SPIKES, Stage
from tui.monitor.app import MonitorApp
from tui.monitor.feed import FeedInfo, SpikeLabel
from tui.monitor.log_filter import folded, matches
from tui.monitor.screens.ask import Ask
from tui.monitor.screens.filtering import FilterLine
from tui.monitor.settings import MonitorSettings
from tui.monitor.widgets.graph import Graph
from tui.monitor.widgets.header_and_status import Banner
from tui.monitor.widgets.index import IndexPanel
from tui.monitor.widgets.paint import Painted
from tui.monitor.widgets.spike_log import SpikeLog

SPIKE = Spike(70.0, 73.0, 90.0, 0.93, 72.0)


@asynccontextmanager
async def monitor(
    tmp_path: Path,
    events: list[Event] | None = None,
    size: tuple[int, int] = (80, 24),
    info: FeedInfo = INFO,
    until_s: float = NOW_S,
) -> AsyncIterator[Stage]:
    feed = FakeFeed(make_events(300.0) if events is None else events, info, until_s)
    clock = [0.0]
    app = MonitorApp(feed, MonitorSettings(fps=0, pictures=tmp_path), clock=lambda: clock[0], environ={})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Stage(app, pilot, clock, feed)


def rows(stage: Stage) -> list[str]:
    return [line[3:11].strip() for line in stage.text(SpikeLog).splitlines()[2:] if line.strip()]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", True), ("spike", True), ("1:13", True), ("0.93", True), ("RIGHT", True), ("goal", True), ("header", True),
        ("right head", True), ("far post", True), ("rejected", False), ("right wrong", False), ("unreviewed", False),
        ("corner", False), ("00:53", True),
    ],
)  # fmt: skip
def test_every_word_must_be_known_of_the_line(typed: str, found: bool) -> None:
    marks = [Mark(20.0, "kick-off"), Mark(95.0, "goal", "far post"), Mark(150.0, "corner")]
    label = SpikeLabel(70.0, "right", "chance", "header")
    assert matches(SPIKE, typed, label, MatchClock({1: 20.0}), marks) is found


def test_what_was_not_reported_is_found_by_its_reason_and_an_alarm_that_goes_on_by_everything() -> None:
    rejected = Rejected(70.0, 0.4, "too_short", 71.0)
    assert matches(rejected, "rejected too short unreviewed", None, MatchClock(), [])
    assert not matches(rejected, "spike", None, MatchClock(), [])
    assert matches(Alarm(70.0, 72.0, 0.9), "no such word", None, MatchClock(), [])


async def test_a_filter_shows_the_lines_asked_for_and_says_how_many_it_hides(tmp_path: Path) -> None:
    async with monitor(tmp_path) as stage:
        assert rows(stage) == ["3:44", "2:58", "1:13"]
        await stage.press("slash", *"2:58")
        assert rows(stage) == ["2:58"]
        assert "filter: 2:58 · 2 hidden, Escape shows all" in stage.text(SpikeLog)
        await stage.press("enter")
        assert not stage.screen.query_one(FilterLine).display
        assert "2 hidden" in stage.text(SpikeLog)
        await stage.press("g")  # keys are keys again
        assert [mark.label for mark in stage.feed.kept_marks] == ["goal"]
        await stage.press("escape")
        assert rows(stage) == ["3:44", "2:58", "1:13"]
        assert "hidden" not in stage.text(SpikeLog)


async def test_what_is_typed_fast_is_in_the_filter_and_presses_no_key(tmp_path: Path) -> None:
    async with monitor(tmp_path) as stage:
        for key in ("slash", *"goal"):
            stage.app.post_message(Key(key, "/" if key == "slash" else key))
        await stage.pilot.pause()
        await stage.pilot.pause()
        assert stage.screen.query_one(FilterLine).value == "goal"
        assert stage.feed.kept_marks == []


async def test_typing_a_filter_presses_no_other_key(tmp_path: Path) -> None:
    async with monitor(tmp_path) as stage:
        await stage.press("slash", *"goal", "escape")
        assert stage.feed.kept_marks == []
        assert stage.app.is_running
        assert rows(stage) == ["3:44", "2:58", "1:13"]


async def test_ctrl_c_in_the_filter_asks_as_it_does_elsewhere(tmp_path: Path) -> None:
    async with monitor(tmp_path) as stage:
        await stage.press("slash", *"1", "ctrl+c")
        assert isinstance(stage.app.screen, Ask)


async def test_a_filter_that_hides_all_says_so_and_hides_no_alarm(tmp_path: Path) -> None:
    async with monitor(tmp_path) as stage:
        await stage.press("slash", *"nothing", "enter")
        assert "no line has all these words" in stage.text(SpikeLog)
        stage.feed.push(Alarm(NOW_S - 3.0, NOW_S - 1.0, 0.9))
        await stage.tick()
        assert "going on" in stage.text(SpikeLog)
        assert "ALARM" in stage.text(IndexPanel)
        assert "Spike: 0.90" in stage.text(Banner)
        stage.feed.push(Spike(NOW_S - 3.0, NOW_S, NOW_S + 1.0, 0.9, NOW_S - 1.0))
        await stage.tick()
        assert "4 hidden" in stage.text(SpikeLog)


async def test_a_spike_is_found_by_its_mark_and_its_review_and_from_spike_to_spike_keeps_to_what_is_shown(
    tmp_path: Path,
) -> None:
    async with monitor(tmp_path) as stage:
        stage.feed.push(Mark(SPIKES[0] + 5.0, "goal", "[b]far\x1b post"))
        stage.screen.model.label(SpikeLabel(stage.screen.model.spikes[1].onset, "wrong", "music"))
        await stage.tick()
        await stage.press("slash", *"goal", "enter")
        assert rows(stage) == ["1:13"]
        assert "◆ goal [b]far\ufffd post" in stage.text(SpikeLog)
        stage.screen.action_spike(-1)
        assert stage.cursor_s == pytest.approx(SPIKES[0], abs=2.0)
        await stage.press("slash", "ctrl+u", *"music", "enter")
        assert rows(stage) == ["2:58"]


async def test_without_room_for_the_log_there_is_nothing_to_filter(tmp_path: Path) -> None:
    async with monitor(tmp_path, size=(40, 10)) as stage:
        await stage.press("slash")
        assert "no room" in stage.said[-1]


async def wheel(stage: Stage, panel: type[Painted], event: type[MouseScrollDown] | type[MouseScrollUp]) -> None:
    widget = stage.screen.query_one(panel)
    x, y = widget.region.x + 10, widget.region.y + 3
    stage.app.post_message(event(widget, x, y, 0, 0, 0, False, False, False, x, y))
    await stage.pilot.pause()


async def test_the_wheel_scrolls_time_on_the_graph(tmp_path: Path) -> None:
    async with monitor(tmp_path) as stage:
        await wheel(stage, Graph, MouseScrollUp)
        await wheel(stage, Graph, MouseScrollUp)
        assert stage.cursor_s == pytest.approx(NOW_S - 12.0, abs=2.0)
        for _ in range(3):
            await wheel(stage, Graph, MouseScrollDown)
        assert stage.screen.view.following


async def test_the_wheel_scrolls_the_lines_of_the_log_and_leaves_the_choice_alone(tmp_path: Path) -> None:
    spikes = [replace(SPIKE, onset=t, peak=t + 1.0, end=t + 2.0, decided_at=t) for t in range(60, 240, 10)]
    async with monitor(tmp_path, list(spikes)) as stage:
        await stage.press("down")
        chosen = stage.screen.query_one(SpikeLog).selected
        before = rows(stage)
        await wheel(stage, SpikeLog, MouseScrollDown)
        assert rows(stage)[:2] == before[3:5]
        assert stage.screen.query_one(SpikeLog).selected == chosen
        stage.feed.push(replace(SPIKE, onset=245.0, peak=246.0, end=247.0, decided_at=245.0))
        moved = rows(stage)
        await stage.tick()
        assert rows(stage) == moved  # what is read does not slip away
        for _ in range(20):
            await wheel(stage, SpikeLog, MouseScrollDown)
        assert rows(stage)[-1] == "1:01"
        await stage.press("down")
        assert chosen is not None
        assert before[1] in rows(stage)


def test_a_name_is_found_without_its_accents_and_capitals() -> None:
    assert folded("Müller, ÉLAN, Čech, ß") == "muller, elan, cech, ss"
