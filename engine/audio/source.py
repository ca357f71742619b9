"""The protocol that every source of sound follows, and what sources around others have in common."""

from collections.abc import Iterator
from typing import Protocol

from engine.core.signals import AudioBlock


class AudioSource(Protocol):
    """Sound at 22050 Hz, mono, block after block.

    ``blocks`` may be iterated once. It ends with the sound; a fault in the middle raises a ``MomentumError`` after
    all that was heard before it was yielded. A live source yields an empty block (a heartbeat) at least every
    quarter of a second when nothing was heard, so that whoever iterates never hangs.
    """

    @property
    def name(self) -> str:
        """What a person calls it: a file's name, a device's name, ``demo:7``."""
        ...

    @property
    def live(self) -> bool:
        """Whether the sound comes in at its own pace and can't be asked to wait or hurry."""
        ...

    @property
    def duration_s(self) -> float | None:
        """How long it will be, where that is known."""
        ...

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the sound."""
        ...

    def close(self) -> None:
        """Give the device or the file back; harmless when done twice."""
        ...


class Live:
    """A source that does not wait for whoever listens: it sets the pace, and says of no end when that will be."""

    live = True
    duration_s: float | None = None


class Around:
    """What a source around another one passes on as it is: its name, whether it is live, and its length."""

    def __init__(self, source: AudioSource) -> None:
        self._source = source

    @property
    def name(self) -> str:
        """The inner source's own."""
        return self._source.name

    @property
    def live(self) -> bool:
        """The inner source's own: neither pacing nor reading ahead makes anything live."""
        return self._source.live

    @property
    def duration_s(self) -> float | None:
        """The inner source's own, in seconds of sound."""
        return self._source.duration_s
