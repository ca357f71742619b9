"""Recorded sessions, and a monitor from which others are picked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from textual.widgets import Static

from engine.core.signals import End, Start
from engine.session import Clocks, SessionWriter
from tests.unit.tui.monitor.fake_feed import INFO, FakeFeed, make_events
from tests.unit.tui.monitor.stage import NOW_S, Stage
from tui.monitor.app import MonitorApp
from tui.monitor.feed import SessionFeed
from tui.monitor.glyphs import UNICODE
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.screens.pick import PickScreen
from tui.monitor.settings import MonitorSettings
from tui.monitor.widgets.header_and_status import Banner, Header
from tui.monitor.widgets.paint import text_of
from tui.monitor.widgets.session_list import SessionList
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


async def look_again(stage: Stage) -> list[str]:
    """What a timer does every other second while the list is open."""
    screen = stage.app.screen
    assert isinstance(screen, PickScreen)
    screen.look_again()
    await stage.written()
    return listed(stage)
