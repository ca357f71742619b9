"""What the commentator was heard to say: in the log beside the crowd's spikes, and proposed where a goal is marked."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.signals import Event, Hearing, Mark, WordsEvent, WordsState
from engine.football.match_clock import MatchClock
from tests.unit.tui.monitor.fake_feed import make_events, replaying, when
from tests.unit.tui.monitor.stage import NOW_S, Stage
from tests.unit.tui.monitor.test_log_filter import monitor
from tui.monitor.log_filter import has_words
from tui.monitor.screens.ask import Ask
from tui.monitor.widgets.paint import text_of
from tui.monitor.widgets.said_row import said_row
from tui.monitor.widgets.spike_log import SpikeLog

GOAL = WordsEvent(240.0, 229.0, 226.5, "goal", 0.834, "goal, [b]net[/b]\x1b[31m, Alvarez")
CORNER = WordsEvent(200.0, 190.0, 188.0, "corner", 0.6, "corner")
SAID = (WordsState(0.1, Hearing.LISTENING), CORNER, GOAL)


def commented(*said: Event) -> list[Event]:
    return sorted([*make_events(300.0), *said], key=when)


def log_of(stage: Stage) -> list[str]:
    return [line for line in stage.text(SpikeLog).splitlines()[2:] if line.strip()]


def test_what_was_said_is_a_line_without_height_or_length_that_steers_no_terminal() -> None:
    (line,) = text_of([said_row(GOAL, MatchClock({1: 20.0}), 80)])
    assert (
        line.startswith(' "     3:49  03:29    said goal 83%  goal, [b]net[/b]\ufffd[31m, Alvarez') and len(line) == 80
    )
    assert all(len(text_of([said_row(GOAL, MatchClock(), width)])[0]) == width for width in (20, 40, 200))


async def test_the_log_has_the_goal_that_was_said_beside_the_spike_that_it_confirms(tmp_path: Path) -> None:
    async with monitor(tmp_path, commented(*SAID)) as stage:
        lines = log_of(stage)
        assert [line[3:11].strip() for line in lines] == ["3:49", "3:44", "2:58", "1:13"]
        assert "said goal 83%" in lines[0] and "said goal 83%" in lines[1] and "said" not in "".join(lines[2:])
        assert lines[0].startswith(' "') and lines[1].startswith(" ▼") and "3 spikes, 1 said" in stage.text(SpikeLog)
        await stage.press("x")
        assert [line[22:].strip() for line in log_of(stage) if line.startswith(' "')][1] == "said corner 60%  corner"


async def test_the_cursor_of_the_log_passes_over_what_was_said(tmp_path: Path) -> None:
    async with monitor(tmp_path, commented(*SAID)) as stage:
        await stage.press("down")
        assert log_of(stage)[1].startswith("›")
        await stage.press("y")
        assert [label.onset for label in stage.feed.kept_labels] == [pytest.approx(223.0, abs=3.0)]
        await stage.pilot.click(SpikeLog, offset=(10, 2))
        assert log_of(stage)[1].startswith("›"), "a click on what was said chooses nothing"


async def test_a_session_in_which_nothing_but_words_happened_lists_them(tmp_path: Path) -> None:
    early = replace(GOAL, t=60.0, at=50.0, said=48.0)
    async with monitor(tmp_path, commented(SAID[0], early), until_s=62.0) as stage:
        assert ["said goal 83%" in line for line in log_of(stage)] == [True]
        await stage.press("up", "down", "y")
        assert "no spike to review yet" in stage.said[-1]


async def test_g_proposes_the_goal_that_was_said_and_enter_takes_it_with_its_own_time(tmp_path: Path) -> None:
    async with monitor(tmp_path, commented(*SAID)) as stage:
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
async def test_a_goal_that_is_not_the_one_said_is_left_or_marked_where_it_is(
    tmp_path: Path, key: str, marked: list
) -> None:
    async with monitor(tmp_path, commented(*SAID)) as stage:
        await stage.press("g", key)
        assert [mark.t for mark in stage.feed.kept_marks] == pytest.approx(marked, abs=0.2)


@pytest.mark.parametrize("said", [CORNER, replace(GOAL, at=100.0, t=111.0)], ids=["a corner", "long ago"])
async def test_without_a_goal_that_was_said_just_now_g_marks_one_at_once(tmp_path: Path, said: WordsEvent) -> None:
    async with monitor(tmp_path, commented(SAID[0], said)) as stage:
        await stage.press("g")
        assert [mark.t for mark in stage.feed.kept_marks] == [stage.cursor_s]


async def test_in_a_replay_what_is_said_comes_with_its_time_and_g_proposes_it(tmp_path: Path) -> None:
    async with monitor(tmp_path, commented(*SAID), info=replaying(), until_s=300.0) as stage:
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


async def test_a_filter_hides_what_was_said_and_counts_it(tmp_path: Path) -> None:
    async with monitor(tmp_path, commented(*SAID)) as stage:
        await stage.press("slash", *"2:58")
        assert len(log_of(stage)) == 1 and "3 hidden" in stage.text(SpikeLog)
