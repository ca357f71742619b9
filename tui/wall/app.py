"""The wall's application."""

from pathlib import Path
from typing import ClassVar

from textual.screen import Screen

from tui import monitor
from tui.monitor.app import TerminalApp
from tui.monitor.keys import WALL_KEYS, Key
from tui.wall.screens.wall import WallScreen
from tui.wall.sources.source import WallSource


class WallApp(TerminalApp[WallSource]):
    """Shows the venues of a source until a person, a signal or nobody's terminal ends it."""

    CSS_PATH = [Path(monitor.__file__).with_name("monitor.tcss"), Path(__file__).with_name("wall.tcss")]  # noqa: RUF012
    TABLE: ClassVar[tuple[Key, ...]] = WALL_KEYS
    feed = None
    """No session is this program's own: each that is opened is closed again."""

    def get_default_screen(self) -> Screen[None]:
        return WallScreen(self.shown, self.settings, self.glyphs, self._clock)
