"""How a program of this project ends: a fault that a person can do something about is two lines and an exit code."""

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from engine.core.errors import ExitCode, MomentumError
from engine.core.extras import installing
from engine.core.text import plain

_WORLD: Final = "'momentum doctor' checks disk space and folders."


def as_program(main: Callable[[], int | None], name: str = "") -> int:
    """Run ``main`` and return the exit code: its own (none: 0), or that of the fault, which is said on stderr after
    the program's ``name``.

    A fault of the program itself keeps its traceback. Without a ``name`` it is a module of ``train`` or a tool: what is
    missing there is in the extra ``train``.
    """
    _open_what_was_closed()
    for stream in (sys.stdout, sys.stderr):  # a terminal that can't show a letter gets its number, never a fault
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main() or ExitCode.DONE
        sys.stdout.flush()  # while it can still be said that the disk is full
    except MomentumError as error:
        say_fault(error.message, error.hint, name)
        return error.exit_code
    except ModuleNotFoundError as missing:
        if name or _is_ours(missing.name or ""):
            raise
        say_fault(f"{missing.name} is not installed", installing("train"))
        return ExitCode.USAGE
    except BrokenPipeError:  # whoever read the output has seen enough, as 'head' has
        _discard_output()
        return ExitCode.DONE
    except OSError as error:  # the disk, a folder, the output: the world's fault, not the program's
        if error.filename is None:
            _discard_output()
        where = "the output" if error.filename is None else error.filename
        say_fault(f"{where}: {error.strerror or error}", _WORLD, name)
        return ExitCode.FAILED
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("engine", "train", "tui", "tests")


def say_fault(message: str, hint: str, name: str = "") -> None:
    """What is wrong and what to do next, on stderr."""
    with suppress(OSError):  # the exit code says it where nobody reads
        sys.stderr.write(f"{name}{': ' if name else ''}{plain(message)}\n  {plain(hint)}\n")


def _open_what_was_closed() -> None:
    """Standard streams that the caller closed lead nowhere; else the next file opened, a session's, would be one."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _discard_output() -> None:
    """What is still buffered can't be written; without this the interpreter would complain about it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
