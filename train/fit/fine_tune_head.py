"""The last stage: the head alone, on cached embeddings, where thousands of different histories cost little.

A batch of segments holds a few crowds, each many times over, and mixes them: good for the encoder, which learns little
of any one of them by heart, but a head fitted so is unsure of everything. Here every history of a batch is another one,
and nothing is mixed. The embeddings are those of the matches as they are and of copies of them in other colours, so
that the head does not forget what the encoder has learned to ignore.
"""

import zlib
from collections.abc import Mapping
from dataclasses import replace

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.model.network import MlxNetwork
from train.data.matches import TrainingMatch
from train.data.soft_targets import crowd_state, targets_of, with_teachers
from train.fit.loop.trainer import Parameters, Trainer
from train.fit.network.head_model import (
    Examples,
    HeadModel,
    copy_of_head,
    flat_parameters,
    history_rows,
    window_embeddings,
)
from train.fit.network.losses import focal
from train.fit.predict import load_parameters, predict
from train.fit.sampling.augmentation import change_sound
from train.fit.settings import FineTuneSettings
from train.fit.training_data import Fitting, TrainingData
from train.fit.validation import check_figures, scored

_STAGE = "sharpen"
"""What the stage is called in run folders; its randomness comes from this name."""


def fine_tune_head(fitting: Fitting, tuning: FineTuneSettings, network: MlxNetwork, data: TrainingData) -> None:
    """Fit the head of ``network`` further, in place; the best is what does best on the matches to validate on."""
    settings = fitting.settings
    histories = _Histories(fitting, tuning, network, data)

    def loss(model: HeadModel, batch: Examples, key: mx.array) -> mx.array:
        logits = model(mx.array(batch.inputs), key)
        return focal(logits, mx.array(batch.targets), mx.array(batch.weights), 0.0)

    def check(parameters: Parameters) -> Mapping[str, float]:
        load_parameters(network, parameters)
        return scored(check_figures(predict(network, data.val_matches)))

    model = HeadModel(copy_of_head(network), tuning.dropout)
    before = flat_parameters(model)
    best = Trainer(
        fitting.run.stage(_STAGE), model, tuning.schedule, settings.seed, histories.batch, loss, check,
        fitting.progress, items=tuning.histories,
    ).run()  # fmt: skip
    load_parameters(network, {name: before[name] + tuning.share * (best[name] - before[name]) for name in best})


class _Histories:
    """Draws batches of histories from the embeddings of all matches and of their copies in other colours."""

    def __init__(self, fitting: Fitting, tuning: FineTuneSettings, network: MlxNetwork, data: TrainingData) -> None:
        settings, matches = fitting.settings, data.train_matches
        self._size = tuning.histories
        self._embeddings = [
            [window_embeddings(network, _recoloured(match, copy, fitting, data)) for match in matches]
            for copy in range(tuning.copies + 1)
        ]
        self._rows = [history_rows(match.ends) for match in matches]
        cries = None if settings.cries is None else tuning.cries
        plain = targets_of(matches, fitting.true_share, settings.trained_share, cries)
        targets = with_teachers(plain, data.taught, tuning.taught)
        self._targets = [targets[match.id] for match in matches]
        kept = [np.flatnonzero(match.labels.weight > 0) for match in matches]
        loud = [np.intersect1d(k, _loud(match)) for k, match in zip(kept, matches, strict=True)]
        places = [np.array([(i, row) for i, some in enumerate(group) for row in some]) for group in (kept, loud)]
        self._places = [group for group in places if len(group)]

    def batch(self, rng: np.random.Generator) -> Examples:
        """As many from anywhere as from where something stands out that may be danger."""
        each = self._size // len(self._places)
        chosen = np.concatenate([group[rng.integers(len(group), size=each)] for group in self._places])
        copies = rng.integers(len(self._embeddings), size=len(chosen)).tolist()
        pairs = chosen.tolist()
        taken = [self._embeddings[c][i][self._rows[i][row]] for c, (i, row) in zip(copies, pairs, strict=True)]
        targets = np.array([self._targets[i][row] for i, row in pairs], np.float32)
        return Examples(np.stack(taken), targets, np.ones_like(targets))


def _recoloured(match: TrainingMatch, copy: int, fitting: Fitting, data: TrainingData) -> TrainingMatch:
    """The match in another colour; copy 0 is the match as it is."""
    if copy == 0:
        return match
    rng = np.random.default_rng([fitting.settings.seed, copy, zlib.crc32(match.id.encode())])
    frames = change_sound(match.read(0, match.frames), rng, fitting.settings.augmentation, data.overlay_sounds)
    return replace(match, read=lambda first, last: frames[first:last])


def _loud(match: TrainingMatch) -> NDArray[np.int64]:
    """The ends at which something stands out that may be danger."""
    return np.flatnonzero(
        crowd_state(match.sounds, match.end_times_s())[:, 0] > 0 if match.simulated else match.labels.truth
    )
