"""The two stages that fit the whole network: its columns on short crops, then all of it on segments."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import mlx.core as mx
import numpy as np
from mlx.utils import tree_unflatten

from engine.core import grid
from engine.model.network import MlxNetwork
from train.data.simulated import KINDS
from train.data.soft_targets import targets_of, with_teachers
from train.data.tagger_as_teacher import CLASSES
from train.fit.loop.trainer import Parameters, Schedule, Trainer
from train.fit.network.head_model import flat_parameters
from train.fit.network.losses import binary_cross_entropy, focal
from train.fit.network.segment_network import SegmentNetwork
from train.fit.predict import load_parameters, predict
from train.fit.sampling.crops import Crops, CropSampler
from train.fit.sampling.segments import Batch, SegmentSampler
from train.fit.settings import FitSettings
from train.fit.training_data import Fitting, TrainingData
from train.fit.validation import check_figures, scored

_FIRST: Final = 2**32 - 1
"""Names the draw of the batch that the weights start from."""
_CRY_SCALE: Final = 6.0
"""How much more a cry counts among what sounds than each kind by itself."""
_TAG_SCALE: Final = 5.0
"""Of some thirty kinds one or two sound at a time: the mean over all is small against the loss of the index."""


def new_network(settings: FitSettings) -> MlxNetwork:
    """A network that has learned nothing yet."""
    return MlxNetwork(settings.front_end, settings.encoder, settings.head, settings.seed)


def fit_network(fitting: Fitting, stage: str, data: TrainingData, schedule: Schedule) -> MlxNetwork:
    """A new network fitted to ``data``: its columns, then all of it.

    The best one by the matches to validate on, where ``data`` has any; the last one otherwise.
    """
    settings = fitting.settings
    model = SegmentNetwork(new_network(settings), len(KINDS) + 1, len(CLASSES), settings.dropout)
    if settings.columns:
        columns = replace(settings.columns, steps=min(settings.columns.steps, schedule.steps))
        _fit_columns(fitting, f"{stage}-columns", model, data, columns)
    return _fit_segments(fitting, stage, model, data, schedule)


def _fit_columns(fitting: Fitting, stage: str, model: SegmentNetwork, data: TrainingData, schedule: Schedule) -> None:
    """Fit the columns of ``model`` on short crops, in place."""
    settings = fitting.settings
    sampler = CropSampler(data, settings)
    first = sampler.batch(np.random.default_rng([settings.seed, _FIRST]))
    model.standardise(mx.array(first.frames))
    each = mx.array([1.0] * len(KINDS) + [_CRY_SCALE])

    def loss(model: SegmentNetwork, batch: Crops, key: mx.array) -> mx.array:
        noise_key, dropout_key = mx.random.split(key)
        noise = model.noise(len(batch.frames), settings.noise, noise_key)
        log_odds = model.read_crops(mx.array(batch.frames), noise, dropout_key)
        targets = settings.smoothing / 2 + (1 - settings.smoothing) * mx.array(batch.tags)
        return (binary_cross_entropy(log_odds, targets) * mx.array(batch.weights) * each).sum(axis=1).mean()

    best = Trainer(
        fitting.run.stage(stage), model, schedule, settings.seed, sampler.batch, loss, None, fitting.progress,
        items=settings.crops.stretches * settings.crops.crops,
    ).run()  # fmt: skip
    model.update(tree_unflatten(list(best.items())))


def _fit_segments(
    fitting: Fitting, stage: str, model: SegmentNetwork, data: TrainingData, schedule: Schedule
) -> MlxNetwork:
    """Fit all of ``model`` on segments, which hold whole histories; the network that is served then."""
    settings = fitting.settings
    targets = targets_of(data.train_matches, fitting.true_share, settings.trained_share, settings.cries)
    sampler = SegmentSampler(data, with_teachers(targets, data.taught, settings.taught), settings)
    first = mx.array(sampler.batch(np.random.default_rng([settings.seed, _FIRST])).segments)
    if not settings.columns:
        model.standardise(first)
    model.standardise_embedding(first)
    served = new_network(settings)
    load_parameters(served, flat_parameters(model))

    def loss(model: SegmentNetwork, batch: Batch, key: mx.array) -> mx.array:
        return _segment_loss(settings, model, batch, key)

    def check(parameters: Parameters) -> Mapping[str, float]:
        load_parameters(served, parameters)
        return scored(check_figures(predict(served, data.val_matches)))

    best = Trainer(
        fitting.run.stage(stage), model, schedule, settings.seed, sampler.batch, loss,
        check if data.val_matches else None, fitting.progress,
        items=settings.segments * (settings.histories + grid.WINDOWS - 1),
    ).run()  # fmt: skip
    load_parameters(served, best)
    return served


def _segment_loss(settings: FitSettings, model: SegmentNetwork, batch: Batch, key: mx.array) -> mx.array:
    """The head's loss, that of the index read straight from the newest window, and those of tags and tagger."""
    noise_key, dropout_key = mx.random.split(key)
    noise = model.noise(len(batch.segments), settings.noise, noise_key)
    out = model(mx.array(batch.segments), dropout_key, noise)
    targets, weights = mx.array(batch.targets), mx.array(batch.weights)
    total = focal(out.logits, targets, weights, settings.gamma)
    direct = mx.stack([mx.zeros_like(out.direct), out.direct], axis=-1)
    total = total + settings.direct * focal(direct, targets, weights, settings.gamma)
    if settings.tags and batch.tag_weights.any():
        known = mx.array(batch.tag_weights)[:, None, None]
        entropy = binary_cross_entropy(out.tags, mx.array(batch.tags)) * known
        total = total + settings.tags * _TAG_SCALE * entropy.mean() * (known.size / known.sum())
    if settings.taggers and batch.heard_weights.any():
        known = mx.array(batch.heard_weights)[:, None, None]
        entropy = binary_cross_entropy(out.heard, mx.array(batch.heard)) * known
        total = total + settings.taggers * _TAG_SCALE * entropy.mean() * (known.size / known.sum())
    return total
