"""Starts the monitor on a terminal of its own: nothing else may write there, and the terminal is left as it was."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from engine.app.stray_output import STRAY_OUTPUT, open_stray_output
from engine.core.errors import ExitCode, MomentumError

if TYPE_CHECKING:
    from tui.monitor.app import TerminalApp
    from tui.monitor.feed import SessionFeed
    from tui.monitor.settings import MonitorSettings

_NO_SCREEN: Final = ("", "dumb", "unknown")


def can_show_monitor(environ: Mapping[str, str], out: TextIO) -> bool:
    """Whether ``out`` is a terminal that can be painted on; a dumb one gets readable lines instead."""
    return out.isatty() and environ.get("TERM", "") not in _NO_SCREEN


def run_monitor(feed: "SessionFeed", settings: "MonitorSettings", log_folder: Path) -> int:
    """Show ``feed`` until a person or a signal ends it; returns the exit code.

    Raises ``UsageError`` for key bindings that contradict each other, before the screen is touched.
    """

    def make() -> "TerminalApp[Any]":
        from tui.monitor.app import MonitorApp

        return MonitorApp(feed, settings)

    return run_on_terminal(make, settings, log_folder)


def run_on_terminal(make: Callable[[], "TerminalApp[Any]"], settings: "MonitorSettings", log_folder: Path) -> int:
    """Run the application that ``make`` makes, which is called once the terminal is its own; returns the exit code.

    A terminal that is gone ends it as SIGHUP does. Raises ``MomentumError`` where the application failed.
    """
    from tui.monitor.keys import check_keymap

    check_keymap(settings.keys)
    # Exported by some shells and by everything that loads readline: a size that the terminal may never have had.
    for stale in ("COLUMNS", "LINES"):
        os.environ.pop(stale, None)
    with own_terminal(log_folder) as terminal:
        if settings.fps > 0:
            os.environ.setdefault("TEXTUAL_FPS", str(max(settings.fps, 1)))  # read when Textual is imported
        app = make()
        code = app.run(mouse=settings.mouse) or app.return_code
        gone = not terminal.isatty()
    if code not in (None, ExitCode.FAILED):  # it was asked to end
        return code
    if gone:
        return ExitCode.TERMINATED
    raise MomentumError("the screen failed", f"What it said is at the end of {log_folder / STRAY_OUTPUT}.")


@contextmanager
def own_terminal(log_folder: Path) -> Iterator[TextIO]:
    """While inside, Textual alone writes to the terminal, which is yielded, and reads keys from it.

    Textual writes to ``sys.__stderr__``, and so do PortAudio, ALSA and every C library, to descriptor 2. So Textual
    gets a descriptor of its own for the terminal, and 2 goes to a file in ``log_folder``. Where standard input is
    sound (``live -``), keys come from the process's terminal.
    """
    log = open_stray_output(log_folder)
    terminal = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    before = os.dup(2)
    streams = sys.__stderr__, sys.__stdin__, sys.stderr
    said = os.fdopen(os.dup(log), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    keys = None
    try:
        os.dup2(log, 2)
        sys.__stderr__ = terminal  # type: ignore[misc]
        sys.stderr = said
        if sys.__stdin__ is None or not sys.__stdin__.isatty():
            keys = Path("/dev/tty").open(encoding="utf-8")  # noqa: SIM115 - closed below, with what it replaces
            sys.__stdin__ = keys  # type: ignore[misc]
        yield terminal
    finally:
        sys.__stderr__, sys.__stdin__, sys.stderr = streams  # type: ignore[misc]
        os.dup2(before, 2)
        for descriptor in (before, log):
            os.close(descriptor)
        with suppress(OSError):  # it is gone, and with it what was still to be drawn
            terminal.close()
        said.close()
        if keys is not None:
            keys.close()
