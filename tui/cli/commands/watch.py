"""``momentum watch``: follows a session that another process records on this machine."""

import os
import sys
from typing import Annotated

import typer

from tui.cli.open_monitor import Ascii, Fps, Mouse, Theme
from tui.cli.output import say

AsJson = Annotated[bool, typer.Option("--json", help="JSON Lines, one object a line.")]


def watch(
    session: Annotated[
        str | None, typer.Argument(help="A running session: its venue, or the start of its name. Without: the newest.")
    ] = None,
    as_json: AsJson = False,
    plain: Annotated[bool, typer.Option("--plain", help="One readable line a second.")] = False,
    from_start: Annotated[bool, typer.Option("--from-start", help="Begin with all that was heard so far.")] = False,
    as_ascii: Ascii = False,
    theme: Theme = None,
    mouse: Mouse = None,
    fps: Fps = None,
) -> int:
    """Show a session that another process on this machine records; leaving it leaves the recording alone.

    When it ends and its device is recorded anew, the monitor goes on with the new session (setting watch_moves_on);
    lines end with their session.

    Exit codes: 0 the session ended, 1 its recorder was killed, 5 there is no such session, 130 and 143 ended by a
    signal.

    Example: momentum watch --plain
    """
    from engine.app.ending import ending_on_signals, exit_code_of
    from engine.app.follow import follow, others_running, running_session
    from engine.core.paths import find_paths
    from engine.core.run_protocols import Stop
    from engine.session import SessionReader
    from tui.cli.open_monitor import on_screen, printer_of_session, show_session
    from tui.monitor.feed import FeedKind
    from tui.monitor.launch import can_show_monitor
    from tui.monitor.settings import settings_for

    root = find_paths().sessions
    folder = running_session(root, session)
    others = others_running(root, folder) if session is None else []
    if others:
        say(f"recorded besides: {', '.join(others)}; 'momentum watch NAME' shows one of them")
    settings = settings_for({"theme": theme, "ascii": as_ascii or None, "mouse": mouse, "fps": fps})
    if not (as_json or plain) and can_show_monitor(os.environ, sys.stdout):
        return show_session(folder, FeedKind.WATCH, on_screen(settings))
    stop = Stop()
    with SessionReader.open(folder) as reader, ending_on_signals(stop):
        printer = printer_of_session(reader, as_json, plain, settings.ascii)
        reason = follow(reader, printer, stop, from_start=from_start)
    return exit_code_of(reason)
