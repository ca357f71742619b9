"""``crowd``: what our own network makes of the crowd, its embedding and, where the weights tell some, its tags.

A row is the window of 10 s that ends with the row's half second, so it sees nothing that comes later. While less has
been heard it is what there is; before the first column, a second, it is zero.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from engine.audio.log_mel import LogMel
from engine.core import grid
from engine.core.ring import Ring
from engine.core.signals import AudioBlock
from engine.encoders.encoder import BLOCK_ROWS, Rows, Values
from engine.encoders.sound_windows import row_count, unbroken
from engine.model.front_end import FrontEnd
from engine.model.network import Network

_TOGETHER_S = 20.0
"""Sound that goes through the network at once; a few blocks of a decoder alone would be slow."""


class Crowd:
    """See the module; ``network`` with the checksum of its weights."""

    name = "crowd"
    title = "Crowd"
    sound_hz = grid.SAMPLE_RATE_HZ

    def __init__(self, network: Network, checksum: str) -> None:
        self._network = network
        self._tags = network.tags_config
        self.checksum = checksum
        self.width = network.encoder.embedding + (len(self._tags.names) if self._tags else 0)
        self.sees_s = (0.5 - grid.WINDOW_S, 0.5)

    def encode(self, sound: Iterable[AudioBlock], start_s: float, rate_hz: float, first: int) -> Iterator[Rows]:
        """See ``SoundEncoder.encode``: always from the beginning, since what a row sees is compared with all before."""
        columns = _Columns(self._network)
        row, heard = 0, 0
        gathered: list[Values] = []

        def ready(until: int) -> Iterator[Rows]:
            nonlocal row, gathered
            while row < until:
                count = min(BLOCK_ROWS - len(gathered), until - row)
                ends_s = (np.arange(row, row + count) + 1) / rate_hz - start_s
                gathered += list(self._values(columns, np.round(ends_s * self.sound_hz).astype(np.int64)))
                row += count
                if len(gathered) == BLOCK_ROWS:
                    if row > first:
                        yield Rows(row - BLOCK_ROWS, np.stack(gathered))
                    gathered = []
            columns.forget()

        for piece in _together(unbroken(sound, self.sound_hz), round(_TOGETHER_S * self.sound_hz)):
            heard += len(piece)
            columns.push(piece)
            yield from ready(int((heard / self.sound_hz + start_s) * rate_hz))
        yield from ready(row_count(start_s + heard / self.sound_hz, rate_hz))
        if gathered and row > first:
            yield Rows(row - len(gathered), np.stack(gathered))

    def _values(self, columns: "_Columns", samples: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Values:
        """Rows that end after so many samples of sound."""
        counts = [columns.within(int(heard)) for heard in samples]
        pooled = np.stack([columns.pooled(count) for count in counts])
        rows = np.zeros((len(counts), self.width), np.float32)
        embedding = self._network.encoder.embedding
        rows[:, :embedding] = self._network.embed(pooled)
        if self._tags:
            rows[:, embedding:] = self._tags.probabilities(self._network.tag_logits(pooled))
        rows[np.array(counts) == 0] = 0.0
        return rows


class _Columns:
    """The columns of the sound so far, of which those of a window are kept for each row still to come."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._encoder = network.encoder
        self._mel, self._front_end = LogMel(), FrontEnd(network.front_end)
        self._frames = Ring(0, (grid.MEL_BANDS, network.front_end.channels))
        self._columns = Ring(0, (self._encoder.column_width,))

    def push(self, samples: Values) -> None:
        encoder = self._encoder
        self._frames.append(self._front_end.push(self._mel.push(samples)))
        count = (self._frames.end - encoder.receptive_field) // encoder.time_stride + 1
        if count > self._columns.end:
            begin = self._columns.end * encoder.time_stride
            end = (count - 1) * encoder.time_stride + encoder.receptive_field
            self._columns.append(self._network.columns(self._frames.between(begin, end)))
            self._frames.drop_before(count * encoder.time_stride)

    def within(self, samples: int) -> int:
        """How many columns the first ``samples`` samples complete, of those there are."""
        frames = grid.frames_in(max(0, samples))
        count = (frames - self._encoder.receptive_field) // self._encoder.time_stride + 1
        return min(max(0, count), self._columns.end)

    def pooled(self, count: int) -> Values:
        """What the window that ends with column ``count`` is pooled to, of as many columns as there are."""
        spans = (min(length, count) for _, length in self._encoder.pooled_spans)
        if not count:
            return np.zeros(self._encoder.pooled_width, np.float32)
        return np.concatenate([self._columns.means(np.array([count - span]), span)[0] for span in spans])

    def forget(self) -> None:
        """All before the newest window, and a second of it."""
        self._columns.drop_before(self._columns.end - 2 * self._encoder.window_columns)


def _together(pieces: Iterable[Values], samples: int) -> Iterator[Values]:
    """Pieces joined until there are ``samples`` of them or more."""
    joined: list[Values] = []
    for piece in pieces:
        joined.append(piece)
        if sum(map(len, joined)) >= samples:
            yield np.concatenate(joined)
            joined = []
    if joined:
        yield np.concatenate(joined)
