"""SpectrogramCNN: a stem and three depthwise-separable blocks, ReLU6, pool, FC.

Depthwise-separable blocks with ReLU6 are MobileNet's (Howard et al., 2017; Sandler et al., 2018). There is no padding
in time, so a *column* (one step of the last feature map) is a pure function of the ``receptive_field`` frames below it,
and the embedding of a window is the mean of its columns, beside that of the newest of them, through one layer. Columns
can therefore be computed once and shared by all windows that contain them.
"""

from dataclasses import dataclass
from math import prod, sqrt
from typing import Final, Literal

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module

from engine.core import grid
from engine.model.matrix_products import Dense, mlx_dense, relu6

Pool = Literal["mean", "bands"]
KERNEL: Final = 3


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """Shape of the encoder; ``strides`` are (time, frequency) of the stem and of each block.

    ``band_bias``: the stem has a bias for each band, so that what follows knows where in the spectrum it is: a
    convolution alone can't tell a pattern at 700 Hz from the same one at 2500 Hz (Koutini et al., 2019).
    ``pool``: ``bands`` keeps the bands of the last feature map apart, ``mean`` takes their mean.
    ``recent_columns``: the newest columns of a window whose mean stands beside the mean of all; 0 for none.
    ``middle_columns``: the same for a span between the two, such as the last two seconds; 0 for none.
    """

    channels: tuple[int, ...] = (32, 64, 64, 64)
    strides: tuple[tuple[int, int], ...] = ((2, 2), (2, 2), (1, 2), (1, 1))
    embedding: int = 128
    band_bias: bool = True
    pool: Pool = "bands"
    recent_columns: int = 4
    middle_columns: int = 0

    @property
    def time_stride(self) -> int:
        """Frames between neighbouring columns."""
        return prod(time for time, _ in self.strides)

    @property
    def receptive_field(self) -> int:
        """Frames that a column is a function of."""
        steps, stride = 1, 1
        for time, _ in self.strides:
            steps += (KERNEL - 1) * stride
            stride *= time
        return steps

    @property
    def column_width(self) -> int:
        """Values of a column."""
        bands = grid.MEL_BANDS
        for _, stride in self.strides:
            bands = (bands - 1) // stride + 1
        return self.channels[-1] * (bands if self.pool == "bands" else 1)

    @property
    def pooled_spans(self) -> tuple[tuple[int, int], ...]:
        """(first, count) of the columns of a window whose means, side by side, it is pooled to: all, the middle span
        where there is one, and the newest."""
        whole = self.window_columns
        newest = [count for count in (self.middle_columns, self.recent_columns) if count]
        return ((0, whole), *((whole - count, count) for count in newest))

    @property
    def pooled_width(self) -> int:
        """Values of what a window's columns are pooled to."""
        return self.column_width * len(self.pooled_spans)

    @property
    def window_columns(self) -> int:
        """Columns of a window."""
        return (grid.WINDOW_FRAMES - self.receptive_field) // self.time_stride + 1


def kernel_views(x: mx.array, stride: tuple[int, int]) -> list[mx.array]:
    """The nine shifted views of ``x`` (n, t, f, c) that a 3x3 kernel sees; zeros beyond the frequency edges only."""
    padded = mx.pad(x, [(0, 0), (0, 0), (1, 1), (0, 0)])
    steps, bands = (x.shape[1] - KERNEL) // stride[0] + 1, (x.shape[2] - 1) // stride[1] + 1
    return [
        padded[:, dt : dt + (steps - 1) * stride[0] + 1 : stride[0], df : df + (bands - 1) * stride[1] + 1 : stride[1]]
        for dt in range(KERNEL)
        for df in range(KERNEL)
    ]


def he_uniform(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> mx.array:
    """He's uniform initialisation (2015); numpy's generator gives the same numbers on every platform."""
    bound = sqrt(6.0 / fan_in)
    return mx.array(rng.uniform(-bound, bound, shape).astype(np.float32))


class Stem(Module):
    """Full 3x3 convolution as one product over the nine taps."""

    def __init__(
        self, inputs: int, outputs: int, stride: tuple[int, int], band_bias: bool, rng: np.random.Generator
    ) -> None:
        super().__init__()
        self.weight = he_uniform(rng, (KERNEL * KERNEL * inputs, outputs), KERNEL * KERNEL * inputs)
        bands = (grid.MEL_BANDS - 1) // stride[1] + 1
        self.bias = mx.zeros((bands, outputs) if band_bias else (outputs,))
        self.inputs = inputs
        self._stride = stride

    def taps(self, x: mx.array) -> mx.array:
        """The nine taps of every output position side by side: what the weights multiply."""
        return mx.concatenate(kernel_views(x, self._stride), axis=-1)

    def __call__(self, x: mx.array, dense: Dense) -> mx.array:
        return relu6(dense(self.taps(x), self.weight, self.bias))


class SeparableBlock(Module):
    """Depthwise 3x3, then pointwise; the depthwise part as shift-and-add, several times faster than a grouped conv."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int], rng: np.random.Generator) -> None:
        super().__init__()
        self.depthwise = he_uniform(rng, (KERNEL * KERNEL, inputs), KERNEL * KERNEL)
        self.depthwise_bias = mx.zeros((inputs,))
        self.pointwise = he_uniform(rng, (inputs, outputs), inputs)
        self.pointwise_bias = mx.zeros((outputs,))
        self._stride = stride

    def __call__(self, x: mx.array, dense: Dense) -> mx.array:
        total = self.depthwise_bias
        for tap, weight in zip(kernel_views(x, self._stride), self.depthwise, strict=True):
            total = total + tap * weight
        return relu6(dense(relu6(total), self.pointwise, self.pointwise_bias))


class SpectrogramCNN(Module):
    """Frames in, columns and embeddings out.

    Args:
        inputs: channels of the front end.
        config: the shape.
        rng: source of the initial weights.
    """

    def __init__(self, inputs: int, config: EncoderConfig, rng: np.random.Generator) -> None:
        super().__init__()
        widths = config.channels
        self.stem = Stem(inputs, widths[0], config.strides[0], config.band_bias, rng)
        self.blocks = [
            SeparableBlock(before, after, stride, rng)
            for before, after, stride in zip(widths, widths[1:], config.strides[1:], strict=False)
        ]
        width = config.pooled_width
        self.projection = he_uniform(rng, (width, config.embedding), width)
        self.projection_bias = mx.zeros((config.embedding,))
        self.config = config
        self._dense: Dense = mlx_dense

    def use(self, dense: Dense) -> None:
        """Choose how products are computed."""
        self._dense = dense

    def columns(self, frames: mx.array) -> mx.array:
        """(n, t, MEL_BANDS, inputs), t at least ``receptive_field`` -> (n, columns, column_width).

        Column ``k`` is a function of the frames ``[k * time_stride, k * time_stride + receptive_field)`` alone.
        """
        x = self.stem(frames, self._dense)
        for block in self.blocks:
            x = block(x, self._dense)
        return self.pool(x)

    def pool(self, x: mx.array) -> mx.array:
        """The last feature map (n, columns, bands, channels) -> columns (n, columns, column_width)."""
        return x.mean(axis=2) if self.config.pool == "mean" else x.reshape(x.shape[0], x.shape[1], -1)

    def pooled(self, columns: mx.array) -> mx.array:
        """Columns of windows (n, window_columns, column_width) -> what is embedded of each (n, pooled_width)."""
        means = [columns[:, first : first + count].mean(axis=1) for first, count in self.config.pooled_spans]
        return mx.concatenate(means, axis=-1)

    def embed(self, pooled: mx.array) -> mx.array:
        """What windows' columns are pooled to (n, pooled_width) -> embeddings (n, embedding)."""
        return relu6(self._dense(pooled, self.projection, self.projection_bias))

    def __call__(self, windows: mx.array) -> mx.array:
        """Whole windows (n, WINDOW_FRAMES, MEL_BANDS, inputs) -> embeddings (n, embedding)."""
        return self.embed(self.pooled(self.columns(windows)))
