"""``momentum replay``: the monitor over a finished session."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tui.cli.open_monitor import Ascii, Fps, Mouse, Theme

if TYPE_CHECKING:
    from pathlib import Path

_PORTION: Final = 20_000


def replay(
    session: Annotated[
        str, typer.Argument(help="The session's name, the start of it, or latest.", show_default=False)
    ] = "latest",
    speed: Annotated[float, typer.Option(min=0.1, max=64.0, help="How many times real time it plays at first.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines, one object a line, at once.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Readable lines, one for each second, at once.")] = False,
    as_ascii: Ascii = False,
    theme: Theme = None,
    mouse: Mouse = None,
    fps: Fps = None,
) -> int:
    """Show a finished session as it was live: pause with space, seek with the arrows, comma and full stop go from spike
    to spike.

    Exit codes: 0 done, 5 there is no such session or it is damaged, 130 and 143 ended by a signal.

    Example: momentum replay latest --speed 8
    """
    from engine.core.paths import find_paths
    from engine.session import find_session
    from tui.cli.open_monitor import on_screen, show_session
    from tui.monitor.feed import FeedKind
    from tui.monitor.launch import can_show_monitor
    from tui.monitor.settings import settings_for

    folder = find_session(find_paths().sessions, session)
    settings = settings_for({"theme": theme, "ascii": as_ascii or None, "mouse": mouse, "fps": fps})
    if not (as_json or plain) and can_show_monitor(os.environ, sys.stdout):
        return show_session(folder, FeedKind.REPLAY, on_screen(settings, speed))
    _print(folder, as_json, plain, settings.ascii)
    return 0


def _print(folder: "Path", as_json: bool, plain: bool, as_ascii: bool) -> None:
    """The session's lines, as they were printed when it was live."""
    from engine.session import SessionReader
    from tui.cli.open_monitor import printer_of_session

    with SessionReader.open(folder) as reader:
        printer = printer_of_session(reader, as_json, plain, as_ascii)
        while events := reader.poll(limit=_PORTION):
            for event in events:
                printer.write(event)
        printer.flush()
