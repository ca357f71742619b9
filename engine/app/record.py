"""Listening without a screen, for as long as it takes: what ``record`` does, whoever asks for it."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Final, TypeAlias

from engine.app.listen import Wanted, listening
from engine.core.errors import MomentumError

if TYPE_CHECKING:
    from engine.core.run_protocols import ReadingSink, Stop
    from engine.core.signals import End
    from engine.core.telling import Tell

Guard: TypeAlias = "Callable[[Stop], AbstractContextManager[None]]"
"""What a run is inside of while it listens, such as something that ends it on a signal."""

_SAID_AGAIN: Final = 5

log = logging.getLogger(__name__)


def unguarded(stop: "Stop") -> AbstractContextManager[None]:
    """Nothing but the end of the sound ends the run."""
    return nullcontext()


class Told:
    """Says what happens to the keeping at once, and once more at the end: that is where somebody looks.

    A terminal that was closed meanwhile ends no recording; the log and the session have the same words.
    """

    def __init__(self, tell: "Tell") -> None:
        self._tell = tell
        self._told: deque[str] = deque(maxlen=_SAID_AGAIN)

    def say(self, notice: str) -> None:
        """Say it now."""
        self._told.append(notice)
        with suppress(OSError):
            self._tell(notice)

    def again(self) -> None:
        """Say what was said while it ran, the last of it where that was much."""
        with suppress(OSError):
            for notice in self._told:
                self._tell(f"while it ran: {notice}")


def no_sinks(source: str) -> "Sequence[ReadingSink]":
    """Nobody else is told."""
    return ()


def record(
    wanted: Wanted,
    tell: "Tell",
    guard: Guard = unguarded,
    sinks_of: "Callable[[str], Sequence[ReadingSink]]" = no_sinks,
) -> "End":
    """Listen to the end and keep it; what happens, faults too, is logged, since nobody may be looking.

    ``tell`` is called with what a person should know, a lost microphone or what is not kept: at once, and again at the
    end. ``sinks_of``: who else is told what is found, given the name of the source.

    Raises:
        MomentumError: it could not begin, or the source failed.
    """
    from engine.publish.log import LogSink
    from engine.publish.trouble import SaidTrouble

    begun = False
    try:
        with listening(wanted, tell) as run:
            begun = True
            with guard(run.stop):
                tell(f"recording {run.opened.source.name} in session {run.kept.session}")
                told = Told(tell)
                try:
                    sinks: list[ReadingSink] = [LogSink(), SaidTrouble(told.say), *sinks_of(run.opened.source.name)]
                    return run.listen(sinks, tell=told.say)
                finally:
                    told.again()
    except MomentumError as error:
        # A service's own output goes where nobody looks.
        log.error("%s %s", error.message, error.hint)
        raise
    except Exception:
        log.exception("the recorder ended by a fault" if begun else "the recorder could not begin")
        raise
