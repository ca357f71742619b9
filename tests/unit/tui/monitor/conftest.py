"""Monitors on made-up sessions."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.session import SessionWriter
from tests.unit.tui.monitor.fake_feed import INFO, FakeFeed, make_events
from tests.unit.tui.monitor.picker import record
from tests.unit.tui.monitor.stage import NOW_S, Opening, Stage
from tui.monitor.app import MonitorApp
from tui.monitor.feed import FeedInfo, FeedKind
from tui.monitor.settings import MonitorSettings


@pytest.fixture
def on_stage(tmp_path: Path) -> Opening:
    @asynccontextmanager
    async def opened(
        info: FeedInfo = INFO,
        size: tuple[int, int] = (80, 24),
        until_s: float = NOW_S,
        tags: bool = False,
        **settings: object,
    ) -> AsyncIterator[Stage]:
        replay = info.kind is FeedKind.REPLAY
        feed = FakeFeed(make_events(300.0, tags=tags), info, until_s=float("inf") if replay else until_s)
        clock = [0.0]
        app = MonitorApp(
            feed,
            MonitorSettings(fps=0, pictures=tmp_path / "pictures", **settings),  # type: ignore[arg-type]
            clock=lambda: clock[0],
            environ={},
        )
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Stage(app, pilot, clock, feed)

    return opened


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


@pytest.fixture
def running(root: Path) -> Iterator[SessionWriter]:
    writer = record(root, "mic:Desk", 12, end=None)
    yield writer
    writer.close()
