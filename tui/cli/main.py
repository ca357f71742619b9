"""The command ``momentum``: composes the commands, and says once what went wrong."""

import io
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Final

import typer

from engine.app.ending import sound_hangs
from engine.core.errors import ExitCode, MomentumError, StuckError
from engine.core.text import plain
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

    The only place where a fault becomes two lines on stderr. A fault of the program itself keeps its traceback.
    """
    for limit in _THREAD_LIMITS:  # numpy reads them when it is imported; more threads made it many times slower
        os.environ.setdefault(limit, "1")
    _open_what_was_closed()
    for stream in (sys.stdout, sys.stderr):  # a terminal that can't show a letter gets its number, never a fault
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = int(ExitCode.DONE)
    try:
        code = _run(args)
        sys.stdout.flush()  # while it can still be said that the disk is full
    except (ReaderLeft, BrokenPipeError):  # whoever read the output has seen enough, as 'head' has
        _discard_output()
    except OSError as error:  # the disk, a folder, the output: the world's fault, not the program's
        if error.filename is None:
            _discard_output()
        where = "the output" if error.filename is None else error.filename
        _report(f"{where}: {error.strerror or error}", "'momentum doctor' checks disk space and folders.")
        return ExitCode.FAILED
    if sound_hangs():  # told already, by a command such as the doctor, which goes on after a fault
        _leave_at_once(code)
    return code


def _run(args: Sequence[str] | None) -> int:
    try:
        result = typer.main.get_command(app).main(args, prog_name=PROGRAM, standalone_mode=False)
    except StuckError as error:
        _report(error.message, error.hint)
        _leave_at_once(error.exit_code)
        return error.exit_code
    except MomentumError as error:
        _report(error.message, error.hint)
        return error.exit_code
    except typer.TyperException as error:
        _report(error.format_message(), _help_for(error))
        return ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    return int(result) if isinstance(result, int) else ExitCode.DONE


def _report(message: str, hint: str) -> None:
    with suppress(OSError):  # the exit code says it where nobody reads
        sys.stderr.write(f"{PROGRAM}: {plain(message)}\n  {plain(hint)}\n")


def _open_what_was_closed() -> None:
    """Standard streams that the caller closed lead nowhere; else the next file opened, a session's, would be one."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


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


def _discard_output() -> None:
    """What is still buffered can't be written; without this the interpreter would complain about it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
