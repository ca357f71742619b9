"""The sessions that are recorded on this machine, as venues. A thread reads their stores; the wall never waits.

A venue is what is listened to, and not a session: when a recorder is started anew, its venue goes on.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

import numpy as np

from engine.core.errors import MomentumError
from engine.core.signals import Alarm, End, Event, HealthChange, Mark, Reading, Spike
from engine.session import SessionReader
from engine.session.folder import running_sessions
from engine.session.schema import HEALTH_CODES
from engine.session.state import KILLED
from tui.monitor.feed import FeedKind, SpikeLabel
from tui.monitor.stored_feed import StoredFeed
from tui.wall.delivery import Delivery
from tui.wall.recent_index import SPAN_S
from tui.wall.sources.source import FromThread, Link, LinkState

_LOOK_EVERY_S: Final = 0.1
_SEARCH_EVERY_S: Final = 1.0
_WAITING: Final = 50_000
_TAIL: Final = 6
"""Letters of a session's name that tell two of one device apart."""


class ReadOnlyFeed(StoredFeed):
    """A session that may be looked at from the wall; it is written to where it is listened to."""

    @property
    def writable(self) -> bool:
        return False

    def add_mark(self, mark: Mark) -> NoReturn:
        raise self._refusal()

    def label_spike(self, label: SpikeLabel) -> NoReturn:
        raise self._refusal()

    def unlabel_spike(self, label: SpikeLabel) -> NoReturn:
        raise self._refusal()

    def _refusal(self) -> MomentumError:
        return MomentumError("the wall only looks", f"'momentum watch {self.info.session}' takes marks and reviews")


class _Followed(NamedTuple):
    """A session that is read."""

    venue: str
    reader: SessionReader


class SessionsSource(FromThread):
    """The venues are what the running sessions under ``root`` listen to.

    Args:
        clock: monotonic seconds.
    """

    nothing: str = "nothing is being recorded here: 'momentum live' and 'record' do; 'momentum wall demo:12' shows how"

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic, title: str = "") -> None:
        super().__init__(title or "the sessions of this machine", Link(LinkState.UP), clock)
        self._root = root
        self._inbox: deque[Delivery] = deque(maxlen=_WAITING)
        self._followed: dict[str, _Followed] = {}
        self._unreadable: dict[str, str] = {}
        self._done: set[str] = set()
        self._folders: dict[str, Path] = {}
        self._searched_s = float("-inf")

    @property
    def lost(self) -> tuple[str, ...]:
        """Sessions that can't be read."""
        return tuple(list(self._unreadable.values())[:3])

    def poll(self) -> Sequence[Delivery]:
        return [self._inbox.popleft() for _ in range(len(self._inbox))]

    def feed(self, venue: str) -> ReadOnlyFeed:
        """The newest session of a venue, to look at."""
        reader = SessionReader.open(self._folders[venue])
        try:
            return ReadOnlyFeed(reader, FeedKind.WATCH)
        except MomentumError:
            reader.close()
            raise

    # On the thread that reads from here on.

    def _read_on(self) -> None:
        while not self._leaving.is_set():
            self.look()
            self._leaving.wait(_LOOK_EVERY_S)
        for followed in self._followed.values():
            followed.reader.close()

    def look(self) -> None:
        """Look once for new sessions and for what is new in those that are known."""
        try:
            if self._clock() - self._searched_s >= _SEARCH_EVERY_S:
                self._searched_s = self._clock()
                self._search()
            self._link = Link(LinkState.UP)
        except OSError as error:
            self._link = Link(LinkState.LOST, f"the folder of sessions can't be read: {error.strerror or error}")
        for name, followed in list(self._followed.items()):
            self._read(name, followed)

    def _search(self) -> None:
        for running in running_sessions(self._root):
            name = running.folder.name
            if name in self._followed or name in self._done:
                continue
            try:
                reader = SessionReader.open(running.folder)
                try:
                    self._follow(reader)
                except MomentumError:
                    reader.close()
                    raise
                self._unreadable.pop(name, None)
            except MomentumError as error:  # damaged, or only just begun: it is tried again
                self._unreadable[name] = error.message

    def _follow(self, reader: SessionReader) -> None:
        info = reader.info
        if info.start is None:
            return  # it holds nothing yet
        taken = {followed.venue for followed in self._followed.values()}
        source = info.source or info.name
        venue = source if source not in taken else f"{source} ({info.name[-_TAIL:]})"
        reader.skip_to_end()
        for event, late in _past(reader, info.heard_s):
            self._put(venue, info.name, event, late)
        self._folders[venue] = reader.folder
        self._followed[info.name] = _Followed(venue, reader)

    def _read(self, name: str, followed: _Followed) -> None:
        reader = followed.reader
        try:
            running = reader.running  # asked first: what a recorder wrote before its end is there when it is gone
            events = reader.poll()
        except MomentumError as error:
            events, running = [End(0.0, "failed", error.message)], False
        for event in events:
            self._put(followed.venue, name, event)
        if not running or any(isinstance(event, End) for event in events):
            if not any(isinstance(event, End) for event in events):
                self._put(followed.venue, name, End(0.0, KILLED, "its recorder is gone without a word"))
            reader.close()
            del self._followed[name]
            self._done.add(name)

    def _put(self, venue: str, session: str, event: Event, late: bool = False) -> None:
        self._inbox.append(Delivery(venue, session, event, self._clock(), late=late))


def _past(reader: SessionReader, heard_s: float) -> Iterator[tuple[Event, bool]]:
    """What a session that goes on has behind it, and whether it is told as something that is over."""
    info = reader.info
    if info.start is not None:
        yield info.start, False
    events = reader.events()
    over = {event.onset for event in events if isinstance(event, Spike)}
    for event in events:
        if isinstance(event, Mark | HealthChange) or (isinstance(event, Alarm) and event.onset not in over):
            yield event, False
        elif isinstance(event, Spike):
            yield event, True
    arrays = reader.readings(max(heard_s - SPAN_S, 0.0))
    for t, pressure, health in zip(arrays.t.tolist(), arrays.pressure.tolist(), arrays.health.tolist(), strict=True):
        number = None if np.isnan(pressure) else pressure
        yield Reading(t, number, -120.0, -120.0, HEALTH_CODES[health]), True
