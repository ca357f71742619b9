"""How Textual talks to the terminal: no byte that comes from there, and no end of it, may end the program.

One question less, too, that Terminal.app answers with a stray letter. Textual asks whether the terminal can do two
things (``CSI ? 2026 $ p`` and ``CSI ? 2048 $ p``, DECRQM). Terminal.app stops reading at the ``$`` and prints the
``p``. Textual leaves the first question out where ``TERM_PROGRAM`` names that terminal, and asks the second there too;
over ssh the variable does not travel, and both are asked. What an answer would bring is little: drawing in one piece,
and sizes that come with the keys instead of by a signal.
"""

import errno
from collections.abc import Mapping
from typing import Final

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

_APPLE: Final = "Apple_Terminal"
_CLAIMED: Final = ("xterm-256color", "xterm-color", "xterm", "vt100", "nsterm")
"""What Terminal.app may be set to say that it is; xterm-256color unless somebody changed it."""
_OTHERS: Final = ("LC_TERMINAL", "TMUX", "STY", "VTE_VERSION", "WT_SESSION", "KITTY_WINDOW_ID", "WEZTERM_PANE")
"""Variables that other terminals leave, and that may survive the way."""


class TerminalDriver(LinuxDriver):
    """Outlives keys that nobody can read, and a terminal that is gone: whoever runs the application looks for it."""

    def run_input_thread(self) -> None:
        """Read keys until the application ends. What can't be read, a letter of Latin-1 for one, is no key: Textual
        would leave the application for it, and with it a recording would end."""
        while True:
            try:
                super().run_input_thread()
            except OSError as error:
                if error.errno != errno.EIO:  # which is how a terminal says that it is gone
                    raise
            except Exception:  # noqa: BLE001 - of decoding and parsing, and the bytes are used up by now
                continue
            return

    def write(self, data: str) -> None:
        """Draw. What writes ends with the terminal, and thirty pictures later its queue would take no more."""
        if self._writer_thread is None or self._writer_thread.is_alive():
            super().write(data)

    def close(self) -> None:
        """Wait for what is still to be drawn, if it can be."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().close()


class QuietDriver(TerminalDriver):
    """Asks nothing that Terminal.app would print."""

    def _request_terminal_sync_mode_support(self) -> None:
        pass

    def _query_in_band_window_resize(self) -> None:
        pass


def may_be_terminal_app(environ: Mapping[str, str], system: str) -> bool:
    """Whether the screen may be that of Terminal.app; ``system`` is the one that runs this program."""
    program = environ.get("TERM_PROGRAM")
    if program:
        return program == _APPLE
    if any(environ.get(name) for name in _OTHERS):
        return False
    from_afar = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    return (from_afar or system == "Darwin") and environ.get("TERM", "") in _CLAIMED


def choose_driver(environ: Mapping[str, str], system: str) -> type[Driver] | None:
    """The driver for this terminal; None leaves the choice to Textual, where its own ``TEXTUAL_DRIVER`` is set."""
    if environ.get("TEXTUAL_DRIVER"):
        return None
    return QuietDriver if may_be_terminal_app(environ, system) else TerminalDriver
