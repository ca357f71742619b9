"""The command ``momentum``: composes the commands, and says once what went wrong."""

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Final

import typer

from engine.app.ending import sound_hangs
from engine.core.as_program import as_program, say_fault
from engine.core.errors import ExitCode, StuckError
from tui.cli.groups import ReaderLeft, Root

PROGRAM: Final = "momentum"
_THREAD_LIMITS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def _show_version(asked: bool) -> None:
    if asked:
        from engine.app.stray_output import libraries_kept_quiet
        from engine.app.version import version_lines
        from tui.monitor.settings import settings_for

        with libraries_kept_quiet(make_folder=False):
            lines = version_lines(lambda: settings_for({}))
        typer.echo("\n".join(lines))
        raise typer.Exit()


app = typer.Typer(cls=Root, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})


@app.callback()
def momentum(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show what is installed, and exit."),
    ] = False,
) -> None:
    """Hears a football match: the sound of the crowd, turned into an Attack Pressure Index between 0 and 1.

    'momentum doctor' says whether this machine is ready to listen. 'momentum COMMAND --help' explains a command.
    """


def main(args: Sequence[str] | None = None) -> int:
    """Run the program with ``args`` (without: the process's own) and return its exit code.

    A fault that a person can do something about is two lines on stderr; one of the program itself keeps its traceback.
    """
    for limit in _THREAD_LIMITS:  # numpy reads them when it is imported; more threads made it many times slower
        os.environ.setdefault(limit, "1")
    code = as_program(lambda: _run(args), PROGRAM)
    if sound_hangs():  # told already, by a command such as the doctor, which goes on after a fault
        _leave_at_once(code)
    return code


def _run(args: Sequence[str] | None) -> int:
    try:
        result = typer.main.get_command(app).main(args, prog_name=PROGRAM, standalone_mode=False)
    except StuckError as error:
        say_fault(error.message, error.hint, PROGRAM)
        _leave_at_once(error.exit_code)
        return error.exit_code
    except ReaderLeft as left:
        raise BrokenPipeError from left
    except typer.TyperException as error:
        say_fault(error.format_message(), _help_for(error), PROGRAM)
        return ExitCode.USAGE
    except typer.Abort:
        return ExitCode.INTERRUPTED
    return int(result) if isinstance(result, int) else ExitCode.DONE


def _leave_at_once(code: int) -> None:
    """End without the usual tidying up: PortAudio would be ended too, and wait for what never comes."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _help_for(error: typer.TyperException) -> str:
    context: Any = getattr(error, "ctx", None)
    return f"See '{context.command_path if context else PROGRAM} --help'."
