"""Events that were spotted in a recording, in the monitor: lines of the log, letters in the graph, shares with w."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.spotted import Lane, Spotted
from engine.football.match_clock import MatchClock
from tests.unit.tui.monitor.fake_feed import FakeFeed, make_events
from tests.unit.tui.monitor.stage import REPLAY, Stage
from tui.monitor.app import MonitorApp
from tui.monitor.feed import Readings
from tui.monitor.log_filter import matches
from tui.monitor.settings import MonitorSettings
from tui.monitor.widgets.graph import Graph
from tui.monitor.widgets.spike_log import SpikeLog
from tui.monitor.widgets.spotted import SharesPanel, times_said

GOAL = Spotted(260.0, "Goal", 0.84, {"video": -0.1, "crowd": 3.7})
SHOT = Spotted(260.0, "Shots on [b]target", 0.41, {"video": 0.5})


_TIMES_S = np.arange(600) * 0.5
LANES = tuple(
    Lane(name, _TIMES_S, (0.05 + high * np.exp(-(((_TIMES_S - GOAL.t) / 3.0) ** 2))).astype(np.float32), 0.5)
    for name, high in (("video", 0.4), ("fused", 0.79))
)


class SpottedFeed(FakeFeed):
    """A finished session in which something was spotted."""

    def readings(self, from_s: float, to_s: float) -> Readings:
        return replace(super().readings(from_s, to_s), spotted=(GOAL, SHOT), lanes=LANES)


@asynccontextmanager
async def replayed(tmp_path: Path) -> AsyncIterator[Stage]:
    feed, clock = SpottedFeed(make_events(300.0), REPLAY), [0.0]
    app = MonitorApp(feed, MonitorSettings(fps=0, pictures=tmp_path), clock=lambda: clock[0], environ={})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        stage = Stage(app, pilot, clock, feed)
        stage.screen.look_at(299.0)
        await pilot.pause()
        yield stage


async def test_events_spotted_in_a_recording_stand_in_the_log_and_in_the_graph(tmp_path: Path) -> None:
    async with replayed(tmp_path) as stage:
        log = stage.text(SpikeLog).splitlines()
        assert "spikes, 2 spotted" in log[0]
        assert "4:20" in log[2] and "0.84 Goal  crowd +3.7, video -0.1" in log[2]
        assert "0.41 Shots on [b]target" in log[3]
        assert " g" in stage.text(Graph) or " s" in stage.text(Graph)


async def test_how_sure_picture_and_fusion_were_stands_above_the_bars_on_a_screen_of_80x24(tmp_path: Path) -> None:
    async with replayed(tmp_path) as stage:
        rows = stage.text(Graph).splitlines()
        assert [row[:7] for row in rows[2:4]] == [" video ", " fused "] and rows[-2].startswith("  0.0  ")
        at = rows[1].index("s")  # the letter of what was spotted
        assert (rows[2][at], rows[3][at]) == ("▄", "▇") and {rows[2][at - 20], rows[3][at - 20]} == {"▁"}
        await stage.pilot.resize_terminal(80, 18)
        await stage.pilot.pause()
        assert "video" not in stage.text(Graph)


async def test_w_shows_what_each_channel_added_to_the_event_that_was_chosen(tmp_path: Path) -> None:
    async with replayed(tmp_path) as stage:
        stage.screen.query_one(SpikeLog).select(GOAL)
        await stage.press("w")
        panel = stage.app.screen.query_one(SharesPanel)
        shown = ["".join(piece.text for piece in line).rstrip() for line in panel.draw(80, 24)]
        assert shown[1] == " Goal, 0.84"
        assert shown[3].startswith(" crowd") and shown[3].endswith("40 times likelier")
        assert shown[4].startswith(" video") and shown[4].endswith("1.1 times less likely")
        await stage.press("escape")
        assert stage.app.screen is stage.screen


async def test_two_events_of_one_moment_can_both_be_chosen(tmp_path: Path) -> None:
    async with replayed(tmp_path) as stage:
        log = stage.screen.query_one(SpikeLog)
        await stage.press("home", "home")
        first = log.selected
        await stage.press("down")
        assert {first, log.selected} == {GOAL, SHOT}
        await stage.press("down")
        assert log.selected not in (GOAL, SHOT)


async def test_a_review_of_what_was_spotted_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    async with replayed(tmp_path) as stage:
        stage.screen.query_one(SpikeLog).select(GOAL)
        await stage.press("y")
        await stage.press("r")
        assert "what was spotted in a recording has no review" in stage.said
        assert stage.feed.kept_labels == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [("goal", True), ("spotted crowd", True), ("0.84 4:20", True), ("spike", False), ("audio", False)],
)
def test_what_was_spotted_is_found_by_its_class_and_channels(typed: str, found: bool) -> None:
    assert matches(GOAL, typed, None, MatchClock(), []) is found


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "says nothing of it"), (0.7, "2.0 times likelier"), (-2.4, "11 times less likely"),
     (9.0, "over 1000 times likelier")],
)  # fmt: skip
def test_a_share_is_said_in_words(share: float, said: str) -> None:
    assert times_said(share) == said
