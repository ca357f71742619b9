"""The network as the rest of the program sees it: numpy in, numpy out, in pieces that fit the cache."""

from collections.abc import Callable
from typing import Protocol

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine import grid
from engine.model.encoder import EncoderConfig, SpectrogramCNN
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig, PressureHead
from engine.model.products import inference_dense

Array = NDArray[np.float32]

_STRIP_FRAMES = 1024
_HISTORIES = 512


class Network(Protocol):
    """What a stream needs of an inference engine; every array is float32."""

    front_end: FrontEndConfig
    encoder: EncoderConfig

    def columns(self, frames: Array) -> Array:
        """Front-end frames (t, MEL_BANDS, channels) -> columns (k, column_width) with strides from the first frame."""
        ...

    def columns_of_strips(self, strips: Array) -> Array:
        """The same for strips of equal length at once: (n, t, MEL_BANDS, channels) -> (n, k, column_width)."""
        ...

    def embed(self, pooled: Array) -> Array:
        """What windows' columns are pooled to (n, pooled_width) -> embeddings (n, embedding)."""
        ...

    def logits(self, histories: Array) -> Array:
        """Embeddings (n, WINDOWS, embedding), oldest first -> logits (n, 2)."""
        ...


def in_pieces(columns: Callable[[Array], Array], strips: Array, encoder: EncoderConfig, frames: int) -> Array:
    """``columns`` of strips (n, t, ...), about ``frames`` frames at once: long strips cut, many short ones in turns."""
    stride, field = encoder.time_stride, encoder.receptive_field
    n, t = strips.shape[:2]
    count = (t - field) // stride + 1 if t >= field else 0
    out = np.empty((n, count, encoder.column_width), np.float32)
    piece, rows = max(1, frames // stride), max(1, frames // max(t, 1))
    for row in range(0, n, rows):
        for first in range(0, count, piece):
            last = min(first + piece, count)
            strip = strips[row : row + rows, first * stride : (last - 1) * stride + field]
            out[row : row + rows, first:last] = columns(strip)
    return out


class MlxNetwork:
    """SpectrogramCNN and PressureHead in MLX, for inference."""

    def __init__(self, front_end: FrontEndConfig, encoder: EncoderConfig, head: HeadConfig, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.front_end = front_end
        self.encoder = encoder
        self.head = head
        self.cnn = SpectrogramCNN(front_end.channels, encoder, rng)
        self.pressure = PressureHead(encoder.embedding, head, rng)
        self.cnn.use(inference_dense())
        self.pressure.use(inference_dense())

    def columns(self, frames: Array) -> Array:
        """See ``Network.columns``; long strips go piece by piece, which keeps memory flat."""
        columns: Array = self.columns_of_strips(frames[None])[0]
        return columns

    def columns_of_strips(self, strips: Array) -> Array:
        """See ``Network.columns_of_strips``."""
        return in_pieces(
            lambda strip: np.asarray(self.cnn.columns(mx.array(strip))), strips, self.encoder, _STRIP_FRAMES
        )

    def embed(self, pooled: Array) -> Array:
        """See ``Network.embed``."""
        return np.asarray(self.cnn.embed(mx.array(pooled)))

    def logits(self, histories: Array) -> Array:
        """See ``Network.logits``."""
        pieces = [
            np.asarray(self.pressure(mx.array(histories[first : first + _HISTORIES])))
            for first in range(0, len(histories), _HISTORIES)
        ]
        return np.concatenate(pieces) if pieces else np.zeros((0, 2), np.float32)

    def window_embeddings(self, windows: Array) -> Array:
        """Whole windows (n, WINDOW_FRAMES, MEL_BANDS, channels) -> embeddings, without sharing columns."""
        if windows.shape[1] != grid.WINDOW_FRAMES:
            raise ValueError(f"a window has {grid.WINDOW_FRAMES} frames, not {windows.shape[1]}")
        return np.asarray(self.cnn(mx.array(windows)))
