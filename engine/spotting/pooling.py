"""What windows of features are pooled to: maximum, mean, NetVLAD, NetRVLAD, NetFV; all windows of a strip at once.

Every row is assigned to clusters once, however many windows it lies in, and windows share their sums (``sliding``). A
strip as long as a window is the published networks' own computation. After Arandjelović et al. (NetVLAD, 2016), Miech
et al. (NetRVLAD, NetFV; LOUPE, 2017), Giancola & Ghanem (NetVLAD++, 2021). LOUPE normalises its assignments by the
batch's statistics, at test, too, so that a score depends on what else is scored; here a bias takes that place, as
LOUPE does without its batch norm.
"""

from dataclasses import dataclass
from math import sqrt

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module
from mlx.nn.layers.linear import Linear

from engine.spotting.sliding import by_stride, sliding_max, sliding_sum

KINDS = ("max", "mean", "netvlad", "netrvlad", "netfv")
_LEAST_SQUARE = 1e-24
_LEAST_VARIANCE = 1e-6


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
        assigned = mx.softmax(blocks @ self.clusters + (self.bias if self._config.bias else 0.0), axis=-1)

        def summed(values: mx.array) -> mx.array:
            return sliding_sum(values, per_window)[:, ::apart]

        first = summed(assigned.swapaxes(2, 3) @ blocks)
        if self._config.kind == "netrvlad":
            return _flat(normalised(first))
        shares = summed(assigned.sum(axis=2))[..., None]
        residual = first - shares * self.centres
        if self._config.kind == "netvlad":
            return _flat(normalised(residual))
        variance = self.spread * self.spread + _LEAST_VARIANCE
        second = summed(assigned.swapaxes(2, 3) @ (blocks * blocks))
        second = (second - 2.0 * first * self.centres + shares * self.centres**2) / variance**2 - shares
        return mx.concatenate([_flat(normalised(residual / variance)), _flat(second)], axis=-1)


def _flat(pooled: mx.array) -> mx.array:
    """(batch, windows, k, d) -> (batch, windows, k * d), of length 1."""
    return normalised(pooled.reshape(*pooled.shape[:2], -1))


class Gated(Module):
    """A linear layer without bias and a context gate: each output times how much the others let it through."""

    def __init__(self, inputs: int, outputs: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.weight = mx.array((rng.standard_normal((inputs, outputs)) / sqrt(inputs)).astype(np.float32))
        self.gate = seeded_linear(outputs, outputs, rng)

    def __call__(self, pooled: mx.array) -> mx.array:
        hidden = pooled @ self.weight
        return hidden * mx.sigmoid(self.gate(hidden))


class Pool(Module):
    """One pool for whole windows, or two for what lies before and after the moment."""

    def __init__(self, config: PoolConfig, width: int, rng: np.random.Generator) -> None:
        super().__init__()
        self._config = config
        parts = 2 if config.apart else 1
        each = width * pooled_times(config)
        self.parts = [
            Extremes(config.kind) if config.kind in ("max", "mean") else Clusters(config, width, _share(config), rng)
            for _ in range(parts)
        ]
        self.width = self.inner = parts * each
        if config.hidden:
            self.gated = Gated(self.width, config.hidden, rng)
            self.width = config.hidden

    def __call__(self, rows: mx.array, window: int, ahead: int, stride: int) -> mx.array:
        """Rows (batch, t, d) -> (batch, windows, width); the moment lies ``ahead`` rows before a window's end."""
        if self._config.apart:
            before = window - ahead
            past = self.parts[0](rows[:, : rows.shape[1] - ahead], before, stride)
            pooled = mx.concatenate([past, self.parts[1](rows[:, before:], ahead, stride)], axis=-1)
        else:
            pooled = self.parts[0](rows, window, stride)
        return self.gated(pooled) if self._config.hidden else pooled


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
