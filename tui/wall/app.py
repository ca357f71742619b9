"""The wall's application."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from textual.screen import Screen

from tui import monitor
from tui.monitor.app import TerminalApp
from tui.monitor.glyphs import ASCII, UNICODE
from tui.monitor.keys import WALL_KEYS, Key
from tui.monitor.settings import MonitorSettings
from tui.wall.screens.wall import WallScreen
from tui.wall.sources.source import WallSource


class WallApp(TerminalApp):
    """Shows the venues of a source until a person, a signal or nobody's terminal ends it."""

    CSS_PATH = [Path(monitor.__file__).with_name("monitor.tcss"), Path(__file__).with_name("wall.tcss")]  # noqa: RUF012
    TABLE: ClassVar[tuple[Key, ...]] = WALL_KEYS
    feed = None
    """No session is this program's own: each that is opened is closed again."""

    def __init__(
        self,
        source: WallSource,
        settings: MonitorSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        super().__init__(settings, environ)
        self.source = source
        self._clock = clock

    def get_default_screen(self) -> Screen[None]:
        return WallScreen(self.source, self.settings, ASCII if self.settings.ascii else UNICODE, self._clock)
