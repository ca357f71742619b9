"""One stem of a source, as a source: later than the sound by a constant, its times those of the sound."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from engine.audio.source import Around, AudioSource
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock, Samples
from engine.separation.blocks import Blocks, Scheme
from engine.separation.u_net import STEMS, StemNetwork

SCHEME: Final = Scheme()
"""The one scheme of score, ingest and live: other blocks would give other bits."""
VOICE: Final = STEMS.index("voice")
CROWD: Final = STEMS.index("rest")


class StemOf(Around):
    """What ``source`` holds of one stem.

    A block holds as many samples as came in, those of ``scheme.delay`` earlier; what is still held comes before a gap
    and at the end. So the sound comes as evenly as it did, and how it was cut does not matter. Where sound was lost
    the networks begin anew.

    Args:
        source: what is heard.
        networks: what takes it apart.
        stem: ``VOICE`` or ``CROWD``.
        scheme: the blocks.
    """

    def __init__(self, source: AudioSource, networks: StemNetwork, stem: int, scheme: Scheme = SCHEME) -> None:
        super().__init__(source)
        self._networks = networks
        self._stem = stem
        self._scheme = scheme

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the stem from the beginning; may be iterated once."""
        stretch: _Stretch | None = None
        for block in self._source.blocks():
            if stretch is not None and block.start > stretch.end:
                yield stretch.rest()
                stretch = None
            if not len(block.samples):
                yield block  # a heartbeat
                continue
            if stretch is None:
                stretch = _Stretch(Blocks(self._networks, self._scheme), self._stem, self._scheme.delay, block.start)
            yield stretch.push(block)
        if stretch is not None:
            yield stretch.rest()

    def close(self) -> None:
        """Close the source."""
        self._source.close()


class _Stretch:
    """Sound without a gap, from the sample ``start`` of the source on."""

    def __init__(self, blocks: Blocks, stem: int, delay: int, start: int) -> None:
        self._blocks = blocks
        self._stem = stem
        self._delay = delay
        self._given = start
        self._waiting: list[Samples] = []
        self._newest: AudioBlock | None = None
        self.end = start

    def push(self, block: AudioBlock) -> AudioBlock:
        """Take the next block; return as much of the stem as is due."""
        self.end, self._newest = block.end, block
        self._waiting.append(self._blocks.push(block.samples)[self._stem])
        return self._give(max(0, self.end - self._delay - self._given))

    def rest(self) -> AudioBlock:
        """All that has not been given yet."""
        self._waiting.append(self._blocks.finish()[self._stem])
        return self._give(self.end - self._given)

    def _give(self, count: int) -> AudioBlock:
        assert self._newest is not None
        held = np.concatenate(self._waiting)
        samples, self._waiting = held[:count], [held[count:]]
        start, self._given = self._given, self._given + count
        heard_at = self._newest.captured_at
        if heard_at is not None:
            heard_at -= (self.end - self._given) / SAMPLE_RATE_HZ
        return replace(self._newest, samples=samples, start=start, captured_at=heard_at, frames=None)
