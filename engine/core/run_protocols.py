"""What a run gives its results to, and how it is asked to end: what those around it need to know of it."""

from collections.abc import Sequence
from typing import Protocol

from engine.core.signals import AudioBlock, Event, Reading


class ReadingSink(Protocol):
    """Takes what a run finds: a session, a printer, a log."""

    def write(self, event: Event) -> None:
        """Take an event, in order."""
        ...

    def flush(self) -> None:
        """Everything of a block has been written."""
        ...


class SoundSink(Protocol):
    """Takes what a run hears: a session that keeps the sound, a screen that draws it."""

    def sound(self, block: AudioBlock) -> None:
        """Take the sound itself, before the readings that it completes."""
        ...


class Beside(Protocol):
    """What goes on beside a run: it may block, be late or die, and holds up nothing."""

    def take(self, heard_s: float) -> Sequence[Event]:
        """What is new, now that ``heard_s`` seconds of sound were heard. Returns at once, and raises nothing."""
        ...

    def rest(self, heard_s: float) -> Sequence[Event]:
        """What is left at the end of the run, at ``heard_s``; it may wait for that for a moment."""
        ...

    def fused(self, reading: Reading) -> Reading:
        """``reading`` with what it and this say together; nothing else of it is touched. Returns at once."""
        ...


class NothingBeside:
    """No such thing."""

    def take(self, heard_s: float) -> Sequence[Event]:
        return ()

    def rest(self, heard_s: float) -> Sequence[Event]:
        return ()

    def fused(self, reading: Reading) -> Reading:
        return reading


class Stop:
    """A request from outside to end cleanly, with its reason; safe to set from a signal handler or a thread."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def request(self, reason: str) -> None:
        """Ask for the end; the first reason counts."""
        self.reason = self.reason or reason
