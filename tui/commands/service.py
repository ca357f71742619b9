"""``momentum service``: the recorder as a service of the logged-in user."""

from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.live import ON_SPIKE_HELP
from tui.groups import group
from tui.output import print_json, print_lines, wants_json

if TYPE_CHECKING:
    from tui.service import Service

service = group(
    "The recorder as a service of the logged-in user, started at login: systemd on Linux, a LaunchAgent on macOS."
)


@service.command("install")
def install(
    source: Annotated[
        str | None,
        typer.Argument(
            help="What to record: mic, mic:NAME-OR-INDEX, or an address. Without: the configured source, else mic.",
            show_default=False,
        ),
    ] = None,
    sound: Annotated[bool, typer.Option("--sound", help="Keep the sound in the session too.")] = False,
    on_spike: Annotated[str | None, typer.Option(help=ON_SPIKE_HELP, show_default=False)] = None,
    show: Annotated[bool, typer.Option("--print", help="Print the file instead, and change nothing.")] = False,
) -> None:
    """Record at every login from now on, and start now. Once more with other arguments replaces it.

    On macOS it must be installed by whoever is logged in at the screen: a shell over ssh never gets the microphone.
    """
    import shlex
    import shutil
    import sys

    from engine.address import has_secret, shown
    from engine.errors import UsageError
    from engine.hooks import check_command
    from tui.listening import settings_for

    if source is not None and has_secret(source):
        raise UsageError(
            f"The file of a service, which others may read, is no place for what opens {shown(source)}",
            "Write it as source into the file that 'momentum config path' names, and leave it out here.",
        )
    if source is None and settings_for({}).source is None:
        source = "mic"
    arguments = ["record", *([source] if source else []), *(["--sound"] if sound else [])]
    if on_spike is not None:
        name, *rest = check_command(on_spike)
        # A service looks for programs in other places than a terminal does.
        arguments += ["--on-spike", shlex.join([shutil.which(name) or name, *rest])]
    here = _here()
    if show:
        sys.stdout.write(here.content(arguments).decode())
        return
    here.install(arguments)
    typer.echo(f"installed {here.file} and started; 'momentum watch' shows what it hears", err=True)
    if here.system == "Linux":
        typer.echo("'loginctl enable-linger' lets it run while nobody is logged in.", err=True)


@service.command("status")
def status(as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False) -> int:
    """Whether it is installed and running. Exit code 0: it runs, 1: it does not."""
    from dataclasses import asdict

    found = _here().status()
    if wants_json(as_json):
        print_json(asdict(found))
    elif not found.installed:
        print_lines("not installed: 'momentum service install' does that")
    else:
        state = {True: "running", False: "not running", None: "whether it runs can't be told here"}[found.running]
        lines = [f"installed  {found.file}", f"state      {state}", f"program    {found.program}"]
        if not found.program_found:
            lines.append("The program is not there any more: 'momentum service install' mends that.")
        print_lines("\n".join(lines))
    return 0 if found.running else 1


@service.command("remove")
def remove() -> None:
    """Stop it and take it away. What was recorded stays."""
    here = _here()
    here.remove()
    typer.echo(f"removed {here.file}; sessions stay", err=True)


def _here() -> "Service":
    import os
    import platform
    from pathlib import Path

    from tui.service import Service

    return Service(platform.system(), Path.home(), os.getuid(), dict(os.environ))
