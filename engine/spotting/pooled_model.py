"""A classifier of pooled windows, of one channel or of several fused at any depth."""

from functools import partial
from itertools import pairwise

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module

from engine.spotting.config import JOINED, LOGITS, POOLED, SpottingConfig
from engine.spotting.pooling import Pool, normalised, seeded_linear


class PooledModel(Module):
    """Features of every channel -> logits of background and of every class, for all windows of a segment.

    ``joined`` has one pool and one classifier, ``pooled`` a pool for each channel and one classifier, ``logits`` a pool
    and a classifier for each.
    """

    def __init__(self, config: SpottingConfig, seed: int = 0) -> None:
        super().__init__()
        self._config = config
        rng = np.random.default_rng(seed)
        outputs = len(config.labels) + 1
        widths = [channel.columns for channel in config.channels]
        self.projections = {
            channel.name: seeded_linear(channel.width, channel.project, rng)
            for channel in config.channels
            if channel.project
        }
        one_pool = config.fusion == JOINED
        self.pools = [Pool(config.pool, width, rng) for width in ([sum(widths)] if one_pool else widths)]
        pooled = [pool.width for pool in self.pools]
        heads = pooled if config.fusion == LOGITS else [sum(pooled)]
        self.heads = [seeded_linear(width, outputs, rng) for width in heads]

    def __call__(self, channels: list[mx.array], stride: int, key: mx.array | None = None) -> mx.array:
        """Rows of each channel, (batch, t, width) -> (batch, windows, 1 + classes); a ``key`` drops some of it out."""
        config = self._config
        rows = [
            self.projections[channel.name](given) if channel.project else given
            for channel, given in zip(config.channels, channels, strict=True)
        ]
        if len(rows) > 1 and config.pool.normalise:
            rows = [normalised(each) for each in rows]  # else the channel of larger numbers would speak alone
        if config.fusion == JOINED:
            rows = [mx.concatenate(rows, axis=-1)]
        window = (config.window.rows, config.window.ahead)
        keys = [None] * len(rows) if key is None or not config.dropout else list(mx.random.split(key, len(rows)))
        weights = [head.weight.T for head in self.heads]
        if config.fusion == POOLED:
            ends = np.cumsum([0, *(pool.width for pool in self.pools)]).tolist()
            weights = [weights[0][low:high] for low, high in pairwise(ends)]
        said = [
            pool.read(each, window, stride, weight, None if key is None else partial(_dropped, config.dropout, key))
            for pool, each, weight, key in zip(self.pools, rows, weights, keys, strict=True)
        ]
        total = sum(said[1:], start=said[0]) + sum((head.bias for head in self.heads[1:]), start=self.heads[0].bias)
        return total / len(self.heads)


def _dropped(share: float, key: mx.array, values: mx.array, shape: tuple[int, ...]) -> mx.array:
    return values * (mx.random.bernoulli(1.0 - share, shape, key) / (1.0 - share))
