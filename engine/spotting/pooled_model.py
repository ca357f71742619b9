"""A classifier of pooled windows, of one channel or of several fused at any depth."""

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module

from engine.spotting.config import JOINED, LOGITS, POOLED, SpottingConfig
from engine.spotting.pooling import Pool, normalised, seeded_linear


class PooledModel(Module):
    """Features of every channel -> logits of background and of every class, for all windows of a strip.

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
        window = config.window
        pooled = [pool(each, window.rows, window.ahead, stride) for pool, each in zip(self.pools, rows, strict=True)]
        if key is not None and config.dropout:
            keys = mx.random.split(key, len(pooled))
            pooled = [_dropped(each, config.dropout, keys[n]) for n, each in enumerate(pooled)]
        if config.fusion == POOLED:
            pooled = [mx.concatenate(pooled, axis=-1)]
        logits = [head(each) for head, each in zip(self.heads, pooled, strict=True)]
        return sum(logits[1:], start=logits[0]) / len(logits)


def _dropped(values: mx.array, share: float, key: mx.array) -> mx.array:
    return values * mx.random.bernoulli(1.0 - share, values.shape, key) / (1.0 - share)
