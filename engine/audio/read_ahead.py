"""A source read a little ahead, in a thread of its own."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition
from typing import Final

from engine.audio.source import Around, AudioSource
from engine.core.signals import AudioBlock

_AHEAD: Final = 2


def _as_it_is(block: AudioBlock) -> AudioBlock:
    return block


class ReadAhead(Around):
    """Decodes ``source`` beside whoever listens to it, at most ``ahead`` blocks before they are taken.

    For files that are heard as fast as the machine can: decoding takes about as long as everything after it. The blocks
    are the same and come in the same order; a fault comes out of ``blocks`` after the sound before it.

    Args:
        source: what is read.
        ahead: how many blocks may wait.
        prepare: done to a block that has been read before there is a place for it, so that whoever listens has less to
            do: work is shared by who has time for it.
    """

    def __init__(
        self, source: AudioSource, ahead: int = _AHEAD, prepare: Callable[[AudioBlock], AudioBlock] = _as_it_is
    ) -> None:
        super().__init__(source)
        self._ahead = ahead
        self._prepare = prepare
        self._changed = Condition()
        self._waiting: deque[AudioBlock] = deque()
        self._finished = False
        self._closed = False
        self._thread = ThreadPoolExecutor(1, "decoder")  # starts no thread before it has something to do
        self._reading: Future[None] | None = None

    def begin(self) -> None:
        """Begin to read before somebody listens; harmless when done twice, or after the end."""
        if self._reading is None and not self._closed:
            self._reading = self._thread.submit(self._read)

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the sound from the beginning; may be iterated once."""
        self.begin()
        if self._reading is None or self._closed:
            return
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._finished or self._closed)
                if not self._waiting:
                    break
                block = self._waiting.popleft()
                self._changed.notify_all()
            yield block
        if not self._closed:
            self._reading.result()

    def close(self) -> None:
        """End the reading and close the source; harmless when done twice."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        self._thread.shutdown()
        self._source.close()

    def _has_place(self) -> bool:
        return len(self._waiting) < self._ahead or self._closed

    def _read(self) -> None:
        try:
            for read in self._source.blocks():
                block = read if self._has_place() else self._prepare(read)
                with self._changed:
                    self._changed.wait_for(self._has_place)
                    if self._closed:
                        return
                    self._waiting.append(block)
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._finished = True
                self._changed.notify_all()
