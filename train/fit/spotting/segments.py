"""Segments of windows for a step of training, their targets, and how well windows are classified."""

from collections.abc import Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.spotting.config import SpottingConfig
from engine.spotting.pooled_model import PooledModel
from engine.spotting.scores import padded_segment, window_logits
from train.fit.network.losses import binary_cross_entropy
from train.fit.spotting.games import Half
from train.fit.spotting.settings import BALANCED, SpottingSettings
from train.metrics.ranking import average_precision, exact_levels

Array = NDArray[np.float32]
_MOST_WEIGHT = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """A batch: ``channels`` (segments, rows, width) each; ``targets`` (segments, windows, 1 + classes), background
    first; ``counts`` (segments, windows) is 0 for a window whose moment lies outside of its half."""

    channels: tuple[Array, ...]
    targets: Array
    counts: Array


@dataclass(frozen=True, slots=True, eq=False)
class SegmentSampler:
    """Draws segments from halves, the longer the likelier, from anywhere in them."""

    halves: Sequence[Half]
    config: SpottingConfig
    settings: SpottingSettings

    @property
    def stride(self) -> int:
        """Rows between windows."""
        return max(1, round(self.settings.stride_s * self.config.window.rate_hz))

    def draw(self, rng: np.random.Generator) -> Segments:
        settings, window, stride = self.settings, self.config.window, self.stride
        lengths = np.array([half.rows for half in self.halves], dtype=np.float64)
        chosen = rng.choice(len(self.halves), settings.at_once, p=lengths / lengths.sum())
        span = (settings.segment_windows - 1) * stride
        channels: list[list[Array]] = [[] for _ in self.config.channels]
        targets, counts = [], []
        for half in (self.halves[n] for n in chosen.tolist()):
            # The segment may hang over the ends, or a half's first and last rows would be seen less than the rest.
            first = int(rng.integers(-min(span // 2, half.rows - 1), max(1, half.rows - span // 2)))
            moments = first + np.arange(settings.segment_windows) * stride
            begun, rows = first - (window.rows - window.ahead), span + window.rows
            for values, channel in zip(channels, half.channels, strict=True):
                values.append(padded_segment(channel[: half.rows], begun, rows))
            targets.append(targets_at(half, moments, self.config))
            counts.append(((moments >= 0) & (moments < half.rows)).astype(np.float32))
        return Segments(tuple(np.stack(each) for each in channels), np.stack(targets), np.stack(counts))


def targets_at(half: Half, moments: NDArray[np.int64], config: SpottingConfig) -> Array:
    """Whether an event of each class lies within reach of each moment: (moments, 1 + classes), background first."""
    targets = np.zeros((len(moments), 1 + len(config.labels)), np.float32)
    reach = config.window.reach
    for row, kind in half.events.tolist():
        targets[(row >= moments - reach) & (row < moments + reach), 1 + kind] = 1.0
    targets[:, 0] = 1.0 - targets[:, 1:].max(axis=1)
    return targets


def class_weights(halves: Sequence[Half], config: SpottingConfig, settings: SpottingSettings) -> Array:
    """What an event of each class counts (1 + classes,): 1, or the root of how much rarer it is than none."""
    weights = np.ones(1 + len(config.labels), np.float32)
    if settings.weights == BALANCED:
        rows = sum(half.rows for half in halves)
        kinds = np.concatenate([half.events[:, 1] for half in halves])
        share = np.bincount(kinds, minlength=len(config.labels)) * 2 * config.window.reach / rows
        weights[1:] = np.clip(np.sqrt((1 - share).clip(0) / share.clip(1e-6)), 1.0, _MOST_WEIGHT)
    return weights


def segment_loss(
    model: PooledModel, batch: Segments, key: mx.array, stride: int, gamma: float, weights: mx.array
) -> mx.array:
    """Cross-entropy of every class of every window, focal with ``gamma``; events times ``weights`` (1 + classes,)."""
    logits = model([mx.array(channel) for channel in batch.channels], stride, key)
    targets = mx.array(batch.targets)
    entropy = binary_cross_entropy(logits, targets) * (1.0 + targets * (weights - 1.0))
    if gamma:
        entropy = entropy * mx.abs(mx.sigmoid(logits) - targets) ** gamma
    counts = mx.array(batch.counts)[..., None]
    return (entropy * counts).sum() / mx.maximum(counts.sum() * logits.shape[-1], 1.0)


def classified(model: PooledModel, config: SpottingConfig, halves: Sequence[Half]) -> dict[str, float]:
    """Average precision of the classes of windows that tile the halves, and their mean, ``score``; classes that never
    happen are left out."""
    stride = config.window.rows
    logits, targets = [], []
    for half in halves:
        channels = [np.asarray(channel[: half.rows]) for channel in half.channels]
        parts = np.concatenate(window_logits(model, config, channels, stride))
        logits.append(parts)
        targets.append(targets_at(half, np.arange(len(parts)) * stride, config))
    scores, truth = np.concatenate(logits).astype(np.float64), np.concatenate(targets) > 0.5
    found = {
        label: average_precision(exact_levels(scores[:, 1 + n], truth[:, 1 + n]))
        for n, label in enumerate(config.labels)
        if truth[:, 1 + n].any()
    }
    return {"score": float(np.mean(list(found.values()))) if found else 0.0, **found}
