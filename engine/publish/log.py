"""The log of a recorder: what happened, in files that do not grow without end."""

import logging
import os
import threading
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

from engine.core.commentary_state import state_in_words
from engine.core.files import open_private, private_folder
from engine.core.heard_tags import sounds_like
from engine.core.signals import Alarm, End, Event, HealthChange, Spike, Start, WordsState
from engine.core.text import plain

_BYTES: Final = 1_000_000
_KEPT: Final = 4

log = logging.getLogger(__name__)


class _Named(logging.LoggerAdapter[logging.Logger]):
    """Lines that begin with the name of whose they are; ``name`` may be empty."""

    def __init__(self, logger: logging.Logger, name: str) -> None:
        super().__init__(logger)
        self._whose = f"{name}: ".replace("%", "%%") if name else ""

    def process(self, msg: str, kwargs: MutableMapping[str, Any]) -> tuple[str, MutableMapping[str, Any]]:
        return f"{self._whose}{msg}", kwargs


class _PrivateFile(RotatingFileHandler):
    """For its owner alone, the new file of each rotation too."""

    def _open(self):  # type: ignore[no-untyped-def]
        descriptor = open_private(Path(self.baseFilename), os.O_WRONLY | os.O_APPEND)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


class _OneLine(logging.Formatter):
    """Whatever names and messages of others stand in it, a log line is one line and steers no terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return plain(super().formatMessage(record))


def log_to(path: Path, level: str) -> None:
    """Send everything that is logged from ``level`` on to ``path``: a megabyte a file, the last five are kept."""
    private_folder(path.parent)
    handler = _PrivateFile(path, maxBytes=_BYTES, backupCount=_KEPT)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    threading.excepthook = _log_thread
    # A full disk must not end the listening, nor fill a terminal with tracebacks.
    logging.raiseExceptions = False


def _log_thread(fault: threading.ExceptHookArgs) -> None:
    """Log what ended a thread, which nobody else is told."""
    if fault.exc_value is not None and not issubclass(fault.exc_type, SystemExit):
        name = fault.thread.name if fault.thread else "unknown"
        log.error("the thread %s ended by a fault", name, exc_info=fault.exc_value)
    threading.__excepthook__(fault)


class LogSink:
    """Writes what matters of a run to the log: begin, end, alarms, and every state of the listening.

    ``name`` begins each line, where several are listened to.
    """

    def __init__(self, name: str = "") -> None:
        self._log = _Named(log, name)

    def write(self, event: Event) -> None:
        """Log the event, if it is one of those."""
        match event:
            case Start():
                self._log.info("session %s on %s with %s", event.session, plain(event.source), plain(event.weights))
            case HealthChange():
                self._log.info("%.1f s: %s %s", event.t, event.health.value, plain(event.detail))
            case Alarm():
                what = sounds_like(event.what, event.what_probability)
                self._log.info("%.1f s: alarm, index %.2f%s", event.onset, event.pressure, what)
            case Spike():
                self._log.info("%.1f s: spike until %.1f s, highest %.2f", event.onset, event.end, event.peak_pressure)
            case WordsState():
                self._log.info("%.1f s: words %s", event.t, state_in_words(event))
            case End():
                self._log.info("%.1f s: end, %s %s", event.t, event.reason, plain(event.detail))
            case _:
                pass

    def flush(self) -> None:
        """The log writes each line at once."""
