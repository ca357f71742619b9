"""Frames to logits and tags for an unbroken stretch of sound, each column and each embedding computed once.

Every stage keeps what later frames still need and nothing else, so memory is flat. Columns are computed once for each
phase of the encoder's time stride that the readings ask for; a window's embedding is the mean of its cached columns,
a reading the head over the cached embeddings of its history. Tags are read of the newest window alone.
"""

from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.ring import Ring
from engine.model.batched_inference import Ask, Work, alone
from engine.model.front_end import FrontEnd
from engine.model.network import Array, Network


def next_multiple(value: int, step: int) -> int:
    return -(-value // step) * step


def multiples(start: int, stop: int, step: int) -> NDArray[np.int64]:
    """The multiples of ``step`` in [start, stop)."""
    return np.arange(next_multiple(start, step), stop, step, dtype=np.int64)


class Found(NamedTuple):
    """What frames gave: logits (k, 2) of the readings, and log-odds (j, tags) at those of them that have tags.

    ``tags`` has no columns where the network tells none.
    """

    logits: Array
    tags: Array


class Pipeline:
    """Frames to logits from one origin on: an unbroken stretch of sound.

    Args:
        network: the network.
        origin: index of the first frame that will come.
        step: frames between readings.
    """

    def __init__(self, network: Network, origin: int, step: int) -> None:
        encoder = network.encoder
        self._network = network
        self._front_end = FrontEnd(network.front_end)
        self._step = step
        self._stride = encoder.time_stride
        self._field = encoder.receptive_field
        self._window_columns = encoder.window_columns
        self.tag_step = step * max(1, round(grid.TAG_FRAMES / step))
        """Frames between readings with tags: a reading has some where it has an index and ends at a multiple."""
        self._tags = len(network.tags_config.names) if network.tags_config else 0
        self._origin = origin
        self._frames = Ring(origin, (grid.MEL_BANDS, network.front_end.channels))
        self._embedding_step = gcd(step, grid.WINDOW_HOP_FRAMES)
        self._next_window = origin + grid.WINDOW_FRAMES
        self._embeddings = Ring(-(-self._next_window // self._embedding_step), (encoder.embedding,))
        self._columns: dict[int, Ring] = {}

    @property
    def first_reading(self) -> int:
        """Frames counted at the first reading with a full history."""
        return next_multiple(self._origin + grid.HISTORY_FRAMES, self._step)

    def push(self, frames: Array) -> NDArray[np.float32]:
        """Take log-mel frames (n, MEL_BANDS) in dB; return the logits (k, 2) of the full histories they complete."""
        return alone(self.work(frames), self._network).logits

    def work(self, frames: Array) -> Work[Found]:
        """What ``push`` does, as work that asks the network; with the tags."""
        before = self._frames.end
        self._frames.append(self._front_end.push(frames))
        tags = yield from self._embed_windows()
        ends = multiples(max(before + 1, self.first_reading), self._frames.end + 1, self._step)
        if not len(ends):
            self._forget()
            return self.nothing()
        back = np.arange(grid.WINDOWS - 1, -1, -1) * grid.WINDOW_HOP_FRAMES
        positions = (ends[:, None] - back) // self._embedding_step
        logits = yield Ask("logits", self._embeddings.take(positions))
        self._forget()
        return Found(logits, tags)

    def nothing(self) -> Found:
        """What no readings give."""
        return Found(np.zeros((0, 2), np.float32), np.zeros((0, self._tags), np.float32))

    def _embed_windows(self) -> Work[Array]:
        """Embed the windows that have become whole; return the tags of those with a history that end at a multiple of
        ``tag_step``."""
        ends = multiples(self._next_window, self._frames.end + 1, self._embedding_step)
        if not len(ends):
            return self.nothing().tags
        starts = ends - grid.WINDOW_FRAMES
        encoder = self._network.encoder
        pooled = np.empty((len(ends), encoder.pooled_width), np.float32)
        phases = starts % self._stride
        for phase in sorted(set(phases.tolist())):
            chosen = phases == phase
            first = (starts[chosen] - phase) // self._stride
            columns = yield from self._columns_of(phase, int(first[0]), int(first[-1]) + self._window_columns)
            means = [columns.means(first + skipped, count) for skipped, count in encoder.pooled_spans]
            pooled[chosen] = np.concatenate(means, axis=1)
        embeddings = yield Ask("embed", pooled)
        self._embeddings.append(embeddings)
        self._next_window = int(ends[-1]) + 1
        read = (ends >= self.first_reading) & (ends % self.tag_step == 0)
        if not self._tags or not read.any():
            return np.zeros((int(read.sum()), self._tags), np.float32)
        tags = yield Ask("tag_logits", pooled[read])
        return tags

    def _columns_of(self, phase: int, first: int, needed: int) -> Work[Ring]:
        """The columns of one phase, from ``first`` at the latest up to ``needed``; those not yet there are computed.

        Column ``k`` of a phase begins at frame ``phase + k * stride``.
        """
        ring = self._columns.get(phase)
        if ring is None:
            ring = self._columns[phase] = Ring(first, (self._network.encoder.column_width,))
        if needed > ring.end:
            first_frame = phase + ring.end * self._stride
            last_frame = phase + (needed - 1) * self._stride + self._field
            columns = yield Ask("columns", self._frames.between(first_frame, last_frame))
            ring.append(columns)
        return ring

    def _forget(self) -> None:
        oldest_window = self._next_window - grid.WINDOW_FRAMES
        for phase, ring in self._columns.items():
            ring.drop_before((oldest_window - phase) // self._stride)
        self._frames.drop_before(oldest_window)
        self._embeddings.drop_before(
            (self._frames.end - grid.HISTORY_FRAMES + grid.WINDOW_FRAMES) // self._embedding_step
        )
