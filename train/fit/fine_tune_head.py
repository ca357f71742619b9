"""The last stage: the head alone, on cached embeddings, where thousands of different histories cost little.

A batch of segments holds a few crowds, each many times over, and mixes them: good for the encoder, which learns little
of any one of them by heart, but a head taught so learns to be unsure. Here every history of a batch is another one, and
nothing is mixed. The embeddings are those of the matches as they are and of copies of them in other colours, so that
the head does not forget what the encoder has learned to ignore.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.model.network import MlxNetwork
from train.data.matches import TrainingMatch
from train.data.soft_targets import crowd_state
from train.fit.augmentation import Augmentation, Frames, change_sound
from train.fit.head_model import HeadModel, Histories, copy_of_head, flat_parameters, history_rows, window_embeddings
from train.fit.losses import focal
from train.fit.predict import load_parameters
from train.fit.run_folder import RunFolder
from train.fit.trainer import Parameters, Progress, Schedule, Trainer


@dataclass(frozen=True, slots=True)
class FineTuneSettings:
    """How. ``copies`` in other colours beside the matches as they are; half of the ``histories`` of a batch are drawn
    where a cry stands out (for matches whose sounds nobody knows: where danger is), the rest from anywhere.
    ``cries`` is as in ``FitSettings``, where that is not None: the encoder hears best what it is taught as a cry, the
    head says what a cry means. ``share``: how far the weights go from what they were to what they became (Wortsman et
    al., 2022)."""

    copies: int = 2
    histories: int = 128
    dropout: float = 0.3
    cries: float = 0.3
    share: float = 1.0
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=800, learning_rate=1e-3, warmup=20, check_every=100, patience=4)
    )


def fine_tune_head(
    network: MlxNetwork,
    train_matches: Sequence[TrainingMatch],
    targets: Mapping[str, NDArray[np.float32]],
    settings: FineTuneSettings,
    augmentation: Augmentation,
    seed: int,
    run: RunFolder,
    check: Callable[[MlxNetwork], Mapping[str, float]],
    progress: Callable[[Progress], None],
    sounds: Sequence[Frames] = (),
) -> None:
    """Fit the head of ``network`` further, in place; ``check`` says how good a network is."""
    embeddings = [
        [window_embeddings(network, _changed(match, copy, augmentation, seed, sounds)) for match in train_matches]
        for copy in range(settings.copies + 1)
    ]
    rows = [history_rows(match.ends) for match in train_matches]
    wanted = [targets[match.id] for match in train_matches]
    kept = [np.flatnonzero(match.labels.weight > 0) for match in train_matches]
    loud = [np.intersect1d(k, _loud(match)) for k, match in zip(kept, train_matches, strict=True)]
    places = [np.array([(i, row) for i, some in enumerate(group) for row in some]) for group in (kept, loud)]
    places = [group for group in places if len(group)]

    def draw(rng: np.random.Generator) -> Histories:
        each = settings.histories // len(places)
        chosen = np.concatenate([group[rng.integers(len(group), size=each)] for group in places])
        copies = rng.integers(len(embeddings), size=len(chosen))
        pairs = chosen.tolist()
        taken = [embeddings[c][i][rows[i][row]] for c, (i, row) in zip(copies.tolist(), pairs, strict=True)]
        goal = np.array([wanted[i][row] for i, row in pairs], np.float32)
        return Histories(np.stack(taken), goal, np.ones_like(goal))

    def loss(model: HeadModel, batch: Histories, key: mx.array) -> mx.array:
        logits = model(mx.array(batch.embeddings), key)
        return focal(logits, mx.array(batch.targets), mx.array(batch.weights), 0.0)

    def judge(parameters: Parameters) -> Mapping[str, float]:
        load_parameters(network, parameters)
        return check(network)

    model = HeadModel(copy_of_head(network), settings.dropout)
    before = flat_parameters(model)
    state = run.stage("sharpen")
    best = Trainer(state, model, settings.schedule, seed, draw, loss, judge, progress, items=settings.histories).run()
    load_parameters(network, {name: before[name] + settings.share * (best[name] - before[name]) for name in best})


def _changed(
    match: TrainingMatch, copy: int, augmentation: Augmentation, seed: int, sounds: Sequence[Frames]
) -> TrainingMatch:
    """The match in another colour; copy 0 is the match as it is."""
    if copy == 0:
        return match
    rng = np.random.default_rng([seed, copy, zlib.crc32(match.id.encode())])
    frames = change_sound(match.read(0, match.frames), rng, augmentation, sounds)
    return replace(match, read=lambda first, last: frames[first:last])


def _loud(match: TrainingMatch) -> NDArray[np.int64]:
    """The ends at which something stands out that may be danger."""
    return np.flatnonzero(
        crowd_state(match.sounds, match.end_times_s())[:, 0] > 0 if match.simulated else match.labels.truth
    )
