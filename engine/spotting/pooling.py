"""What windows of features are pooled to: maximum, mean, NetVLAD, NetRVLAD, NetFV; all windows of a segment at once.

Every row is assigned to clusters once, however many windows it lies in, and windows share their sums (``sliding``). A
segment as long as a window is the published networks' own computation. After Arandjelović et al. (NetVLAD, 2016), Miech
et al. (NetRVLAD, NetFV; LOUPE, 2017), Giancola & Ghanem (NetVLAD++, 2021). LOUPE normalises its assignments by the
batch's statistics, at test, too, so that a score depends on what else is scored; here a bias takes that place, as
LOUPE does without its batch norm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module
from mlx.nn.layers.linear import Linear

from engine.spotting.matrix_products import product
from engine.spotting.sliding_sums import by_stride, sliding_max, sliding_sum

WindowRows = tuple[int, int]
"""Rows of a window, and how many of them lie ahead of its moment."""
Drop = Callable[[mx.array, tuple[int, ...]], mx.array]
"""Leaves out some of an array, by a mask of the given shape."""
KINDS = ("max", "mean", "netvlad", "netrvlad", "netfv")
_LEAST_SQUARE = 1e-24
_LEAST_VARIANCE = 1e-6
_CANCELLED = 1e-6
"""Of the squares that are added up and taken off again: below this share the rest is rounding."""


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """How rows are pooled. ``apart``: what lies before the moment and what lies after it by a pool each, with half of
    the ``clusters``. ``normalise``: rows are brought to length 1 first. ``bias``: assignments have one.
    ``hidden``: outputs of a linear layer and a context gate behind each pool; 0 for neither.
    """

    kind: str = "netvlad"
    clusters: int = 64
    apart: bool = False
    normalise: bool = True
    bias: bool = False
    hidden: int = 0


def normalised(values: mx.array, axis: int = -1) -> mx.array:
    """``values`` brought to length 1 along ``axis``; what has none stays 0."""
    return values * mx.rsqrt(mx.maximum((values * values).sum(axis, keepdims=True), _LEAST_SQUARE))


class Extremes(Module):
    """Maximum or mean of the rows of each window."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __call__(self, rows: mx.array, window: int, stride: int) -> mx.array:
        """Rows (batch, t, d) -> (batch, windows, d), windows of ``window`` rows beginning ``stride`` rows apart."""
        blocks, per_window, apart = by_stride(rows, window, stride)
        if self._kind == "max":
            return sliding_max(blocks.max(axis=2), per_window)[:, ::apart]
        return sliding_sum(blocks.sum(axis=2), per_window)[:, ::apart] / window

    def read(self, rows: mx.array, window: int, stride: int, weight: mx.array) -> mx.array:
        """``self(rows, window, stride) @ weight``."""
        return product(self(rows, window, stride), weight)


class Clusters(Module):
    """NetVLAD, NetRVLAD or NetFV. Parameters: ``clusters`` (d, k) and where it has one ``bias`` (k,) assign rows;
    ``centres`` (k, d) are what NetVLAD and NetFV take off, ``spread`` (k, d) what NetFV divides by, squared."""

    def __init__(self, config: PoolConfig, width: int, clusters: int, rng: np.random.Generator) -> None:
        super().__init__()
        self._config = config

        def drawn(*shape: int, about: float = 0.0) -> mx.array:
            return mx.array((about + rng.standard_normal(shape) / sqrt(width)).astype(np.float32))

        self.clusters = drawn(width, clusters)
        if config.bias:
            self.bias = mx.zeros(clusters)
        if config.kind != "netrvlad":
            self.centres = drawn(clusters, width)
        if config.kind == "netfv":
            self.spread = drawn(clusters, width, about=1.0)

    def __call__(self, rows: mx.array, window: int, stride: int) -> mx.array:
        """Rows (batch, t, d) -> (batch, windows, k * d), or twice that for NetFV; of length 1."""
        if self._config.normalise:
            rows = normalised(rows)
        blocks, per_window, apart = by_stride(rows, window, stride)
        assigned = mx.softmax(product(blocks, self.clusters) + (self.bias if self._config.bias else 0.0), axis=-1)

        def summed(values: mx.array) -> mx.array:
            return sliding_sum(values, per_window)[:, ::apart]

        first = summed(product(assigned.swapaxes(2, 3), blocks))
        if self._config.kind == "netrvlad":
            return _flat(normalised(first))
        shares = summed(assigned.sum(axis=2))[..., None]
        residual = first - shares * self.centres
        if self._config.kind == "netvlad":
            return _flat(normalised(residual))
        variance = self.spread * self.spread + _LEAST_VARIANCE
        second = summed(product(assigned.swapaxes(2, 3), blocks * blocks))
        second = (second - 2.0 * first * self.centres + shares * self.centres**2) / variance**2 - shares
        return mx.concatenate([_flat(normalised(residual / variance)), _flat(second)], axis=-1)

    def read(self, rows: mx.array, window: int, stride: int, weight: mx.array) -> mx.array:
        """``self(rows, window, stride) @ weight``, ``weight`` (k * d, outputs), for NetVLAD and NetRVLAD without the
        pooled vectors, of which each has tens of thousands of numbers.

        A product with them is a sum over rows, which windows share; their lengths follow from the products of the rows
        of a window with each other, which do not depend on the cluster.
        """
        if self._config.kind == "netfv":  # its second moments are no sum over rows that could be read row by row
            return product(self(rows, window, stride), weight)
        if self._config.normalise:
            rows = normalised(rows)
        width, count = self.clusters.shape
        batch, outputs = rows.shape[0], weight.shape[1]
        blocks, per_window, apart = by_stride(rows, window, stride)
        rows = blocks.reshape(batch, -1, width)
        assigned = mx.softmax(product(rows, self.clusters) + (self.bias if self._config.bias else 0.0), axis=-1)
        by_block = assigned.reshape(*blocks.shape[:3], count)
        by_cluster = weight.reshape(count, width, outputs)

        def summed(values: mx.array) -> mx.array:
            return sliding_sum(values, per_window)[:, ::apart]

        if blocks.shape[2] == 1:
            said = product(rows, by_cluster.swapaxes(0, 1).reshape(width, -1)).reshape(batch, -1, count, outputs)
            read = summed(said * assigned[..., None])
        else:
            sums = product(by_block.swapaxes(2, 3), blocks).reshape(-1, count, width)
            read = summed(product(sums.swapaxes(0, 1), by_cluster).swapaxes(0, 1).reshape(batch, -1, count, outputs))
        squares = _lengths(rows, assigned, window, stride)
        least = squares
        if self._config.kind == "netvlad":
            shares = summed(by_block.sum(axis=2))
            along = summed((by_block * (product(blocks, self.centres.T))).sum(axis=2))
            own = shares * shares * mx.square(self.centres).sum(axis=1)
            least = squares + own
            squares = squares - 2.0 * shares * along + own
            read = read - shares[..., None] * (self.centres[:, None, :] @ by_cluster)[:, 0]
        squares = mx.maximum(squares, mx.maximum(least * _CANCELLED, _LEAST_SQUARE))
        inverse = mx.rsqrt(squares)
        whole = mx.rsqrt(mx.maximum((squares * inverse * inverse).sum(axis=-1, keepdims=True), _LEAST_SQUARE))
        return (read * inverse[..., None]).sum(axis=2) * whole


def _lengths(rows: mx.array, assigned: mx.array, window: int, stride: int) -> mx.array:
    """The squared length of every cluster's sum in every window: rows (batch, t, d), assigned (batch, t, k) -> (batch,
    windows, k)."""
    batch, total, width = rows.shape
    count = (total - window) // stride + 1
    clusters = assigned.shape[2]
    if total * total <= 2 * count * window * window:
        products = product(rows, rows.swapaxes(1, 2))
        strides = (total * total, stride * (total + 1), total, 1)
        near = mx.as_strided(products, (batch, count, window, window), strides)
    else:
        cut = mx.as_strided(rows, (batch, count, window, width), (total * width, stride * width, width, 1))
        near = product(cut, cut.swapaxes(2, 3))
    shape, strides = (batch, count, window, clusters), (total * clusters, stride * clusters, clusters, 1)
    mine = mx.as_strided(assigned, shape, strides)
    return (mine * product(near, mine)).sum(axis=2)


def _flat(pooled: mx.array) -> mx.array:
    """(batch, windows, k, d) -> (batch, windows, k * d), of length 1."""
    return normalised(pooled.reshape(*pooled.shape[:2], -1))


class Pool(Module):
    """One pool for whole windows, or two for what lies before and after the moment; what reads it is linear.

    With ``hidden`` a linear layer without bias stands behind it and a context gate: each output times how much the
    others let it through.
    """

    def __init__(self, config: PoolConfig, width: int, rng: np.random.Generator) -> None:
        super().__init__()
        self._config = config
        parts = 2 if config.apart else 1
        self.parts = [
            Extremes(config.kind) if config.kind in ("max", "mean") else Clusters(config, width, _share(config), rng)
            for _ in range(parts)
        ]
        self.width = self.inner = parts * width * pooled_times(config)
        if config.hidden:
            drawn = rng.standard_normal((self.inner, config.hidden)) / sqrt(self.inner)
            self.hidden = mx.array(drawn.astype(np.float32))
            self.gate = seeded_linear(config.hidden, config.hidden, rng)
            self.width = config.hidden

    def read(self, rows: mx.array, window: WindowRows, stride: int, weight: mx.array, drop: Drop | None) -> mx.array:
        """Rows (batch, t, d) and ``weight`` (width, outputs) -> (batch, windows, outputs).

        ``drop`` leaves out some of what is read: hidden outputs of every window for itself; without those the same
        pooled numbers of all windows, since pooled vectors are never written down.
        """
        if not self._config.hidden:
            return self._read(rows, window, stride, weight if drop is None else drop(weight, (weight.shape[0], 1)))
        hidden = self._read(rows, window, stride, self.hidden)
        hidden = hidden * mx.sigmoid(self.gate(hidden))
        return product(hidden if drop is None else drop(hidden, hidden.shape), weight)

    def _read(self, rows: mx.array, window: WindowRows, stride: int, weight: mx.array) -> mx.array:
        length, ahead = window
        spans = [(rows, length)]
        if self._config.apart:
            before = length - ahead
            spans = [(rows[:, : rows.shape[1] - ahead], before), (rows[:, before:], ahead)]
        each = weight.shape[0] // len(spans)
        said = [
            part.read(mine, count, stride, weight[n * each : (n + 1) * each])
            for n, (part, (mine, count)) in enumerate(zip(self.parts, spans, strict=True))
        ]
        return said[0] if len(said) == 1 else said[0] + said[1]


def seeded_linear(inputs: int, outputs: int, rng: np.random.Generator) -> Linear:
    """A linear layer drawn from ``rng``, its bias 0."""
    layer = Linear(inputs, outputs)
    layer.weight = mx.array((rng.standard_normal((outputs, inputs)) / sqrt(inputs)).astype(np.float32))
    layer.bias = mx.zeros(outputs)
    return layer


def pooled_times(config: PoolConfig) -> int:
    """How many times as wide as a row what one pool gives is."""
    if config.kind in ("max", "mean"):
        return 1
    return _share(config) * (2 if config.kind == "netfv" else 1)


def _share(config: PoolConfig) -> int:
    return config.clusters // 2 if config.apart else config.clusters
