"""Puts the wall on the terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.monitor.launch import run_on_terminal

if TYPE_CHECKING:
    from tui.monitor.app import TerminalApp
    from tui.monitor.settings import MonitorSettings
    from tui.wall.sources.source import WallSource


def run_wall(source: "WallSource", settings: "MonitorSettings", log_folder: Path) -> int:
    """Show the venues of ``source`` until a person or a signal ends it; returns the exit code. Raises ``MomentumError``
    where the source can't be opened, before the screen is touched.
    """

    def make() -> "TerminalApp[Any]":
        from tui.wall.app import WallApp

        return WallApp(source, settings)

    source.open()
    try:
        return run_on_terminal(make, settings, log_folder)
    finally:
        source.close()
