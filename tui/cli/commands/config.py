"""``momentum config``: what is set, by what, and where the file is."""

import os
from typing import Annotated

import typer

from tui.cli.groups import group
from tui.cli.output import AsJson, Column, print_json, print_table

config = group("Show the settings, and what set each of them.")


@config.command("show")
def show(as_json: AsJson = False) -> None:
    """Every setting, what set it, and which way it turns.

    Set by: the environment, the file, or the default. A command's own flags go before all of them.

    Example: momentum config show --json
    """
    from engine.core.paths import find_paths
    from engine.core.settings import setting_help, shown_settings, variable
    from tui.monitor.settings import read_settings

    loaded = read_settings(find_paths().config_file)
    help = setting_help()
    rows = [
        {"name": name, "value": value, "set_by": loaded.set_by[name], "variable": variable(name), "help": help[name]}
        for name, value in shown_settings(loaded.settings).items()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        [Column("setting"), Column("value"), Column("set by"), Column("what it does")],
        [(row["name"], "-" if row["value"] is None else row["value"], row["set_by"], row["help"]) for row in rows],
    )


@config.command("path")
def path() -> None:
    """Where the file is, or would be; 'momentum config init' makes it.

    Example: momentum config path
    """
    from engine.core.paths import find_paths

    typer.echo(os.fsencode(find_paths().config_file))  # bytes: a folder's name may be no text


@config.command("init")
def init(force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False) -> None:
    """Write a file of all settings, each explained and commented out.

    Example: momentum config init --force
    """
    from engine.core.errors import UsageError
    from engine.core.files import private_folder, whole_file
    from engine.core.paths import find_paths
    from engine.core.settings import template

    file = find_paths().config_file
    private_folder(file.parent)
    try:
        with whole_file(file.resolve(), replace=force) as unfinished:  # a link stays one
            unfinished.write_text(template(), encoding="utf-8")
    except FileExistsError as error:
        raise UsageError(f"{file} is there already", "--force replaces it.") from error
    typer.echo(os.fsencode(file))
