"""A decoder that may keep whoever listens waiting, made one that never does."""

import queue
import threading
from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.audio.calls_with_deadline import give_up, take_no_signals
from engine.audio.decoders import Chunk, Decoder
from engine.core.errors import MomentumError

HEARTBEAT_S: Final = 0.2
_GOES_AFTER_S: Final = 0.5


class FetchedDecoder:
    """Runs ``decoder`` in a thread of its own; while nothing has come, an empty chunk is yielded every 0.2 s.

    A fault comes out of ``chunks`` after the sound before it. The thread that reads also closes, for nothing can be
    closed under a read that waits for the net; the end of the program does not wait for it.

    Args:
        decoder: what is read.
        ahead: how many chunks may wait; then the reading waits, and whoever sends must.
        heartbeat_s: how long to wait for sound before an empty chunk is yielded.
    """

    def __init__(self, decoder: Decoder, ahead: int, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._decoder = decoder
        self._heartbeat_s = heartbeat_s
        self._queue: queue.Queue[Chunk | None] = queue.Queue(ahead)
        self._closed = threading.Event()
        self._over = False
        self._fault: MomentumError | None = None
        self._thread: threading.Thread | None = None

    @property
    def duration_s(self) -> float | None:
        """The decoder's own."""
        return self._decoder.duration_s

    def chunks(self) -> Iterator[Chunk]:
        """Yield the sound from the beginning; may be iterated once."""
        if self._closed.is_set():
            return
        self._thread = threading.Thread(target=self._read, name="fetch", daemon=True)
        self._thread.start()
        nothing = Chunk(np.zeros(0, np.float32), 0, 0.0, 0)
        while not self._closed.is_set():
            try:
                chunk = self._queue.get(timeout=self._heartbeat_s)
            except queue.Empty:
                yield nothing
                continue
            if chunk is None:
                break
            yield chunk
        if self._closed.is_set():
            return
        if self._fault is not None:
            raise self._fault
        if not self._over:
            raise RuntimeError("the thread that reads has failed")

    def close(self) -> None:
        """End the iteration, and the reading as soon as it can; harmless when done twice."""
        self._closed.set()
        if self._thread is None:
            self._decoder.close()
        else:
            self._thread.join(_GOES_AFTER_S)
            give_up(self._thread)  # in case it has not gone

    def _read(self) -> None:
        take_no_signals()
        try:
            for chunk in self._decoder.chunks():
                if not self._put(chunk):
                    return
            self._over = True
        except MomentumError as fault:
            self._fault = fault
        finally:
            self._decoder.close()
            self._put(None)

    def _put(self, chunk: Chunk | None) -> bool:
        """Wait for a place; False where nobody listens any more."""
        while not self._closed.is_set():
            try:
                self._queue.put(chunk, timeout=self._heartbeat_s)
            except queue.Full:
                continue
            return True
        return False
