"""The network on segments: one pass over a stretch of frames yields every window and every history in it.

It works on the parameters of the engine's own network, so what is fitted here is what will be served; only dropout and
three linear reads exist here alone and are thrown away afterwards: tags from single columns (what sounds now), what a
tagger hears from what windows are pooled to, and the index straight from the newest window, which train the encoder
before the head can.
"""

from collections.abc import Callable
from typing import NamedTuple, cast

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module

from engine.core import grid
from engine.model.encoder import EncoderConfig, SeparableBlock
from engine.model.matrix_products import mlx_dense, relu6
from engine.model.network import MlxNetwork
from train.fit.network.depthwise import depthwise


def segment_frames(histories: int) -> int:
    """Frames that hold ``histories`` histories, each one window hop after the one before."""
    return grid.HISTORY_FRAMES + (histories - 1) * grid.WINDOW_HOP_FRAMES


class Outputs(NamedTuple):
    """What segments say: ``logits`` (n, histories, 2) of the head; ``direct`` log-odds (n, histories) read from each
    history's newest window alone; ``tags`` (n, columns, tags), log-odds of each kind of sound; ``heard`` (n, windows,
    classes), log-odds of what a tagger hears."""

    logits: mx.array
    direct: mx.array
    tags: mx.array
    heard: mx.array


class SegmentNetwork(Module):
    """Segments in, logits and tags out.

    Args:
        network: whose parameters are fitted.
        tags: how many kinds of sound the columns learn to tell.
        heard: how many of a tagger's classes the windows learn to tell.
        dropout: share of embeddings' and of the readout's values dropped in training.
    """

    def __init__(self, network: MlxNetwork, tags: int, heard: int, dropout: float) -> None:
        super().__init__()
        network.cnn.use(mlx_dense)
        network.pressure.use(mlx_dense)
        self.cnn = network.cnn
        self.pressure = network.pressure
        width = network.encoder.column_width
        self.tags = {"weight": mx.zeros((width, tags)), "bias": mx.full((tags,), -3.0)}
        self.heard = {"weight": mx.zeros((network.encoder.pooled_width, heard)), "bias": mx.full((heard,), -3.0)}
        self.direct = {"weight": mx.zeros((network.encoder.embedding,)), "bias": mx.zeros(())}
        self._encoder: EncoderConfig = network.encoder
        self._dropout = dropout

    def columns(self, frames: mx.array, noise: mx.array | None = None) -> mx.array:
        """The same as ``SpectrogramCNN.columns``, with the hand-written gradient; ``noise`` is added to what the stem
        sees."""
        x = self.cnn.stem(frames if noise is None else frames + noise, mlx_dense)
        for block, stride in zip(self.cnn.blocks, self._encoder.strides[1:], strict=True):
            x = _separable(block, stride, x)
        return self.cnn.pool(x)

    def read_crops(self, crops: mx.array, noise: mx.array | None, key: mx.array) -> mx.array:
        """Log-odds (n, tags) of what sounds at the ends of short crops (n, t, MEL_BANDS, channels)."""
        pooled = self.columns(crops, noise).mean(axis=1)
        if self._dropout > 0:
            pooled = pooled * mx.random.bernoulli(1.0 - self._dropout, pooled.shape, key) / (1.0 - self._dropout)
        return pooled @ self.tags["weight"] + self.tags["bias"]

    def windows(self, columns: mx.array) -> mx.array:
        """Columns (n, k, channels) -> embeddings of the windows in them (n, w, embedding), a window hop apart."""
        return self.cnn.embed(self._pool(columns))

    def _pool(self, columns: mx.array) -> mx.array:
        """What the columns of each window are pooled to (n, w, pooled_width)."""
        hop, width = grid.WINDOW_HOP_FRAMES // self._encoder.time_stride, self._encoder.window_columns
        count = (columns.shape[1] - width) // hop + 1
        spans = self._encoder.pooled_spans
        means = [_means(columns[:, first:] if first else columns, hop, span, count) for first, span in spans]
        return means[0] if len(means) == 1 else mx.concatenate(means, axis=-1)

    def read(self, embeddings: mx.array, key: mx.array | None) -> mx.array:
        """Embeddings (n, w, embedding) -> logits of the histories in them (n, w - WINDOWS + 1, 2)."""
        if key is not None and self._dropout > 0:
            embeddings = _drop(embeddings, self._dropout, key)
        count = embeddings.shape[1] - grid.WINDOWS + 1
        histories = _histories(embeddings).reshape(-1, grid.WINDOWS, embeddings.shape[2])
        return self.pressure(histories).reshape(embeddings.shape[0], count, -1)

    def noise(self, count: int, deviation: float, key: mx.array) -> mx.array:
        """Noise on what the stem sees of ``count`` segments or crops, the same throughout each."""
        return deviation * mx.random.normal((count, 1, grid.MEL_BANDS, self.cnn.stem.inputs), key=key)

    def __call__(self, segments: mx.array, key: mx.array | None = None, noise: mx.array | None = None) -> "Outputs":
        """What segments (n, t, MEL_BANDS, channels) say. ``key`` is the randomness of dropout; None for none."""
        columns = self.columns(segments, noise)
        pooled = self._pool(columns)
        embeddings = self.cnn.embed(pooled)
        return Outputs(
            self.read(embeddings, key),
            embeddings[:, grid.WINDOWS - 1 :] @ self.direct["weight"] + self.direct["bias"],
            columns @ self.tags["weight"] + self.tags["bias"],
            pooled @ self.heard["weight"] + self.heard["bias"],
        )

    def standardise(self, frames: mx.array) -> None:
        """Scale and shift every convolution so that it gives mean 0 and variance 1 on ``frames``, (n, t, bands, ...).

        Data-dependent initialisation after Mishkin and Matas (2016), by channel: what batch normalisation would do at
        the start, already folded into weights and biases. Without it the embeddings of different sounds begin so
        alike that the head first learns to ignore them.
        """
        stem = self.cnn.stem
        stem.weight, bias = _unit(stem.taps(frames) @ stem.weight, stem.weight)
        stem.bias = mx.broadcast_to(bias, stem.bias.shape)
        x = stem(frames, mlx_dense)
        for block, stride in zip(self.cnn.blocks, self._encoder.strides[1:], strict=True):
            step = depthwise(stride)
            block.depthwise, block.depthwise_bias = _unit(step(x, block.depthwise), block.depthwise)
            spatial = relu6(step(x, block.depthwise) + block.depthwise_bias)
            block.pointwise, block.pointwise_bias = _unit(spatial @ block.pointwise, block.pointwise)
            x = relu6(mlx_dense(spatial, block.pointwise, block.pointwise_bias))
        mx.eval(self.cnn.parameters())

    def standardise_embedding(self, segments: mx.array) -> None:
        """The same for the embedding, on whole ``segments`` (n, t, MEL_BANDS, channels)."""
        pooled = self._pool(self.columns(segments))
        self.cnn.projection, self.cnn.projection_bias = _unit(pooled @ self.cnn.projection, self.cnn.projection)
        mx.eval(self.cnn.parameters())


def _means(columns: mx.array, hop: int, width: int, count: int) -> mx.array:
    """Means of ``count`` stretches of ``width`` columns, one beginning every ``hop``: (n, count, column_width)."""
    n, _, values = columns.shape
    # Sums of whole hops are shared by the stretches; what is over at the end of each is added to it.
    whole, over = divmod(width, hop)
    total = mx.zeros((n, count, values))
    if whole:
        chunks = columns[:, : (count - 1 + whole) * hop].reshape(n, count - 1 + whole, hop, values).sum(axis=2)
        total = sum((chunks[:, i : i + count] for i in range(1, whole)), start=chunks[:, :count])
    if over:
        rest = columns[:, whole * hop : (whole + count) * hop]
        missing = count * hop - rest.shape[1]
        rest = mx.pad(rest, [(0, 0), (0, missing), (0, 0)]) if missing else rest
        total = total + rest.reshape(n, count, hop, values)[:, :, :over].sum(axis=2)
    return total / width


def _looked_up(embeddings: mx.array) -> mx.array:
    """The histories in (n, w, embedding), one a window: (n, w - WINDOWS + 1, WINDOWS, embedding)."""
    count = embeddings.shape[1] - grid.WINDOWS + 1
    order = np.arange(count)[:, None] + np.arange(grid.WINDOWS)
    rows = embeddings[:, mx.array(order.reshape(-1))]
    return rows.reshape(embeddings.shape[0], count, grid.WINDOWS, embeddings.shape[2])


def _looked_up_vjp(embeddings: mx.array, gradient: mx.array, _: mx.array) -> mx.array:
    """What every history says of an embedding, oldest history first.

    MLX's own gradient of a look-up adds row by row, which on Metal adds floats in whatever order its threads come, and
    training would not give the same bits twice. These sums have one order, the one that the processor's has.
    """
    last = grid.WINDOWS - 1
    crops = [mx.pad(gradient[:, :, w], [(0, 0), (w, last - w), (0, 0)]) for w in range(last, -1, -1)]
    return sum(crops[1:], start=crops[0])


_step = mx.custom_function(_looked_up)
_step.vjp(_looked_up_vjp)
_histories = cast(Callable[[mx.array], mx.array], _step)


def _separable(block: SeparableBlock, stride: tuple[int, int], x: mx.array) -> mx.array:
    spatial = relu6(depthwise(stride)(x, block.depthwise) + block.depthwise_bias)
    return relu6(mlx_dense(spatial, block.pointwise, block.pointwise_bias))


def _unit(given: mx.array, weight: mx.array) -> tuple[mx.array, mx.array]:
    """Weight and bias that bring what ``weight`` ``given`` to mean 0 and variance 1 in each channel."""
    axes = tuple(range(given.ndim - 1))
    mean, deviation = given.mean(axis=axes), mx.sqrt(given.var(axis=axes) + 1e-6)
    return weight / deviation, -mean / deviation


def _drop(x: mx.array, share: float, key: mx.array) -> mx.array:
    """Drop the same values of an embedding in all its windows: what is left must do through the whole segment."""
    kept = mx.random.bernoulli(1.0 - share, (x.shape[0], 1, x.shape[2]), key)
    return x * kept / (1.0 - share)
