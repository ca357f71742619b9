"""Work in libraries that may take long, or for ever: the sound system's, and FFmpeg's on a line that is silent.

PortAudio can't be interrupted, and on macOS its ``Pa_StopStream`` and CoreAudio's own thread can wait for each other
without end (known of version 19.7). Whoever waits here goes on after a while, and the thread is left behind.

A thread that is left behind in a library ends the process badly: the interpreter and the library are taken down under
it. So ``hangs`` tells the program to leave without tidying up.
"""

import signal
import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from engine.core.errors import StuckError

_GIVEN_UP: Final = "given up"
_FAULTS: Final = {signal.SIGSEGV, signal.SIGFPE, signal.SIGILL, signal.SIGABRT, signal.SIGBUS}
"""What a thread does to itself; nobody else can be told of it."""
PATIENCE_S: Final = 20.0
"""Closing and opening a device may take so long: a wireless one needs several seconds, none needs this many."""
T = TypeVar("T")


class Background(Generic[T]):
    """Work in a thread of its own that the end of the program does not wait for."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._fault: Exception | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="device", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        take_no_signals()
        try:
            self._results.append(self._work())
        except Exception as fault:  # noqa: BLE001 - handed on to whoever asks for the result
            self._fault = fault
        self._ended.set()

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        return self._ended.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether that has come."""
        return self._ended.wait(seconds)

    def give_up(self) -> None:
        """Wait for it no longer; ``hangs`` tells for as long as it goes on."""
        give_up(self._thread)

    def result(self) -> T:
        """What came of it, once it is done. Raises what the work raised."""
        if self._fault is not None:
            raise self._fault
        return self._results[0]


def in_time(work: Callable[[], T], device: str, doing: str, patience_s: float = PATIENCE_S) -> T:
    """Do ``work`` on ``device`` and return its result. Raises what it raises, and ``StuckError`` when it never ends."""
    task = Background(work)
    if not task.wait(patience_s):
        task.give_up()
        raise stuck(device, doing, patience_s)
    return task.result()


def stuck(device: str, doing: str, patience_s: float) -> StuckError:
    """The fault of a device on which ``doing`` has not come to an end."""
    return StuckError(
        f"The microphone {device} does not answer: {doing} it has not come to an end within {patience_s:g} s.",
        "The system's sound hangs, and only a new start helps; the service starts again by itself.",
    )


def take_no_signals() -> None:
    """Let the calling thread, and those it starts, take no signals: they are the main thread's to hear.

    The system may give Ctrl-C to any thread. In one that waits in a library it breaks off the library's call, and the
    main thread goes on waiting.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - _FAULTS)


def give_up(thread: threading.Thread) -> None:
    """Wait for ``thread`` no longer; ``hangs`` tells for as long as it goes on."""
    thread.name = _GIVEN_UP


def hangs() -> bool:
    """Whether something that was given up still does not answer: then its library can't be ended in this process."""
    return any(thread.name == _GIVEN_UP for thread in threading.enumerate())
