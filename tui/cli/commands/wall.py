"""``momentum wall``: all venues on one screen."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli.open_monitor import Ascii, Fps, Mouse, Theme

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from tui.wall.sources.source import WallSource


def wall(
    where: Annotated[
        str | None,
        typer.Argument(
            help="Whose venues: a broker (mqtt://HOST, mqtts://HOST), a folder of sessions, or demo:N. Without: the "
            "broker of the settings' table publish, or else the sessions that are recorded on this machine.",
            show_default=False,
        ),
    ] = None,
    sessions: Annotated[
        bool, typer.Option("--sessions", help="The sessions of this machine, whatever the settings say.")
    ] = False,
    ca: Annotated[
        Path | None, typer.Option(help="PEM file of who signed the broker's certificate.", show_default=False)
    ] = None,
    as_ascii: Ascii = False,
    theme: Theme = None,
    mouse: Mouse = None,
    fps: Fps = None,
) -> int:
    """Show all venues at once: alarms first, then by pressure, name or state. Enter opens a venue's monitor.

    Nothing that is recorded is touched. A venue that sends nothing for 2.5 s has no number any more.

    Exit codes: 0 done, 2 a wrong address, 130 and 143 ended by a signal.

    Example: momentum wall demo:12
    """
    from engine.core.errors import UsageError
    from engine.core.paths import find_paths
    from tui.cli.open_monitor import on_screen
    from tui.monitor.launch import can_show_monitor
    from tui.monitor.settings import settings_for
    from tui.wall.launch import run_wall

    settings = settings_for({"theme": theme, "ascii": as_ascii or None, "mouse": mouse, "fps": fps})
    if sessions and where is not None:
        raise UsageError(f"--sessions and {where!r} name two places", "give one of them")
    source = _source(where, ca, None if sessions else settings)
    if not can_show_monitor(os.environ, sys.stdout):
        raise UsageError("the wall needs a terminal", "'momentum watch --json' prints a session as lines")
    return run_wall(source, on_screen(settings), find_paths().log)


def _source(where: str | None, ca: Path | None, settings: "Settings | None") -> "WallSource":
    """What brings the venues; ``settings`` name the broker where nothing else does. Raises ``UsageError`` for a place
    that is none.
    """
    from engine.core.errors import UsageError
    from engine.core.paths import find_paths
    from engine.core.sound_address import is_address
    from engine.publish.secret_places import read_secret
    from tui.wall.sources.broker import BrokerSource
    from tui.wall.sources.broker_address import address_of, read_address
    from tui.wall.sources.demo import DemoSource, demo_count
    from tui.wall.sources.sessions import SessionsSource

    if where is None and settings is not None:
        mqtt = settings.publish.mqtt
        password = read_secret(mqtt.password_from) if mqtt is not None and mqtt.password_from else None
        address = address_of(settings.publish, password)
        if address is not None:
            return BrokerSource(address)
    if where is None:
        return SessionsSource(find_paths().sessions)
    if where == "demo" or where.startswith("demo:"):
        return DemoSource(demo_count(where))
    if is_address(where):
        return BrokerSource(read_address(where, ca))
    if Path(where).is_dir():
        return SessionsSource(Path(where), title=where)
    raise UsageError(f"there is no folder {where!r}", "a broker is written mqtt://HOST, a demonstration demo:12")
