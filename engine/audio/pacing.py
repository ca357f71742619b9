"""Sound that could come at once, at the pace of a clock."""

import math
import time
from collections.abc import Callable, Iterator

import numpy as np

from engine.audio.source import Around, AudioSource
from engine.core import grid
from engine.core.errors import UsageError
from engine.core.signals import AudioBlock

PIECE_S = 0.05
"""Wall time that a piece takes at most: what a reading waits for sound that came with its own."""
HEARTBEAT_S = 0.2
LATEST_S = 1.0
"""Someone this late (a suspended machine, a debugger) is not chased: the sound goes on from where it stood."""


def paced(
    blocks: Iterator[AudioBlock],
    speed: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    at_once_s: float = 0.0,
) -> Iterator[AudioBlock]:
    """Yield the sound of ``blocks`` when its last sample would have been heard at ``speed`` times real time.

    Blocks are cut so that none lasts longer than 0.05 s of wall time, and ``captured_at`` is when, by ``clock``, the
    piece was due. Where sound was lost (a jump of ``start``) the time passes too, with an empty block every 0.2 s.
    Blocks that begin within the first ``at_once_s`` seconds come at once and as they are, due at no moment; the clock
    begins after them. ``speed`` infinite hands all blocks through as they are. Raises ``UsageError`` unless ``speed``
    is above zero.
    """
    if not speed > 0:
        raise UsageError(f"A speed of {speed:g} gets nowhere.", "Give a number above 0, or max.")
    return blocks if math.isinf(speed) else _paced(blocks, speed, clock, sleep, round(at_once_s * grid.SAMPLE_RATE_HZ))


def _paced(
    blocks: Iterator[AudioBlock],
    speed: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    at_once_samples: int,
) -> Iterator[AudioBlock]:
    piece_samples = max(1, int(PIECE_S * speed * grid.SAMPLE_RATE_HZ))
    position, due = 0, clock()
    for block in blocks:
        if block.start < at_once_samples:
            yield block
            position, due = block.end, clock()
            continue
        for start in range(block.start, max(block.end, block.start + 1), piece_samples):
            end = min(start + piece_samples, block.end)
            due += max(0, end - position) / (speed * grid.SAMPLE_RATE_HZ)
            while (left_s := due - clock()) > 0:
                sleep(min(left_s, HEARTBEAT_S))
                if left_s > HEARTBEAT_S:
                    yield AudioBlock(np.zeros(0, np.float32), position, clock())
            if left_s < -LATEST_S:
                due = clock()
            yield AudioBlock(block.samples[start - block.start : end - block.start], start, due, block.overruns)
            position = end


class Paced(Around):
    """A source that would come at once, paced by a clock; everything else is as ``source`` says."""

    def __init__(
        self,
        source: AudioSource,
        speed: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        at_once_s: float = 0.0,
    ) -> None:
        super().__init__(source)
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._at_once_s = at_once_s

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the source's sound at its pace."""
        return paced(self._source.blocks(), self._speed, self._clock, self._sleep, self._at_once_s)

    def close(self) -> None:
        """Close the source."""
        self._source.close()
