"""How a run is asked to end, and the exit code of each end."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from engine.audio.calls_with_deadline import hangs
from engine.core.errors import ExitCode

if TYPE_CHECKING:
    from engine.core.run_protocols import Stop

_REASONS: Final[Mapping[int, str]] = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    **({signal.SIGHUP: "terminated"} if hasattr(signal, "SIGHUP") else {}),
}
_EXIT_CODES: Final = {"interrupted": ExitCode.INTERRUPTED, "terminated": ExitCode.TERMINATED}


@contextmanager
def ending_on_signals(stop: "Stop", outlives_terminal: bool = False) -> Iterator[None]:
    """While inside, Ctrl-C, SIGTERM and SIGHUP ask for a clean end; a second Ctrl-C does not wait for it.

    With ``outlives_terminal`` SIGHUP, which the end of the terminal sends, is left unheard. For the main
    thread alone: signals are a process's own.
    """

    def ask(number: int, _frame: object) -> None:
        if stop.reason and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.request(_REASONS[number])

    before = {number: signal.signal(number, ask) for number in _REASONS}
    if outlives_terminal and hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def reason_of(code: int) -> str | None:
    """The reason of a run that a signal ended with this exit code; None for any other code."""
    return next((reason for reason, of in _EXIT_CODES.items() if of == code), None)


def exit_code_of(reason: str) -> int:
    """The exit code of a run that ended for ``reason``."""
    return int(_EXIT_CODES.get(reason, ExitCode.DONE))


def sound_hangs() -> bool:
    """Whether the system's sound was given up and still does not answer: then no process ends in an ordinary way."""
    return hangs()
