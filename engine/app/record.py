"""Listening without a screen, for as long as it takes: what ``record`` does, whoever asks for it."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, TypeAlias

from engine.app.listen import Wanted, listening
from engine.core.errors import MomentumError

if TYPE_CHECKING:
    from engine.core.run import ReadingSink, Stop
    from engine.core.signals import End
    from engine.core.telling import Tell

Guard: TypeAlias = "Callable[[Stop], AbstractContextManager[None]]"
"""What a run is inside of while it listens, such as something that ends it on a signal."""

log = logging.getLogger(__name__)


def unguarded(stop: "Stop") -> AbstractContextManager[None]:
    """Nothing but the end of the sound ends the run."""
    return nullcontext()


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

    ``tell`` is called with what a person should know. ``sinks_of``: who else is told what is found, given the name of
    the source.

    Raises:
        MomentumError: it could not begin, or the source failed.
    """
    from engine.publish.log import LogSink

    begun = False
    try:
        with listening(wanted, tell) as run:
            begun = True
            with guard(run.stop):
                tell(f"recording {run.opened.source.name} in session {run.kept.session}")
                return run.listen([LogSink(), *sinks_of(run.opened.source.name)])
    except MomentumError as error:
        # A service's own output goes where nobody looks.
        log.error("%s %s", error.message, error.hint)
        raise
    except Exception:
        log.exception("the recorder ended by a fault" if begun else "the recorder could not begin")
        raise
