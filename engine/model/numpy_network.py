"""The network by numpy, for pieces of work that are small.

A live reading is hundreds of operations on a few thousand numbers each. MLX builds a graph of them, and on a processor
each costs it several microseconds, whatever its size; numpy does the same arithmetic on the same tensors in a fraction
of that, and nothing has to be waited for. What is long, whole recordings above all, is no slower in MLX.

Nothing is copied or kept: what has been fitted since is what is computed with.

``embed`` and ``logits`` take groups too, (groups, n, ...): a matrix product is done group by group, so each has the
bits that it would have by itself. In a larger product the same row can have others.
"""

from typing import Final

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.model.encoder import KERNEL, SpectrogramCNN
from engine.model.head import BiLSTM, PressureHead
from engine.model.tags import TagReadout

Array = NDArray[np.float32]

SMALL_FRAMES: Final = 256
"""Segments that are longer than this together go through MLX."""


def columns(cnn: SpectrogramCNN, segments: Array) -> Array:
    """As ``SpectrogramCNN.columns``: (n, t, MEL_BANDS, channels) -> (n, columns, column_width)."""
    first, *strides = cnn.config.strides
    stem = np.concatenate(_taps(segments, first), axis=-1)
    x = _relu6(_dense(stem, cnn.stem.weight, cnn.stem.bias))
    for block, stride in zip(cnn.blocks, strides, strict=True):
        taps, weights = _taps(x, stride), np.asarray(block.depthwise)
        total = taps[0] * weights[0]
        total += np.asarray(block.depthwise_bias)
        share = np.empty_like(total)
        for tap, weight in zip(taps[1:], weights[1:], strict=True):
            np.multiply(tap, weight, out=share)
            total += share
        x = _relu6(_dense(_relu6(total), block.pointwise, block.pointwise_bias))
    pooled: Array = x.mean(axis=2) if cnn.config.pool == "mean" else x.reshape(*x.shape[:2], -1)
    return pooled


def embed(cnn: SpectrogramCNN, pooled: Array) -> Array:
    """As ``SpectrogramCNN.embed``: (..., n, pooled_width) -> (..., n, embedding)."""
    return _relu6(_dense(pooled, cnn.projection, cnn.projection_bias))


def tag_logits(tags: TagReadout, pooled: Array) -> Array:
    """As ``TagReadout``: (n, pooled_width) -> (n, tags)."""
    return _dense(_relu6(_dense(pooled, tags.hidden, tags.hidden_bias)), tags.out, tags.out_bias)


def logits(head: PressureHead, histories: Array) -> Array:
    """As ``PressureHead``: (..., n, steps, inputs), oldest first -> (..., n, CLASSES)."""
    x = histories
    for layer in head.layers[:-1]:
        x = _both_ways(layer, x)
    if head.readout == "last":
        read = _newest(head.layers[-1], x)
    else:
        steps = _both_ways(head.layers[-1], x)
        if head.readout == "mean":
            read = steps.mean(axis=-2)
        else:
            score = steps @ np.asarray(head.attention)
            share = np.exp(score - score.max(axis=-2, keepdims=True))
            read = (share / share.sum(axis=-2, keepdims=True) * steps).sum(axis=-2)
    return _dense(_relu6(_dense(read, head.fc, head.fc_bias)), head.out, head.out_bias)


def _dense(x: Array, weight: mx.array, bias: mx.array) -> Array:
    product: Array = np.matmul(x, np.asarray(weight))
    product += np.asarray(bias)
    return product


def _relu6(x: Array) -> Array:
    """Limit to [0, 6], in place."""
    np.maximum(x, 0.0, out=x)
    np.minimum(x, 6.0, out=x)
    return x


def _taps(x: Array, stride: tuple[int, int]) -> list[Array]:
    """The nine shifted views of ``x`` (n, t, f, c) that a 3x3 kernel sees; zeros beyond the frequency edges only."""
    n, t, f, c = x.shape
    padded = np.zeros((n, t, f + 2, c), np.float32)
    padded[:, :, 1:-1] = x
    last, top = t - KERNEL + 1, f
    return [
        padded[:, dt : last + dt : stride[0], df : top + df : stride[1]] for dt in range(KERNEL) for df in range(KERNEL)
    ]


def _gates(layer: BiLSTM, x: Array) -> Array:
    """(..., n, steps, inputs) -> the input's share of the gates (steps, 2, ..., n, 4 * hidden)."""
    gates = _dense(x, layer.input, layer.bias)
    turned: Array = np.moveaxis(gates.reshape(*x.shape[:-1], 2, -1), (-3, -2), (0, 1))
    return turned


def _both_ways(layer: BiLSTM, x: Array) -> Array:
    """As ``BiLSTM``: (..., n, steps, inputs) -> (..., n, steps, 2 * hidden), forward direction first."""
    gates = _gates(layer, x)
    hidden = _run(np.stack([gates[:, 0], gates[::-1, 1]], axis=1), np.asarray(layer.recurrent))
    both = np.concatenate([hidden[:, 0], hidden[::-1, 1]], axis=-1)
    return np.moveaxis(both, 0, -2)


def _newest(layer: BiLSTM, x: Array) -> Array:
    """As ``BiLSTM.newest``: the last step alone, (..., n, 2 * hidden)."""
    gates, recurrent = _gates(layer, x), np.asarray(layer.recurrent)
    forward = _run(gates[:, :1], recurrent[:1])[-1, 0]
    backward = _run(gates[-1:, 1:], recurrent[1:])[0, 0]
    return np.concatenate([forward, backward], axis=-1)


def _run(gates: Array, recurrent: Array) -> Array:
    """The recurrence from a zero state: gates (steps, directions, ..., n, 4 * hidden) -> the same with hidden.

    sigmoid(x) is (1 + tanh(x / 2)) / 2, so that the four gates, once scaled, are one tanh.
    """
    width = recurrent.shape[1]
    scale, shift = np.full(4 * width, 0.5, np.float32), np.full(4 * width, 0.5, np.float32)
    scale[2 * width : 3 * width], shift[2 * width : 3 * width] = 1.0, 0.0
    gates, recurrent = gates * scale, recurrent * scale
    # A direction's weights for every group.
    recurrent = recurrent.reshape(len(recurrent), *[1] * (gates.ndim - 4), width, 4 * width)
    steps = len(gates)
    hidden = np.empty((*gates.shape[:-1], width), np.float32)
    cell = np.zeros((*gates.shape[1:-1], width), np.float32)
    for step in range(steps):
        total = gates[step]
        if step:
            total += np.matmul(hidden[step - 1], recurrent)
        np.tanh(total, out=total)
        total *= scale
        total += shift
        cell *= total[..., width : 2 * width]
        cell += total[..., :width] * total[..., 2 * width : 3 * width]
        np.multiply(total[..., 3 * width :], np.tanh(cell), out=hidden[step])
    return hidden
