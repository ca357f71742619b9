"""How Textual talks to the terminal, less one question that Terminal.app answers with a stray letter.

Textual asks whether the terminal can do two things (``CSI ? 2026 $ p`` and ``CSI ? 2048 $ p``, DECRQM). Terminal.app
stops reading at the ``$`` and prints the ``p``. Textual leaves the first question out where ``TERM_PROGRAM`` names that
terminal, and asks the second there too; over ssh the variable does not travel, and both are asked. What an answer would
bring is little: drawing in one piece, and sizes that come with the keys instead of by a signal.
"""

from collections.abc import Mapping
from typing import Final

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

_APPLE: Final = "Apple_Terminal"
_CLAIMED: Final = ("xterm-256color", "xterm-color", "xterm", "vt100", "nsterm")
"""What Terminal.app may be set to say that it is; xterm-256color unless somebody changed it."""
_OTHERS: Final = ("LC_TERMINAL", "TMUX", "STY", "VTE_VERSION", "WT_SESSION", "KITTY_WINDOW_ID", "WEZTERM_PANE")
"""Variables that other terminals leave, and that may survive the way."""


class QuietDriver(LinuxDriver):
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
    """The driver for this terminal; None leaves the choice to Textual, as does its own ``TEXTUAL_DRIVER``."""
    if environ.get("TEXTUAL_DRIVER") or not may_be_terminal_app(environ, system):
        return None
    return QuietDriver
