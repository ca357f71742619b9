"""A live source under watch: one long source made of as many openings of the device as it takes."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import inf
from time import monotonic
from typing import Final, Protocol

import numpy as np

from engine.audio.calls_with_deadline import Background, stuck
from engine.audio.source import AudioSource, Live
from engine.audio.watchdog import Watchdog
from engine.core.errors import DeviceError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock

HEARTBEAT_S: Final = 0.1
_NOTHING: Final = np.zeros(0, np.float32)


class Over(DeviceError):
    """What was listened to has come to its end: there is nothing to be opened again."""


class Task(Protocol):
    """Work that goes on beside: opening a device may take long, or for ever."""

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        ...

    def result(self) -> AudioSource | DeviceError:
        """What came of it, once it is done. Raises ``StuckError``."""
        ...


class WatchedSource(Live):
    """The device that ``reopen`` opens, again and again, as the watchdog says that it is due.

    Between two openings ``start`` jumps by the time that passed on the monotonic clock (at least one sample), so what
    was heard before and after is never glued together and seconds of sound stay seconds.

    A device that neither closes nor opens within ``patience_s`` ends it with ``StuckError``.

    Args:
        source: the device, open.
        reopen: opens the same device anew, by its name. Raises ``DeviceError``, and ``Over`` where no more will come.
        watchdog: the monitor's.
        clock: monotonic seconds, the one of ``captured_at``.
        wait: waits for so many seconds.
        background: starts work beside.
        patience_s: how long a change of device may take; an address has time limits of its own.
    """

    def __init__(
        self,
        source: AudioSource,
        reopen: Callable[[], AudioSource],
        watchdog: Watchdog,
        clock: Callable[[], float] = monotonic,
        wait: Callable[[float], object] | None = None,
        background: Callable[[Callable[[], AudioSource | DeviceError]], Task] = Background,
        patience_s: float = inf,
    ) -> None:
        self._source: AudioSource | None = source
        self._reopen = reopen
        self._watchdog = watchdog
        self._clock = clock
        self._closed = threading.Event()
        self._wait = wait or self._closed.wait
        self._background = background
        self._patience_s = patience_s
        self._name = source.name
        self._end = 0
        self._ended_at_s: float | None = None
        self._overruns = self._overloads = 0

    @property
    def name(self) -> str:
        """The device that was opened last."""
        return self._name

    def close(self) -> None:
        """Give the device back."""
        self._closed.set()
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the sound of all openings, and a heartbeat every tenth of a second in between, until it is ``Over``.

        Whoever iterates tells the watchdog what came, and ends it when the watchdog has given up.
        """
        self._watchdog.opened(self._clock(), self._name)
        while not self._closed.is_set():
            if self._source is not None:
                yield from self._hear(self._source)
            yield from self._open_again()

    def _hear(self, source: AudioSource) -> Iterator[AudioBlock]:
        """One opening, until it fails or the watchdog wants another."""
        base: int | None = None
        overruns = overloads = 0
        try:
            for block in source.blocks():
                now_s = self._clock()
                if len(block.samples):
                    if base is None:
                        base = self._base(block, now_s)
                    heard_at_s = now_s if block.captured_at is None else block.captured_at
                    overruns, overloads = block.overruns, block.overloads
                    self._end = base + block.end
                    self._ended_at_s = heard_at_s
                    yield replace(
                        block,
                        start=base + block.start,
                        overruns=self._overruns + overruns,
                        overloads=self._overloads + overloads,
                    )
                else:
                    yield self._heartbeat()
                if source.name != self._name:
                    self._name = source.name
                    self._watchdog.opened(now_s, self._name)
                if self._watchdog.reopen_due(self._clock()):
                    return
            self._watchdog.failed(self._clock(), f"{self._name!r} has stopped")
        except DeviceError as fault:
            self._watchdog.failed(self._clock(), fault.message)
        finally:
            self._overruns += overruns
            self._overloads += overloads

    def _open_again(self) -> Iterator[AudioBlock]:
        """Heartbeats until the device is open again; a failed try is followed by the next."""
        while not self._closed.is_set():
            old, self._source = self._source, None
            task = self._background(partial(self._exchange, old))
            began_s = self._clock()
            while not task.done:
                if self._clock() - began_s >= self._patience_s:
                    raise stuck(self._name, "closing and opening", self._patience_s)
                yield self._pass_time()
            opened = task.result()
            if not isinstance(opened, DeviceError):
                self._source = opened
                self._name = opened.name
                self._watchdog.opened(self._clock(), self._name)
                return
            if isinstance(opened, Over):
                self._closed.set()
                return
            self._watchdog.failed(self._clock(), opened.message)
            while not self._watchdog.reopen_due(self._clock()):
                yield self._pass_time()

    def _exchange(self, old: AudioSource | None) -> AudioSource | DeviceError:
        """Runs beside: both closing and opening may hang with a sound system that does."""
        try:
            if old is not None:
                old.close()
            new = self._reopen()
        except DeviceError as fault:
            return fault
        if self._closed.is_set():
            new.close()
        return new

    def _pass_time(self) -> AudioBlock:
        self._wait(HEARTBEAT_S)
        return self._heartbeat()

    def _heartbeat(self) -> AudioBlock:
        return AudioBlock(_NOTHING, self._end)

    def _base(self, block: AudioBlock, now_s: float) -> int:
        """Where the first sample of this opening lies in the whole."""
        if self._ended_at_s is None:
            return 0
        ended_s = now_s if block.captured_at is None else block.captured_at
        began_s = ended_s - len(block.samples) / SAMPLE_RATE_HZ
        missed = round((began_s - self._ended_at_s) * SAMPLE_RATE_HZ)
        return self._end + max(1, missed) - block.start
