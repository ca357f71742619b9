"""CALF: a network over chunks of two minutes that segments every row and names a few events, each with its time.

After Cioppa et al., "A Context-Aware Loss Function for Action Spotting in Soccer Videos" (2020). Its batch norm is over
the row of the chunk, so that each of the rows has statistics of its own.
"""

from math import ceil
from typing import Final

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module
from mlx.nn.layers.linear import Linear
from numpy.typing import NDArray

from engine.spotting.config import SpottingConfig
from engine.spotting.matrix_products import convolved, product
from engine.spotting.pooling import seeded_linear

Array = NDArray[np.float32]
_BASE: Final = (128, 32)
_PYRAMID: Final = ((7, 8), (3, 16), (2, 32), (1, 64))
"""The field divided by the first is a kernel's rows, the second its channels."""
_SPOTTING: Final = (32, 16)
_EPS: Final = 1e-3


class RowConvolution(Module):
    """A convolution over rows that keeps their number. ``weight`` (outputs, kernel, inputs), ``bias`` (outputs,)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, rng: np.random.Generator) -> None:
        super().__init__()
        drawn = rng.standard_normal((outputs, kernel, inputs)) / np.sqrt(kernel * inputs)
        self.weight = mx.array(drawn.astype(np.float32))
        self.bias = mx.zeros(outputs)

    def __call__(self, rows: mx.array) -> mx.array:
        kernel = self.weight.shape[1]
        before = (kernel - 1) // 2
        padded = mx.pad(rows, [(0, 0), (before, kernel - 1 - before), (0, 0)])
        return convolved(padded, self.weight) + self.bias


class RowNorm(Module):
    """Batch norm whose channels are the rows of a chunk; ``mean`` and ``variance`` (rows,) are kept, not learned."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.weight, self.bias = mx.ones(rows), mx.zeros(rows)
        self.mean, self.variance = mx.zeros(rows), mx.ones(rows)
        self.freeze(keys=["mean", "variance"])

    def __call__(self, values: mx.array, of_batch: bool) -> mx.array:
        """Values (batch, rows, capsules, classes), normed by the batch's own statistics or by those that are kept."""
        mean, variance = self.statistics(values) if of_batch else (self.mean, self.variance)
        scale = self.weight * mx.rsqrt(variance + _EPS)
        return values * scale[:, None, None] + (self.bias - mean * scale)[:, None, None]

    @staticmethod
    def statistics(values: mx.array) -> tuple[mx.array, mx.array]:
        """Mean and variance of every row over all the rest, each (rows,)."""
        return values.mean(axis=(0, 2, 3)), values.var(axis=(0, 2, 3))


class Calf(Module):
    """Chunks (batch, chunk, width) -> segmentation (batch, chunk, classes), high where the class is (low in the weights
    of its authors), and detections (batch, detections, 2 + classes): confidence, time in the chunk in [0, 1], share of
    each class."""

    def __init__(self, config: SpottingConfig, seed: int = 0) -> None:
        super().__init__()
        assert config.calf is not None
        self._sizes = sizes = config.calf
        rng = np.random.default_rng(seed)
        width, classes = sum(channel.width for channel in config.channels), len(config.labels)
        self._classes = classes
        self.base = [seeded_linear(width, _BASE[0], rng), seeded_linear(*_BASE, rng)]
        self.pyramid = [RowConvolution(_BASE[1], outputs, ceil(sizes.field / part), rng) for part, outputs in _PYRAMID]
        joined = _BASE[1] + sum(outputs for _, outputs in _PYRAMID)
        self.segmentation = RowConvolution(joined, sizes.capsules * classes, 3, rng)
        self.norm = RowNorm(sizes.chunk)
        inputs = ((sizes.capsules + 1) * classes, _SPOTTING[0])
        self.spotting = [RowConvolution(i, o, 3, rng) for i, o in zip(inputs, _SPOTTING, strict=True)]
        flat = _SPOTTING[1] * _thrice_pooled(sizes.chunk)
        self.moments: Linear = seeded_linear(flat, sizes.detections * 2, rng)
        self.classes: Linear = seeded_linear(flat, sizes.detections * classes, rng)

    def capsules(self, chunks: mx.array) -> mx.array:
        """What the segmentation is made of, before its norm: (batch, chunk, capsules * classes)."""
        rows = chunks
        for layer in self.base:
            rows = mx.maximum(product(rows, layer.weight.T) + layer.bias, 0)
        return self.segmentation(mx.concatenate([rows, *(mx.maximum(each(rows), 0) for each in self.pyramid)], -1))

    def __call__(self, chunks: mx.array, of_batch: bool = False) -> tuple[mx.array, mx.array]:
        sizes, batch = self._sizes, chunks.shape[0]
        capsules = self.capsules(chunks)
        parts = capsules.reshape(batch, sizes.chunk, sizes.capsules, self._classes)
        squares = mx.square(mx.sigmoid(self.norm(parts, of_batch)) - 0.5).sum(axis=2) * (4.0 / sizes.capsules)
        segments = mx.sqrt(mx.maximum(squares, 1e-12))
        rows = _halved(mx.maximum(mx.concatenate([capsules, 1.0 - segments], axis=-1), 0))
        for layer in self.spotting:
            rows = _halved(mx.maximum(layer(rows), 0))
        flat = rows.reshape(batch, -1)
        moments = mx.sigmoid(self.moments(flat)).reshape(batch, sizes.detections, 2)
        shares = mx.softmax(self.classes(flat).reshape(batch, sizes.detections, self._classes), axis=-1)
        return segments, mx.concatenate([moments, shares], axis=-1)


def _halved(rows: mx.array) -> mx.array:
    """The highest of three rows, every other row."""
    count = (rows.shape[1] - 3) // 2 + 1
    odd = rows[:, 1 : 2 * count : 2]
    return mx.maximum(mx.maximum(rows[:, : 2 * count : 2], odd), rows[:, 2 : 2 * count + 1 : 2])


def _thrice_pooled(rows: int) -> int:
    for _ in range(3):
        rows = (rows - 3) // 2 + 1
    return rows


def chunk_starts(rows: int, chunk: int, field: int) -> list[int]:
    """First rows of chunks that overlap by ``field``, the last one ending where the rows do."""
    starts = list(range(0, max(1, rows - chunk), chunk - field))
    if starts[-1] + chunk < rows:
        starts.append(rows - chunk)
    return starts


def dense_detections(detections: Array, starts: list[int], rows: int, chunk: int, field: int) -> Array:
    """Confidences at every row (rows, classes), 0 where nothing was detected.

    Of neighbouring chunks each says only what lies more than half of ``field`` from its ends, except at the ends of the
    half.
    """
    scores = np.zeros((rows, detections.shape[2] - 2), np.float32)
    margin = field // 2
    for number, (start, found) in enumerate(zip(starts, detections, strict=True)):
        low = 0 if number == 0 else margin
        high = chunk if number == len(starts) - 1 else chunk - margin
        places = np.floor(found[:, 1] * (chunk - 1)).astype(int)
        kinds = found[:, 2:].argmax(axis=1)
        for place, kind, confidence in zip(places.tolist(), kinds.tolist(), found[:, 0].tolist(), strict=True):
            if low <= place < high and start + place < rows:
                scores[start + place, kind] = max(scores[start + place, kind], confidence)
    return scores
