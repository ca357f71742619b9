"""How Textual talks to the terminal: nothing typed ends the program, and a terminal that is gone never holds it up.

And a question that Terminal.app answers with a stray letter is not asked there. Textual asks whether the terminal can
do two things (``CSI ? 2026 $ p`` and ``CSI ? 2048 $ p``, DECRQM). Terminal.app stops reading at the ``$`` and prints
the ``p``. Textual leaves the first question out where ``TERM_PROGRAM`` names that terminal, and asks the second there
too; over ssh the variable does not travel, and both are asked. What an answer would bring is little: drawing in one
piece, and sizes that come with the keys instead of by a signal.
"""

import errno
import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Mapping
from contextlib import suppress
from queue import Full
from typing import Final

from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver

from engine.core.errors import ExitCode

_APPLE: Final = "Apple_Terminal"
_CLAIMED: Final = ("xterm-256color", "xterm-color", "xterm", "vt100", "nsterm")
"""What Terminal.app may be set to say that it is; xterm-256color unless somebody changed it."""
_OTHERS: Final = ("LC_TERMINAL", "TMUX", "STY", "VTE_VERSION", "WT_SESSION", "KITTY_WINDOW_ID", "WEZTERM_PANE")
"""Variables that other terminals leave, and that may survive the way."""
_MOST_KEYS: Final = 4096
"""Bytes."""
_LOOK_FOR_END_S: Final = 0.1
_LOOK_FOR_WRITER_S: Final = 0.5


class TerminalDriver(LinuxDriver):
    """Outlives keys that nobody can read, and waits for no terminal that is gone."""

    def run_input_thread(self) -> None:
        """Read keys until the application or the terminal ends.

        What can't be read, a letter of Latin-1 for one, is shown as such or is no key: Textual would leave the
        application for it, and with it a recording would end. From a terminal that is gone Textual reads nothing over
        and over, and that takes the time in which the application would end.
        """
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        parser = XTermParser(self._debug)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                typed = b""
                if selector.select(_LOOK_FOR_END_S) and not (typed := self._read()):
                    self._app.call_later(self._app.exit, int(ExitCode.TERMINATED), int(ExitCode.TERMINATED))
                    return
                try:
                    if text := decode(typed):  # nothing as long as a letter is not there whole
                        for event in parser.feed(text):
                            self.process_message(event)
                    for event in parser.tick():
                        self.process_message(event)
                except Exception:  # noqa: BLE001 - of parsing, and what could not be parsed is used up by now
                    parser = XTermParser(self._debug)

    def _read(self) -> bytes:
        """What was typed; nothing from a terminal that is gone, or that others took over."""
        try:
            return os.read(self.fileno, _MOST_KEYS)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return b""

    @property
    def can_draw(self) -> bool:
        """False once the terminal refused a picture: nothing is drawn from then on."""
        return self._writer_thread is None or self._writer_thread.is_alive()

    def write(self, data: str) -> None:
        """Draw. Where the terminal holds up what writes, wait for that, but no longer than it lives."""
        assert self._writer_thread is not None, "it is not on the screen"
        self._put(self._writer_thread, data)

    def close(self) -> None:
        """Wait for what is still to be drawn, if it can be."""
        if self._writer_thread is not None:
            self._put(self._writer_thread, None)
            self._writer_thread.join()

    @staticmethod
    def _put(writer: WriterThread, data: str | None) -> None:
        """What Textual's own ``write`` does waits for ever where the terminal stalls first and then goes."""
        while writer.is_alive():
            with suppress(Full):
                writer._queue.put(data, timeout=_LOOK_FOR_WRITER_S)
                return


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
