"""What the commentator was heard to say: in the log beside the crowd's spikes, and proposed where a goal is marked."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.signals import Event, Hearing, Mark, WordsEvent, WordsState
from engine.football.match_clock import MatchClock
from tests.unit.tui.monitor.fake_feed import INFO, FakeFeed, make_events, replaying, when
from tests.unit.tui.monitor.test_monitor_app import NOW_S, Stage
from tui.monitor.app import MonitorApp
from tui.monitor.log_filter import has_words
from tui.monitor.screens.ask import Ask
from tui.monitor.settings import MonitorSettings
from tui.monitor.widgets.paint import text_of
from tui.monitor.widgets.said_row import said_row
from tui.monitor.widgets.spike_log import SpikeLog

GOAL = WordsEvent(240.0, 229.0, 226.5, "goal", 0.834, "goal, [b]net[/b]\x1b[31m, Alvarez")
CORNER = WordsEvent(200.0, 190.0, 188.0, "corner", 0.6, "corner")
SAID = (WordsState(0.1, Hearing.LISTENING), CORNER, GOAL)


def commented(*said: Event) -> list[Event]:
    return sorted([*make_events(300.0), *said], key=when)


@pytest.fixture
def stage_of(tmp_path: Path) -> Callable[..., "Stage"]:
    def made(events: list[Event], info=INFO, until_s: float = NOW_S) -> tuple[MonitorApp, FakeFeed, list[float]]:
        feed, clock = FakeFeed(events, info, until_s), [0.0]
        settings = MonitorSettings(fps=0, pictures=tmp_path)
        return MonitorApp(feed, settings, clock=lambda: clock[0], environ={}), feed, clock

    return made


async def opened(made, pilot) -> Stage:
    app, feed, clock = made
    await pilot.pause()
    return Stage(app, pilot, clock, feed)


def log_of(stage: Stage) -> list[str]:
    return [line for line in stage.text(SpikeLog).splitlines()[2:] if line.strip()]


def test_what_was_said_is_a_line_without_height_or_length_that_steers_no_terminal() -> None:
    (line,) = text_of([said_row(GOAL, MatchClock({1: 20.0}), 80)])
    assert (
        line.startswith(' "     3:49  03:29    said goal 83%  goal, [b]net[/b]\ufffd[31m, Alvarez') and len(line) == 80
    )
    assert all(len(text_of([said_row(GOAL, MatchClock(), width)])[0]) == width for width in (20, 40, 200))


async def test_the_log_has_the_goal_that_was_said_beside_the_spike_that_it_confirms(stage_of) -> None:
    made = stage_of(commented(*SAID))
    async with made[0].run_test(size=(80, 24)) as pilot:
        stage = await opened(made, pilot)
        lines = log_of(stage)
        assert [line[3:11].strip() for line in lines] == ["3:49", "3:44", "2:58", "1:13"]
        assert "said goal 83%" in lines[0] and "said goal 83%" in lines[1] and "said" not in "".join(lines[2:])
        assert lines[0].startswith(' "') and lines[1].startswith(" ▼") and "3 spikes, 1 said" in stage.text(SpikeLog)
        await stage.press("x")
        assert [line[22:].strip() for line in log_of(stage) if line.startswith(' "')][1] == "said corner 60%  corner"


async def test_the_cursor_of_the_log_passes_over_what_was_said(stage_of) -> None:
    made = stage_of(commented(*SAID))
    async with made[0].run_test(size=(80, 24)) as pilot:
        stage = await opened(made, pilot)
        await stage.press("down")
        assert log_of(stage)[1].startswith("›")
        await stage.press("y")
        assert [label.onset for label in stage.feed.kept_labels] == [pytest.approx(223.0, abs=3.0)]
        await pilot.click(SpikeLog, offset=(10, 2))
        assert log_of(stage)[1].startswith("›"), "a click on what was said chooses nothing"


async def test_a_session_in_which_nothing_but_words_happened_lists_them(stage_of) -> None:
    early = replace(GOAL, t=60.0, at=50.0, said=48.0)
    made = stage_of(commented(SAID[0], early), until_s=62.0)
    async with made[0].run_test(size=(80, 24)) as pilot:
        stage = await opened(made, pilot)
        assert ["said goal 83%" in line for line in log_of(stage)] == [True]
        await stage.press("up", "down", "y")
        assert "no spike to review yet" in stage.said[-1]


async def test_g_proposes_the_goal_that_was_said_and_enter_takes_it_with_its_own_time(stage_of) -> None:
    made = stage_of(commented(*SAID))
    async with made[0].run_test(size=(80, 24)) as pilot:
        stage = await opened(made, pilot)
        await stage.press("g")
        assert isinstance(stage.app.screen, Ask)
        shown = str(stage.app.screen.query_one("#question").content)
        assert shown.startswith("goal? said 3:46 - Enter to accept (83%: goal, [b]net[/b]") and "\x1b" not in shown
        await stage.press("enter")
        assert stage.feed.kept_marks == [Mark(229.0, "goal")]
        await stage.tick()
        await stage.press("g")
        assert [mark.t for mark in stage.feed.kept_marks][1:] == [stage.cursor_s], "what is marked is proposed once"


@pytest.mark.parametrize(("key", "marked"), [("escape", []), ("g", [NOW_S])])
async def test_a_goal_that_is_not_the_one_said_is_left_or_marked_where_it_is(stage_of, key: str, marked: list) -> None:
    made = stage_of(commented(*SAID))
    async with made[0].run_test(size=(80, 24)) as pilot:
        stage = await opened(made, pilot)
        await stage.press("g", key)
        assert [mark.t for mark in stage.feed.kept_marks] == pytest.approx(marked, abs=0.2)


@pytest.mark.parametrize("said", [CORNER, replace(GOAL, at=100.0, t=111.0)], ids=["a corner", "long ago"])
async def test_without_a_goal_that_was_said_just_now_g_marks_one_at_once(stage_of, said: WordsEvent) -> None:
    made = stage_of(commented(SAID[0], said))
    async with made[0].run_test(size=(80, 24)) as pilot:
        stage = await opened(made, pilot)
        await stage.press("g")
        assert [mark.t for mark in stage.feed.kept_marks] == [stage.cursor_s]


async def test_in_a_replay_what_is_said_comes_with_its_time_and_g_proposes_it(stage_of) -> None:
    made = stage_of(commented(*SAID), info=replaying(), until_s=300.0)
    async with made[0].run_test(size=(80, 24)) as pilot:
        stage = await opened(made, pilot)
        stage.screen.look_at(180.0)
        await stage.pilot.pause()
        to_come, spike = log_of(stage)[:2]
        assert to_come.startswith("   ") and "said" not in spike, "what is still to come confirms nothing"
        stage.screen.look_at(241.0)
        await stage.pilot.pause()
        assert log_of(stage)[0].startswith(' "') and "said goal 83%" in log_of(stage)[1]
        await stage.press("g", "enter")
        assert stage.feed.kept_marks == [Mark(229.0, "goal")]


@pytest.mark.parametrize(
    ("typed", "found"),
    [("", True), ("said", True), ("goal 83", True), ("3:49", True), ("álvarez", True), ("0.9", False)],
)
def test_what_was_said_is_found_by_its_kind_its_time_and_its_words(typed: str, found: bool) -> None:
    assert has_words(GOAL, typed, MatchClock()) is found


async def test_a_filter_hides_what_was_said_and_counts_it(stage_of) -> None:
    made = stage_of(commented(*SAID))
    async with made[0].run_test(size=(80, 24)) as pilot:
        stage = await opened(made, pilot)
        await stage.press("slash", *"2:58")
        assert len(log_of(stage)) == 1 and "3 hidden" in stage.text(SpikeLog)
