"""What the wall needs of whoever brings its venues: never to wait for it."""

import threading
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from tui.monitor.feed import SessionFeed
from tui.wall.delivery import Delivery


class LinkState(StrEnum):
    """Whether messages can reach us."""

    CONNECTING = "connecting"
    UP = "connected"
    LOST = "no connection"


class Link(NamedTuple):
    """The state of the connection, and what there is to say about it."""

    state: LinkState
    detail: str = ""


class WallSource(Protocol):
    """Venues from somewhere. Only ``open`` and ``close`` may take a moment; all methods belong to one thread."""

    title: str
    """Where the venues come from, fit to be shown."""
    notes: tuple[str, ...]
    """What to know before believing what is shown."""
    nothing: str
    """What to say while no venue is known."""

    def open(self) -> None:
        """Begin. Raises ``MomentumError`` for what a person must put right first."""
        ...

    def poll(self) -> Sequence[Delivery]:
        """What arrived since the last call, in order; at once, and no more than can be taken at once."""
        ...

    @property
    def link(self) -> Link:
        """How the connection is."""
        ...

    @property
    def lost(self) -> tuple[str, ...]:
        """What was not taken, and why, in words."""
        ...

    def feed(self, venue: str) -> SessionFeed | None:
        """The venue's session itself, where it can be read here. Raises ``MomentumError`` where it should and can't."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class FromThread:
    """What sources share that read on a thread of their own, so that the wall never waits.

    Args:
        title: where the venues come from.
        link: how the connection is at first.
        clock: monotonic seconds.
    """

    notes: tuple[str, ...] = ()

    def __init__(self, title: str, link: Link, clock: Callable[[], float]) -> None:
        self.title = title
        self._link = link
        self._clock = clock
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._read_on, name=type(self).__name__, daemon=True)

    def open(self) -> None:
        """Begin to read."""
        self._thread.start()

    @property
    def link(self) -> Link:
        """How the connection is."""
        return self._link

    def close(self) -> None:
        """Ask the thread to end, and give it a second for that."""
        self._leaving.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _read_on(self) -> None:
        """On the thread: read until ``_leaving`` is set."""
        raise NotImplementedError
