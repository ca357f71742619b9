"""``momentum service``: the recorder as a service of the logged-in user."""

from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli.commands.live import ON_SPIKE_HELP
from tui.cli.groups import group
from tui.cli.output import AsJson, print_json, print_lines, say

if TYPE_CHECKING:
    from engine.app.service import Service

service = group(
    "The recorder as a service of the logged-in user, started at login: systemd on Linux, a LaunchAgent on macOS."
)


@service.command("install")
def install(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="What to record: mic, mic:NAME-OR-INDEX, address; or several. Without: what is configured, else mic.",
            show_default=False,
        ),
    ] = None,
    sound: Annotated[bool, typer.Option("--sound", help="Keep the sound in the session too.")] = False,
    on_spike: Annotated[str | None, typer.Option(help=ON_SPIKE_HELP, show_default=False)] = None,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="macOS: in a window of Terminal instead of an application of its own.")
    ] = False,
    show: Annotated[bool, typer.Option("--print", help="Print the file instead, and change nothing.")] = False,
) -> None:
    """Record at every login from now on, and start now. Once more with other arguments replaces it.

    On macOS an application of its own listens ('Acoustic Momentum', in ~/Applications), and macOS asks on the screen
    whether it may: so be there, or look at the screen from elsewhere, and have the account logged in.

    Example: momentum service install mic:scarlett --sound
    """
    import sys

    from engine.app.service import recorder_arguments
    from engine.core.venue_sources import places_named
    from tui.monitor.settings import settings_for

    chosen = sources or []
    places_named(chosen)
    configured = settings_for({})
    if not (chosen or configured.sources or configured.source):
        chosen = ["mic"]
    arguments = recorder_arguments(chosen, sound, on_spike)
    here = _here()
    if show:
        sys.stdout.write(here.content(arguments).decode())
        return
    said = here.install(arguments, through_terminal=terminal)
    say(f"installed {here.file} and started; 'momentum watch' shows what it hears")
    for sentence in said:
        say(sentence)


@service.command("status")
def status(as_json: AsJson = False) -> int:
    """Whether it is installed and running. Exit code 0: it runs, 1: it does not.

    Example: momentum service status --json
    """
    from dataclasses import asdict

    found = _here().status()
    if as_json:
        print_json(asdict(found))
    elif not found.installed:
        print_lines("not installed: 'momentum service install' does that")
    else:
        state = {True: "running", False: "not running", None: "whether it runs can't be told here"}[found.running]
        lines = [f"installed  {found.file}", f"state      {state}", f"program    {found.program}"]
        if found.detail:
            lines.append(f"before     {found.detail}")
        if not found.program_found:
            lines.append("The program is not there any more: 'momentum service install' mends that.")
        print_lines("\n".join(lines))
    return 0 if found.running else 1


@service.command("remove")
def remove() -> None:
    """Stop it and take it away. What was recorded stays.

    Example: momentum service remove
    """
    here = _here()
    here.remove()
    say(f"removed {here.file}; sessions stay")


def _here() -> "Service":
    import os
    import platform
    from pathlib import Path

    from engine.app.service import find_service

    return find_service(platform.system(), Path.home(), os.getuid(), os.environ)
