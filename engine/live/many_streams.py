"""Many sources through one process: a stream each, and one network that they ask together."""

import threading
from collections.abc import Callable, Sequence
from time import perf_counter

from engine.core import grid
from engine.core.signals import AudioBlock, Reading
from engine.live.stream import PressureStream, stamped
from engine.model.batched_inference import joined_safely, together
from engine.model.calibration import Calibration
from engine.model.network import Network


class ManyStreams:
    """As many ``PressureStream``s as there are sources, side by side; each gives what it would give alone, to the bit.

    What a source costs falls as sources are added, because the network computes for all of them at once.

    Args:
        network: the network.
        calibration: what makes a probability of its logits.
        sources: how many.
        step: frames between readings.
    """

    def __init__(
        self,
        network: Network,
        calibration: Calibration,
        sources: int,
        step: int = grid.READING_FRAMES,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._network = network
        self._clock = clock
        self._joined = joined_safely(network, sources)
        self.streams = tuple(PressureStream(network, calibration, step) for _ in range(sources))

    def push(self, blocks: Sequence[AudioBlock | None]) -> list[list[Reading]]:
        """Take the next block of each source, None where nothing has come; return the readings of each, oldest first.

        Blocks may be of any length and need not be in step. ``compute_ms`` of a reading is its share of the whole.
        """
        readings: list[list[Reading]] = []
        for found in self.push_each(blocks):
            if isinstance(found, Exception):
                raise found
            readings.append(found)
        return readings

    def push_each(self, blocks: Sequence[AudioBlock | None]) -> list[list[Reading] | Exception]:
        """As ``push``; a source whose sound can't be worked on has its fault instead, and the others their readings."""
        began = self._clock()
        heard = [(i, block) for i, block in enumerate(blocks) if block is not None]
        works = [self.streams[i].work(block) for i, block in heard]
        found = together(works, self._network, self._joined)
        count = sum(len(mine) for mine in found if not isinstance(mine, Exception))
        compute_ms = (self._clock() - began) * 1e3 / max(1, count)
        results: list[list[Reading] | Exception] = [[] for _ in self.streams]
        for (i, _), mine in zip(heard, found, strict=True):
            results[i] = mine if isinstance(mine, Exception) else stamped(mine, compute_ms)
        return results


class SharedStreams:
    """Many streams for as many threads: what comes while the network computes is computed next, all at once.

    Whoever finds the network idle computes for everybody who has asked; the others wait for that.
    """

    def __init__(self, many: ManyStreams) -> None:
        self._many = many
        self._turn = threading.Condition()
        self._asked: dict[int, AudioBlock] = {}
        self._found: dict[int, list[Reading] | Exception] = {}
        self._computing = False

    def stream(self, number: int) -> "OneOfMany":
        """The stream of one source, for one thread."""
        return OneOfMany(self, number, self._many.streams[number])

    def push(self, number: int, block: AudioBlock) -> list[Reading]:
        """The readings that ``block`` of a source completes; raises what its own work raises."""
        with self._turn:
            self._asked[number] = block
            while self._computing and number not in self._found:
                self._turn.wait()
            if number not in self._found:
                asked, self._asked, self._computing = self._asked, {}, True
                self._turn.release()
                try:
                    found = self._many.push_each([asked.get(i) for i in range(len(self._many.streams))])
                finally:
                    self._turn.acquire()
                    self._computing = False
                    self._turn.notify_all()
                self._found.update((i, found[i]) for i in asked)
            mine = self._found.pop(number)
        if isinstance(mine, Exception):
            raise mine
        return mine


class OneOfMany:
    """A stream of ``SharedStreams``, to be pushed as a ``PressureStream`` is."""

    def __init__(self, shared: SharedStreams, number: int, stream: PressureStream) -> None:
        self._shared = shared
        self._number = number
        self._stream = stream

    @property
    def heard(self) -> int:
        """Samples of the source up to the end of the newest block."""
        return self._stream.heard

    def push(self, block: AudioBlock) -> list[Reading]:
        """Take the next block; return the readings it completes, oldest first."""
        return self._shared.push(self._number, block)
