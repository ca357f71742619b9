"""A source that may keep whoever listens waiting, made one that never does."""

import queue
import threading
from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.audio.media import Decoded
from engine.audio.source import Around
from engine.errors import MomentumError
from engine.signals import AudioBlock

HEARTBEAT_S: Final = 0.2
_GOES_AFTER_S: Final = 0.5


class Fetched(Around):
    """Reads ``source`` in a thread of its own; while nothing has come, an empty block is yielded every 0.2 s.

    A fault comes out of ``blocks`` after the sound before it. The thread that reads also closes, for nothing can be
    closed under a read that waits for the net; the end of the program does not wait for it.

    Args:
        source: what is read.
        ahead: how many blocks may wait; then the reading waits, and whoever sends must.
        heartbeat_s: how long to wait for sound before an empty block is yielded.
    """

    def __init__(self, source: Decoded, ahead: int, heartbeat_s: float = HEARTBEAT_S) -> None:
        super().__init__(source)
        self._decoded = source
        self._heartbeat_s = heartbeat_s
        self._queue: queue.Queue[AudioBlock | None] = queue.Queue(ahead)
        self._closed = threading.Event()
        self._over = False
        self._fault: MomentumError | None = None
        self._thread: threading.Thread | None = None

    @property
    def repaired_samples(self) -> int:
        """The source's own."""
        return self._decoded.repaired_samples

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the sound from the beginning; may be iterated once."""
        if self._closed.is_set():
            return
        self._thread = threading.Thread(target=self._read, name="fetch", daemon=True)
        self._thread.start()
        end = 0
        while not self._closed.is_set():
            try:
                block = self._queue.get(timeout=self._heartbeat_s)
            except queue.Empty:
                yield AudioBlock(np.zeros(0, np.float32), end)
                continue
            if block is None:
                break
            end = block.end
            yield block
        if self._fault is not None and not self._closed.is_set():
            raise self._fault
        if not (self._over or self._closed.is_set()):
            raise RuntimeError(f"the thread that reads {self.name} has failed")

    def close(self) -> None:
        """End the iteration, and the reading as soon as it can; harmless when done twice."""
        self._closed.set()
        if self._thread is None:
            self._source.close()
        else:
            self._thread.join(_GOES_AFTER_S)

    def _read(self) -> None:
        try:
            for block in self._source.blocks():
                if not self._put(block):
                    return
            self._over = True
        except MomentumError as fault:
            self._fault = fault
        finally:
            self._source.close()
            self._put(None)

    def _put(self, block: AudioBlock | None) -> bool:
        """Wait for a place; False where nobody listens any more."""
        while not self._closed.is_set():
            try:
                self._queue.put(block, timeout=self._heartbeat_s)
            except queue.Full:
                continue
            return True
        return False
