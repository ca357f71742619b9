"""Pictures of the monitor, state by state. The clock stands still, and seed and names are fixed.

After a change that was meant: ``pytest tests/snapshots --snapshot-update``, then look at the pictures.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from engine.core.signals import Event, Health, HealthChange, Hearing, Mark, Words, WordsEvent, WordsState
from tests.unit.tui.monitor.fake_feed import INFO, FakeFeed, make_events, when
from tests.unit.tui.monitor.stage import REPLAY
from tests.unit.tui.monitor.test_spotted import SpottedFeed
from tui.monitor.app import MonitorApp
from tui.monitor.feed import FeedInfo, FeedKind
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.settings import MonitorSettings

CALM_S, ALARM_S, LATER_S = 60.0, 182.0, 250.0
Compare = Callable[..., bool]


def monitor(
    until_s: float = LATER_S, info: FeedInfo = INFO, events: list[Event] | None = None, mel: bool = False, **settings: Any
) -> MonitorApp:
    feed = FakeFeed(make_events(300.0) if events is None else events, info, until_s)
    if mel:
        feed.mel = (-30 - 40 * np.abs(np.sin(np.arange(64) / 6))).astype(np.float32)
    return MonitorApp(feed, MonitorSettings(fps=0, **settings), clock=lambda: 0.0, environ={})


async def explained(pilot: Pilot[int]) -> None:
    await pilot.press("w")
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def spotted() -> MonitorApp:
    """The replay of a session in which something was spotted."""
    feed = SpottedFeed(make_events(300.0), REPLAY)
    return MonitorApp(feed, MonitorSettings(fps=0), clock=lambda: 0.0, environ={})


async def after_the_goal(pilot: Pilot[int]) -> None:
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, MonitorScreen)
    screen.look_at(290.0)
    await pilot.pause()


SAID = (
    WordsEvent(201.0, 190.0, 188.0, "corner", 0.61, "corner"),
    WordsEvent(240.0, 229.0, 226.5, "goal", 0.834, "goal, [b]net[/b]\x1b[31m"),
)


def spoken(*more: Event) -> list[Event]:
    """A session with a commentator, whose words are as hostile as words can be."""
    said = [
        WordsState(0.1, Hearing.LISTENING),
        Words(231.0, 226.0, 231.0, "He brings it down on the [b]far side[/b] and looks up,", "en"),
        Words(247.0, 241.0, 247.0, "now here comes the cross \x1b[31m and it's headed over by the captain!", "en"),
    ]
    return sorted([*make_events(300.0), *said, *more], key=when)


def ending_in(health: Health, detail: str) -> list[Event]:
    return [*make_events(100.0), HealthChange(100.0, health, detail)]


@pytest.mark.parametrize(
    ("made", "how"),
    [
        pytest.param(lambda: monitor(CALM_S), {}, id="calm-and-empty-log"),
        pytest.param(lambda: monitor(ALARM_S), {}, id="alarm"),
        pytest.param(lambda: monitor(20.0), {}, id="warming-up"),
        pytest.param(lambda: monitor(events=ending_in(Health.SILENT, "")), {}, id="silent"),
        pytest.param(lambda: monitor(events=ending_in(Health.LOST, "USB microphone")), {}, id="lost"),
        pytest.param(monitor, {"press": ["comma", "left"]}, id="frozen"),
        pytest.param(monitor, {"press": ["x", "down", "down"]}, id="rejected"),
        pytest.param(lambda: monitor(info=replace(INFO, kind=FeedKind.REPLAY)), {"press": ["full_stop"]}, id="replay"),
        pytest.param(monitor, {"press": ["question_mark"]}, id="help"),
        pytest.param(monitor, {"press": ["comma", "r"]}, id="review"),
        pytest.param(monitor, {"press": ["comma", "y"]}, id="verdict"),
        pytest.param(monitor, {"press": ["y", "r"]}, id="review-after-a-verdict"),
        pytest.param(monitor, {"press": ["right_square_bracket"], "terminal_size": (40, 10)}, id="message-40x10"),
        pytest.param(monitor, {"press": ["0"]}, id="whole"),
        pytest.param(monitor, {"press": ["m"]}, id="mark"),
        pytest.param(monitor, {"run_before": explained}, id="why"),
        pytest.param(lambda: monitor(ascii=True), {"run_before": explained, "terminal_size": (200, 50)}, id="why-large"),
        pytest.param(
            lambda: monitor(info=replace(INFO, trained=False, weights="default (untrained)", simulated=True)),
            {},
            id="untrained-demo",
        ),
        pytest.param(lambda: monitor(events=make_events(300.0, tags=True)), {}, id="tags-80x24"),
        pytest.param(
            lambda: monitor(events=make_events(300.0, tags=True)), {"terminal_size": (200, 50)}, id="tags-200x50"
        ),
        pytest.param(
            lambda: monitor(events=make_events(300.0, tags=True)), {"terminal_size": (40, 10)}, id="tags-40x10"
        ),
        pytest.param(
            lambda: monitor(events=make_events(300.0, tags=True)), {"press": ["comma", "y", "r"]}, id="tags-review"
        ),
        pytest.param(lambda: monitor(events=spoken()), {"terminal_size": (80, 24)}, id="words-80x24"),
        pytest.param(
            lambda: monitor(events=spoken(WordsState(249.0, Hearing.LATE, 12.3))),
            {"terminal_size": (40, 18)},
            id="words-late-40x18",
        ),
        pytest.param(
            lambda: monitor(events=spoken(WordsState(249.0, Hearing.LOST, 0.0, "its process has ended"))),
            {"terminal_size": (200, 50)},
            id="words-lost-200x50",
        ),
        pytest.param(lambda: monitor(events=spoken(*SAID)), {"terminal_size": (80, 24)}, id="said-80x24"),
        pytest.param(
            lambda: monitor(events=spoken(*SAID), ascii=True, theme="16"),
            {"terminal_size": (80, 24), "press": ["x", "g"]},
            id="said-proposed-ascii-80x24",
        ),
        pytest.param(spotted, {"terminal_size": (80, 24), "run_before": after_the_goal}, id="spotted-80x24"),
        pytest.param(monitor, {"terminal_size": (20, 5)}, id="20x5"),
        pytest.param(monitor, {"terminal_size": (40, 10)}, id="40x10"),
        pytest.param(monitor, {"terminal_size": (80, 24)}, id="80x24"),
        pytest.param(lambda: monitor(mel=True), {"terminal_size": (200, 50)}, id="200x50"),
        pytest.param(lambda: monitor(theme="light"), {}, id="light"),
        pytest.param(lambda: monitor(theme="contrast"), {}, id="contrast"),
        pytest.param(lambda: monitor(theme="16"), {}, id="16-colours"),
        pytest.param(lambda: monitor(ascii=True), {}, id="ascii"),
    ],
)
def test_screen(made: Callable[[], MonitorApp], how: dict[str, Any], snap_compare: Compare) -> None:
    assert snap_compare(made(), **how)


def test_screen_with_marks_and_match_clock(snap_compare: Compare) -> None:
    async def play(pilot: Pilot[int]) -> None:
        await pilot.pause()
        feed = pilot.app.feed  # type: ignore[attr-defined]
        feed.push(Mark(10.0, "kick-off"), Mark(74.0, "goal", "header"), Mark(180.0, "corner"))
        screen = pilot.app.screen
        assert isinstance(screen, MonitorScreen)
        screen.tick()
        await pilot.pause()

    assert snap_compare(monitor(), run_before=play)


def test_pictures_hold_no_path_of_this_machine() -> None:
    for picture in Path(__file__).parent.rglob("*.svg"):
        assert str(Path.home()) not in picture.read_text(encoding="utf-8")
