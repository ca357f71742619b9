"""The training story of the encoder and its head, from top to bottom.

1. Deal the matches into folds; the first fold is never learned from, unless there are other matches to judge by.
2. Learn for a short while without each of the other folds, and note where that network is wrong on the fold it did not
   see: the hard negatives.
3. Learn what sounds from short crops of all matches that may be learned from (``train/fit/crop_sampler.py``).
4. Learn the index from the same matches, hard negatives included, until those kept out say that it gets no better.
5. Fine-tune the head alone, on embeddings of unmixed sound (``train/fit/fine_tune_head.py``).
6. Calibrate on those kept out, choose the spike threshold there, and write the weights.

Each step leaves its state in the run folder and is not done twice.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import mlx.core as mx
import numpy as np
from mlx.utils import tree_unflatten
from numpy.typing import NDArray

from engine.core import grid
from engine.core.errors import InputError
from engine.live.spike_detector import SpikeSettings
from engine.model.calibration import Calibration, undo_prior
from engine.model.checkpoint import WeightsConfig, parameters
from engine.model.encoder import EncoderConfig
from engine.model.network import MlxNetwork
from train.data.labels import Rule
from train.data.matches import TrainingMatch, check_enough, split_folds
from train.data.simulated import KINDS
from train.data.soft_targets import targets_of
from train.evaluate.compare_weights import Compared
from train.fit.augmentation import Frames
from train.fit.calibration import BUDGETS, MOST_AT_REST, NEVER, calibrate, choose_thresholds, operating_rows
from train.fit.crop_sampler import Crops, CropSampler
from train.fit.fine_tune_head import fine_tune_head
from train.fit.head_model import flat_parameters
from train.fit.losses import binary_cross_entropy, focal
from train.fit.predict import load_parameters, predict
from train.fit.run_folder import RunFolder
from train.fit.segment_network import SegmentNetwork, segment_frames
from train.fit.segment_sampler import Batch, SegmentSampler
from train.fit.settings import FitSettings
from train.fit.trainer import Parameters, Progress, Schedule, Trainer
from train.fit.validation import check_figures, danger_share, hardest, scored
from train.metrics.threshold_sweep import OperatingPoint

_LEAST_ROOM: Final = 2
"""A match must hold a segment and so many window hops more."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A trained network with its configuration, and what was measured on the fold it was judged by.

    ``compared`` is how it did beside the weights it came from; None where it came from none.
    """

    config: WeightsConfig
    network: MlxNetwork
    compared: Compared | None = None


def run_inputs(
    settings: FitSettings, rule: Rule, matches: Sequence[TrainingMatch], sounds: Sequence[Frames] = ()
) -> dict[str, Any]:
    """All that a run depends on, for its folder: settings, label rule, matches and sounds by their checksums."""
    laid_over = hashlib.sha256()
    for frames in sounds:
        laid_over.update(np.ascontiguousarray(frames, np.float32).tobytes())
    return {
        "settings": asdict(settings),
        "rule": {"name": rule.name},
        "real_sounds": len(sounds),
        "real_sounds_sha256": laid_over.hexdigest(),
        "matches": {match.id: match.digest for match in matches},
        "simulated": sum(match.simulated for match in matches),
    }


def check_lengths(matches: Sequence[TrainingMatch], histories: int) -> None:
    """Raise ``InputError`` for a match that is shorter than a segment."""
    least = segment_frames(histories) + _LEAST_ROOM * grid.WINDOW_HOP_FRAMES
    for match in matches:
        if match.frames < least:
            raise InputError(
                f"{match.id} holds {match.frames * grid.HOP_S:.0f} s of sound, a strip {least * grid.HOP_S:.0f} s",
                "Take it out of the training, or train with fewer --histories.",
            )


def fit(
    matches: Sequence[TrainingMatch],
    rule: Rule,
    settings: FitSettings,
    run: RunFolder,
    name: str,
    progress: Callable[[Progress], None],
    sounds: Sequence[Frames] = (),
    val_matches: Sequence[TrainingMatch] = (),
) -> Fitted:
    """Train a network on ``matches`` and calibrate it.

    With ``judging`` all of ``matches`` are learned from, and those stop the training, calibrate and choose thresholds.

    Raises:
        InputError: the matches are too few, too short or of one class.
        MomentumError: training went astray.
    """
    learned = learn(matches, settings, run, progress, sounds, val_matches)
    return finish(learned, rule, settings, name)


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A network before its calibration, and what it was judged by: ``true_share`` of danger, numbers of matches and of
    hard negatives learned from; ``seen`` are the marks of all matches that had a part in it."""

    network: MlxNetwork
    val_matches: Sequence[TrainingMatch]
    true_share: float
    matches: int
    hard: int
    seen: tuple[str, ...]


def learn(
    matches: Sequence[TrainingMatch],
    settings: FitSettings,
    run: RunFolder,
    progress: Callable[[Progress], None],
    sounds: Sequence[Frames] = (),
    val_matches: Sequence[TrainingMatch] = (),
) -> Learned:
    """All steps of ``fit`` but the last."""
    check_enough(matches)
    check_lengths(matches, settings.histories)
    folds = split_folds(matches, min(settings.folds, len(matches)), settings.seed)
    if not val_matches:
        val_matches = folds.pop(0)  # dealt first: where few matches hold danger, one of them is here
    train_matches = [match for fold in folds for match in fold]
    true_share = danger_share(train_matches)
    hard: list[tuple[str, float]] = []
    if settings.fold_steps and len(folds) > 1:
        for i, left_out in enumerate(folds):
            rest = [match for j, fold in enumerate(folds) if j != i for match in fold]
            short = replace(settings.schedule, steps=settings.fold_steps, check_every=settings.fold_steps)
            network = _learn(run, f"fold-{i}", rest, [], true_share, settings, short, progress, (), sounds)
            hard += hardest(predict(network, left_out))
    network = _learn(
        run, "final", train_matches, val_matches, true_share, settings, settings.schedule, progress, hard, sounds
    )
    if settings.fine_tune:
        cries = None if settings.cries is None else settings.fine_tune.cries
        targets = targets_of(train_matches, true_share, settings.trained_share, cries)

        def check(network: MlxNetwork) -> Mapping[str, float]:
            return scored(check_figures(predict(network, val_matches)))

        fine_tune_head(
            network,
            train_matches,
            targets,
            settings.fine_tune,
            settings.augmentation,
            settings.seed,
            run,
            check,
            progress,
            sounds,
        )
    seen = tuple(sorted(match.mark for match in (*train_matches, *val_matches)))
    return Learned(network, val_matches, true_share, len(train_matches), len(hard), seen)


def _learn(
    run: RunFolder,
    stage: str,
    train_matches: Sequence[TrainingMatch],
    val_matches: Sequence[TrainingMatch],
    true_share: float,
    settings: FitSettings,
    schedule: Schedule,
    progress: Callable[[Progress], None],
    hard: Sequence[tuple[str, float]],
    sounds: Sequence[Frames],
) -> MlxNetwork:
    """A network fitted on ``learning``, the best one by ``judging`` if there is any: its columns, then all of it."""
    model = SegmentNetwork(new_network(settings), len(KINDS) + 1, settings.dropout)
    if settings.columns:
        columns = replace(settings.columns, steps=min(settings.columns.steps, schedule.steps))
        _fit_columns(run, f"{stage}-columns", model, train_matches, settings, columns, progress, sounds)
    sampler = SegmentSampler(
        train_matches,
        targets_of(train_matches, true_share, settings.trained_share, settings.cries),
        settings.front_end,
        settings.histories,
        lambda frames: column_centres(frames, settings.encoder),
        settings.augmentation,
        settings.smoothing,
        hard,
        sounds,
    )
    first = mx.array(sampler.batch(np.random.default_rng([settings.seed, _FIRST]), settings.segments).segments)
    if not settings.columns:
        model.standardise(first)
    model.standardise_embedding(first)
    served = new_network(settings)
    load_parameters(served, flat_parameters(model))

    def loss(model: SegmentNetwork, batch: Batch, key: mx.array) -> mx.array:
        shaken, dropped = mx.random.split(key)
        out = model(mx.array(batch.segments), dropped, model.noise(len(batch.segments), settings.noise, shaken))
        targets, weights = mx.array(batch.targets), mx.array(batch.weights)
        total = focal(out.logits, targets, weights, settings.gamma)
        direct = mx.stack([mx.zeros_like(out.direct), out.direct], axis=-1)
        total = total + settings.direct * focal(direct, targets, weights, settings.gamma)
        if settings.tags and batch.tag_weights.any():
            known = mx.array(batch.tag_weights)[:, None, None]
            entropy = binary_cross_entropy(out.tags, mx.array(batch.tags)) * known
            total = total + settings.tags * _TAG_SCALE * entropy.mean() * (known.size / known.sum())
        return total

    def check(parameters: Parameters) -> Mapping[str, float]:
        load_parameters(served, parameters)
        return scored(check_figures(predict(served, val_matches)))

    best = Trainer(
        run.stage(stage),
        model,
        schedule,
        settings.seed,
        lambda rng: sampler.batch(rng, settings.segments),
        loss,
        check if val_matches else None,
        progress,
        items=settings.segments * (settings.histories + grid.WINDOWS - 1),
    ).run()
    load_parameters(served, best)
    return served


def _fit_columns(
    run: RunFolder,
    stage: str,
    model: SegmentNetwork,
    train_matches: Sequence[TrainingMatch],
    settings: FitSettings,
    schedule: Schedule,
    progress: Callable[[Progress], None],
    sounds: Sequence[Frames],
) -> None:
    """Fit the columns of ``model`` on short crops, in place."""
    sampler = CropSampler(
        train_matches, settings.front_end, settings.encoder, settings.augmentation, settings.crops, sounds
    )
    first = sampler.batch(np.random.default_rng([settings.seed, _FIRST]))
    model.standardise(mx.array(first.frames))
    each = mx.array([1.0] * len(KINDS) + [_CRY_SCALE])

    def loss(model: SegmentNetwork, batch: Crops, key: mx.array) -> mx.array:
        shaken, dropped = mx.random.split(key)
        noise = model.noise(len(batch.frames), settings.noise, shaken)
        said = model.read_crops(mx.array(batch.frames), noise, dropped)
        goal = settings.smoothing / 2 + (1 - settings.smoothing) * mx.array(batch.tags)
        return (binary_cross_entropy(said, goal) * mx.array(batch.weights) * each).sum(axis=1).mean()

    best = Trainer(
        run.stage(stage), model, schedule, settings.seed, sampler.batch, loss, None, progress,
        items=settings.crops.stretches * settings.crops.crops,
    ).run()  # fmt: skip
    model.update(tree_unflatten(list(best.items())))


_FIRST: Final = 2**32 - 1
"""Names the draw of the batch that the weights start from."""
_CRY_SCALE: Final = 6.0
"""How much more a cry counts among what sounds than each kind by itself."""
_TAG_SCALE: Final = 5.0
"""Of some thirty kinds one or two sound at a time: the mean over all is small against the loss of the index."""


def new_network(settings: FitSettings) -> MlxNetwork:
    """A network that has learned nothing yet."""
    return MlxNetwork(settings.front_end, settings.encoder, settings.head, settings.seed)


def column_centres(frames: int, encoder: EncoderConfig) -> NDArray[np.int64]:
    """The frame in the middle of each column of a segment of ``frames`` frames."""
    count = (frames - encoder.receptive_field) // encoder.time_stride + 1
    return np.arange(count) * encoder.time_stride + encoder.receptive_field // 2


def finish(learned: Learned, rule: Rule, settings: FitSettings, name: str) -> Fitted:
    """Calibrate and choose thresholds on matches that were not learned from."""
    network, val_matches, true_share = as_served(learned.network, settings), learned.val_matches, learned.true_share
    predicted = predict(network, val_matches)
    offset = undo_prior(settings.trained_share, true_share)
    calibration = calibrate(predicted, offset)
    live = predict(network, val_matches, grid.READING_FRAMES)
    spikes, points = choose_thresholds(live, calibration, rule, SpikeSettings())
    measured = {
        "on": "matches of the same kind that were not learned from",
        "matches": len(val_matches),
        "hours": round(sum(match.frames for match in val_matches) * grid.HOP_S / 3600.0, 2),
        "learned_from_matches": learned.matches,
        "hard_negatives": learned.hard,
        "share_of_danger": round(danger_share(val_matches), 5),
        **{key: round(value, 4) for key, value in check_figures(predicted).items()},
        **alarm_note(points, spikes),
    }
    config = WeightsConfig(
        name=name,
        trained=True,
        label_rule=rule.name,
        front_end=network.front_end,
        encoder=settings.encoder,
        head=settings.head,
        calibration=_rounded(calibration),
        spikes=replace(spikes, on=round(spikes.on, 4), off=round(spikes.off, 4)),
        operating_points=operating_rows(points),
        measured=measured,
        seen=learned.seen,
    )
    return Fitted(config, network)


def as_served(network: MlxNetwork, settings: FitSettings) -> MlxNetwork:
    """The same network behind the front end that it is shipped with."""
    front_end = replace(settings.front_end, floor_db=settings.served_floor_db)
    served = MlxNetwork(front_end, settings.encoder, settings.head, settings.seed)
    load_parameters(served, parameters(network))
    return served


def alarm_note(points: Mapping[int, OperatingPoint], spikes: SpikeSettings) -> dict[str, str]:
    """What is to be said where no threshold was good enough."""
    if spikes.on >= NEVER:
        return {"alarms": f"none: above every line the index spends more than {MOST_AT_REST:.0%} of the rest"}
    if any(point.recall > 0 for point in points.values()):
        return {}
    if points:
        return {"alarms": f"no danger was caught here with at most {max(BUDGETS)} false alarms a match; judge on more"}
    return {"alarms": f"no threshold gave at most {max(BUDGETS)} false alarms a match; expect more"}


def _rounded(calibration: Calibration) -> Calibration:
    return replace(calibration, slope=round(calibration.slope, 6), offset=round(calibration.offset, 6))
