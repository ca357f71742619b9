"""The tag read-out: two layers on what each window is pooled to, fitted when the rest of the network stands.

The encoder has learned to tell what sounds in a column; the read-out says what is heard in the last two seconds, from
the same values that the embedding is made of. Half of a batch are recorded sounds, so that it is no ear for the
simulator's alone; every tag comes equally often, and the calibration undoes that.
"""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module
from numpy.typing import NDArray

from engine.core import grid
from engine.core.errors import InputError
from engine.model.network import MlxNetwork
from engine.model.tags import TAG_NAMES, TagReadout, TagsConfig
from train.data.matches import TrainingMatch
from train.data.tags import tags_at
from train.fit.calibration import fit_platt
from train.fit.loop.trainer import Trainer
from train.fit.network.head_model import Examples, first_window_end, flat_parameters, nested, pooled_windows
from train.fit.network.losses import binary_cross_entropy
from train.fit.sampling.augmentation import change_sound
from train.fit.settings import TagSettings
from train.fit.training_data import Fitting, TrainingData

_STAGE: Final = "tags"
_CERTAIN: Final = 0.5
"""From this share on a tag counts as heard where yes or no is asked for."""


class _Reader(Module):
    """The read-out with noise and dropout on what it reads."""

    def __init__(self, tags: TagReadout, mean: mx.array, deviation: mx.array, settings: TagSettings) -> None:
        super().__init__()
        self.tags = tags
        self._deviation = settings.spread * deviation
        self._mean = mean
        self._dropout = settings.dropout

    def __call__(self, pooled: mx.array, key: mx.array) -> mx.array:
        noise_key, dropout_key = mx.random.split(key)
        noisy = pooled + self._deviation * mx.random.normal(pooled.shape, key=noise_key)
        kept = mx.random.bernoulli(1.0 - self._dropout, pooled.shape, dropout_key)
        return self.tags(mx.where(kept, noisy, self._mean))


def fit_tags(fitting: Fitting, settings: TagSettings, network: MlxNetwork, data: TrainingData) -> MlxNetwork:
    """The same network with a read-out fitted to the simulated and recorded sounds of ``data``, not calibrated yet."""
    batches = _Batches(fitting, settings, network, data)
    with_tags = MlxNetwork(network.front_end, network.encoder, network.head, fitting.settings.seed, settings.config)
    with_tags.cnn.update(nested(flat_parameters(network.cnn)))
    with_tags.pressure.update(nested(flat_parameters(network.pressure)))
    assert with_tags.tags is not None
    mean, deviation = batches.scale()
    # In standard units at the start, whatever the columns' own.
    with_tags.tags.hidden = with_tags.tags.hidden / deviation[:, None]
    with_tags.tags.hidden_bias = -(mean @ with_tags.tags.hidden)

    def loss(model: _Reader, batch: Examples, key: mx.array) -> mx.array:
        weights = mx.array(batch.weights)
        entropy = binary_cross_entropy(model(mx.array(batch.inputs), key), mx.array(batch.targets))
        return (entropy * weights).sum(axis=1).mean()

    model = _Reader(with_tags.tags, mean, deviation, settings)
    best = Trainer(
        fitting.run.stage(_STAGE), model, settings.schedule, fitting.settings.seed, batches.batch, loss, None,
        fitting.progress, items=settings.windows,
    ).run()  # fmt: skip
    with_tags.tags.update(nested({n.removeprefix("tags."): v for n, v in best.items() if n.startswith("tags.")}))
    return with_tags


def calibrated_tags(network: MlxNetwork, matches: Sequence[TrainingMatch]) -> TagsConfig:
    """Platt's scaling of every tag on the sounds of ``matches``; a tag that is never heard there stays as it is."""
    assert network.tags is not None
    config = network.tags.config
    odds, heard, sure = zip(*(_told(network, match) for match in matches), strict=True)
    logits, truth, known = np.concatenate(odds), np.concatenate(heard), np.concatenate(sure)
    slopes, offsets = [], []
    for k in range(len(config.names)):
        here = (known[:, k] > 0) & ((truth[:, k] >= _CERTAIN) | (truth[:, k] == 0))
        try:
            found = fit_platt(logits[here, k].astype(np.float64), truth[here, k] >= _CERTAIN)
        except InputError:
            slopes.append(config.slopes[k])
            offsets.append(config.offsets[k])
            continue
        slopes.append(round(max(found.slope, 1e-3), 6))
        offsets.append(round(found.offset, 6))
    return replace(config, slopes=tuple(slopes), offsets=tuple(offsets))


def _told(
    network: MlxNetwork, match: TrainingMatch
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Log-odds, truth and its weights of all windows of a match: each (windows, tags)."""
    pooled = pooled_windows(network, match)
    return (np.asarray(network.tag_logits(pooled)), *tags_at(match.sounds, _end_times_s(len(pooled))))


def _end_times_s(windows: int) -> NDArray[np.float64]:
    return grid.end_time_s(first_window_end() + grid.WINDOW_HOP_FRAMES * np.arange(windows))


class _Batches:
    """Draws windows, half of them from recorded sounds where there are some."""

    def __init__(self, fitting: Fitting, settings: TagSettings, network: MlxNetwork, data: TrainingData) -> None:
        self._settings = settings
        known = [match for match in data.train_matches if match.simulated]
        groups = [[m for m in known if m.recorded], [m for m in known if not m.recorded]]
        self._groups = [self._read(fitting, network, data, group) for group in groups if group]

    def _read(
        self, fitting: Fitting, network: MlxNetwork, data: TrainingData, matches: Sequence[TrainingMatch]
    ) -> tuple[NDArray[np.float16], NDArray[np.float32], NDArray[np.float32], list[NDArray[np.int64]]]:
        pooled, heard, sure = [], [], []
        for match in matches:
            for copy in range(self._settings.copies + 1):
                rows = pooled_windows(network, _recoloured(match, copy, fitting, data))
                pooled.append(rows.astype(np.float16))
                tags, weights = tags_at(match.sounds, _end_times_s(len(rows)))
                heard.append(tags)
                sure.append(weights)
        tags = np.concatenate(heard)
        return np.concatenate(pooled), tags, np.concatenate(sure), _places(tags)

    def scale(self) -> tuple[mx.array, mx.array]:
        """Mean and deviation of what windows are pooled to."""
        some = np.concatenate([group[0][:: max(1, len(group[0]) // 4000)] for group in self._groups]).astype(np.float32)
        return mx.array(some.mean(axis=0)), mx.array(some.std(axis=0) + 1e-3)

    def batch(self, rng: np.random.Generator) -> Examples:
        parts = []
        size = self._settings.windows // len(self._groups)
        for pooled, heard, sure, places in self._groups:
            anywhere = round(self._settings.anywhere * size)
            rows = [rng.integers(len(pooled), size=anywhere)]
            drawn = rng.integers(len(places), size=size - anywhere)
            rows.append(np.array([places[k][int(rng.integers(len(places[k])))] for k in drawn.tolist()], np.int64))
            chosen = np.concatenate(rows)
            parts.append(Examples(pooled[chosen].astype(np.float32), heard[chosen], sure[chosen]))
        return Examples.joined(parts)


def _places(tags: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """Rows in which each tag is heard, of those that ever are."""
    return [rows for k in range(len(TAG_NAMES)) if len(rows := np.flatnonzero(tags[:, k] >= _CERTAIN))]


def _recoloured(match: TrainingMatch, copy: int, fitting: Fitting, data: TrainingData) -> TrainingMatch:
    if copy == 0:
        return match
    rng = np.random.default_rng([fitting.settings.seed, copy, zlib.crc32(f"tags {match.id}".encode())])
    frames = change_sound(match.read(0, match.frames), rng, fitting.settings.augmentation, data.overlay_sounds)
    return replace(match, read=lambda first, last: frames[first:last])
