"""A monitor on a made-up session, as tests use it. Time stands still unless a test moves it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from textual.widgets import Static

from tests.unit.tui.monitor.fake_feed import INFO, FakeFeed
from tests.unit.tui.staged import Staged
from tui.monitor.feed import FeedKind
from tui.monitor.screens.ask import Ask
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.widgets.action_outcome import ActionOutcome
from tui.monitor.widgets.header_and_status import Banner

NOW_S = 250.0

SPIKES = (73.0, 178.0, 224.0)
"""About where the made-up session has its peaks."""


@dataclass
class Stage(Staged):
    """A monitor on a feed."""

    feed: FakeFeed

    @property
    def screen(self) -> MonitorScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MonitorScreen))

    @property
    def cursor_s(self) -> float:
        return self.screen.view.cursor_s

    @property
    def said(self) -> list[str]:
        """What a person reads: in the banner, and above the footer or in a dialog."""
        screen = self.app.screen
        dialog = [str(screen.query_one("#said", Static).content)] if isinstance(screen, Ask) else []
        return [self.text(Banner), *dialog, self.screen.query_one(ActionOutcome).text]

    async def written(self) -> None:
        """Wait for what is being written."""
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()


Opening = Callable[..., AbstractAsyncContextManager[Stage]]

REPLAY = replace(INFO, kind=FeedKind.REPLAY)

WATCH = replace(INFO, kind=FeedKind.WATCH)
