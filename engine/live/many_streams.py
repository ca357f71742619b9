"""Many sources through one process: a stream each, and one network that they ask together."""

from collections.abc import Callable, Sequence
from time import perf_counter

from engine.core import grid
from engine.core.signals import AudioBlock, Reading
from engine.live.stream import PressureStream, stamped
from engine.model.batched_inference import together
from engine.model.calibration import Calibration
from engine.model.network import Network


class ManyStreams:
    """As many ``PressureStream``s as there are sources, side by side; each gives what it would give alone.

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
        self.streams = tuple(PressureStream(network, calibration, step) for _ in range(sources))

    def push(self, blocks: Sequence[AudioBlock | None]) -> list[list[Reading]]:
        """Take the next block of each source, None where nothing has come; return the readings of each, oldest first.

        Blocks may be of any length and need not be in step. ``compute_ms`` of a reading is its share of the whole.
        """
        began = self._clock()
        heard = [(i, block) for i, block in enumerate(blocks) if block is not None]
        works = [self.streams[i].work(block) for i, block in heard]
        found = together(works, self._network)
        compute_ms = (self._clock() - began) * 1e3 / max(1, sum(map(len, found)))
        readings: list[list[Reading]] = [[] for _ in self.streams]
        for (i, _), unstamped in zip(heard, found, strict=True):
            readings[i] = stamped(unstamped, compute_ms)
        return readings
