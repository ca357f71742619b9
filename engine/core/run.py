"""What a run gives its results to, and how it is asked to end: what those around it need to know of it."""

from typing import Protocol

from engine.core.signals import AudioBlock, Event


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


class Stop:
    """A request from outside to end cleanly, with its reason; safe to set from a signal handler or a thread."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def request(self, reason: str) -> None:
        """Ask for the end; the first reason counts."""
        self.reason = self.reason or reason
