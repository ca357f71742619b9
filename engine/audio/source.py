"""The protocol that every source of sound follows."""

from collections.abc import Iterator
from typing import Protocol

from engine.signals import AudioBlock


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
