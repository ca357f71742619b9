"""A module that is run as a program (``python -m``): a fault that a person can do something about is two lines."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress

from engine.core.errors import ExitCode, MomentumError
from engine.core.text import plain


def as_program(main: Callable[[], int | None]) -> int:
    """Run ``main`` and return the exit code: its own (none: 0), or that of the fault, which is said on stderr.

    A fault of the program itself keeps its traceback.
    """
    try:
        code = main() or ExitCode.DONE
        sys.stdout.flush()  # while a reader that left can still be told from a fault
        return code
    except BrokenPipeError:  # whoever read the output has seen enough, as 'head' has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except MomentumError as error:
        return _said(error.message, error.hint, error.exit_code)
    except OSError as error:
        if error.filename is None:
            raise
        return _said(f"{error.filename}: {error.strerror}", "See the module's '--help'.", ExitCode.FAILED)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _said(message: str, hint: str, code: ExitCode) -> ExitCode:
    with suppress(OSError):  # the exit code says it where nobody reads
        sys.stderr.write(f"{plain(message)}\n  {plain(hint)}\n")
    return code
