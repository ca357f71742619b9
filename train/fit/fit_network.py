"""The training story of the encoder and its head, from top to bottom.

1. Deal the matches into folds; the first fold is to validate on, unless other matches are given for that.
2. Train for a short while without each of the other folds, and note where that network is wrong on the fold it did not
   see: the hard moments.
3. Fit the columns, to tell what sounds, on short crops of all matches to train on (``train/fit/stages.py``).
4. Fit the whole network to the same matches, hard moments included, until those to validate on say that it gets no
   better.
5. Fine-tune the head alone, on embeddings of unmixed sound (``train/fit/fine_tune_head.py``).
6. Fit the tag read-out, where one is asked for (``train/fit/tags.py``).
7. Calibrate on the matches to validate on, choose the spike threshold there, and write down what was measured
   (``train/fit/fitted.py``).

Each step leaves its state in the run folder and is not done twice. Several networks trained alike from other seeds can
be calibrated as one, their mean (``train/fit/network/ensemble.py``), or teach one more, as wide as each of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import UsageError
from engine.model.network import MlxNetwork
from train.data.labels import Rule
from train.data.matches import TrainingMatch
from train.fit.fine_tune_head import fine_tune_head
from train.fit.fitted import Fitted, calibrated_weights
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress
from train.fit.network.ensemble import ensemble
from train.fit.predict import predict
from train.fit.settings import FitSettings
from train.fit.stages import fit_network
from train.fit.tags import fit_tags
from train.fit.training_data import Fitting, TrainingData
from train.fit.validation import hardest


def fit(
    data: TrainingData,
    rule: Rule,
    settings: FitSettings,
    run: RunFolder,
    name: str,
    progress: Callable[[Progress], None],
) -> Fitted:
    """Train a network on ``data`` and calibrate it.

    With matches to validate on all others are trained on; without, a fold of them is kept for that.

    Raises:
        InputError: the matches are too few, too short or of one class.
        MomentumError: training went astray.
    """
    trained = train_network(data, settings, run, progress)
    return calibrated_weights(trained.network, trained.data, rule, settings, name)


def fit_ensemble(
    data: TrainingData,
    rule: Rule,
    settings: FitSettings,
    runs: Sequence[RunFolder],
    name: str,
    progress: Callable[[Progress], None],
) -> Fitted:
    """Train a network in each of ``runs``, one at least, the first with the seed of ``settings`` and each with the
    next one, and calibrate their mean.

    Raises:
        UsageError: more than one network, and their head reads with attention, tags are asked for, or no matches to
            validate on are given: each would keep others out, and calibration would be by matches that one of them
            learned from.
        InputError, MomentumError: as ``train.fit.fit_network.fit``.
    """
    if len(runs) > 1:
        _check_several(data, settings)
    if len(runs) > 1 and settings.head.readout == "attention":
        raise UsageError("networks that read with attention have no mean", "Train them without, or one.")
    trained = _train_each(data, settings, runs, progress)
    network = trained[0].network if len(trained) == 1 else ensemble([one.network for one in trained])
    shape = replace(settings, encoder=network.encoder, head=network.head)
    hard = [moment for one in trained for moment in one.data.hard_moments]
    return calibrated_weights(network, replace(trained[0].data, hard_moments=hard), rule, shape, name)


def fit_distilled(
    data: TrainingData,
    rule: Rule,
    settings: FitSettings,
    runs: Sequence[RunFolder],
    seed: int,
    name: str,
    progress: Callable[[Progress], None],
) -> Fitted:
    """Train networks as ``fit_ensemble`` does, let one more, in the last of ``runs`` and of another ``seed``, learn
    from their mean, and calibrate it alone: one network that knows what several say costs what one costs (Hinton,
    Vinyals and Dean, 2015).

    Of its targets ``settings.taught``, for the fine-tuned head ``settings.fine_tune.taught``, are the teachers' word.

    Raises:
        UsageError: fewer than two ``runs``, tags are asked for, or no matches to validate on are given.
        InputError, MomentumError: as ``train.fit.fit_network.fit``.
    """
    if len(runs) < 2:
        raise UsageError("nobody is there to teach", "Train two networks at least.")
    _check_several(data, settings)
    teachers = _train_each(data, settings, runs[:-1], progress)
    taught = said_by([one.network for one in teachers], data.train_matches)
    seeded = replace(settings, seed=seed)
    trained = train_network(replace(data, taught=taught), seeded, runs[-1], progress)
    return calibrated_weights(trained.network, trained.data, rule, seeded, name)


def said_by(networks: Sequence[MlxNetwork], matches: Sequence[TrainingMatch]) -> dict[str, NDArray[np.float32]]:
    """What the mean of ``networks`` says at the ends of each match: the probability (ends,) of their mean log-odds, not
    calibrated, by the match's id."""
    said = {}
    for match in matches:
        mean = np.mean([predict(network, [match])[0].log_odds for network in networks], axis=0)
        said[match.id] = np.asarray(1.0 / (1.0 + np.exp(-mean)), np.float32)
    return said


def _check_several(data: TrainingData, settings: FitSettings) -> None:
    """Raise ``UsageError`` where networks trained from other seeds could not go on together."""
    if not data.val_matches:
        raise UsageError("several networks need matches to validate on", "Keep some out of the matches to train on.")
    if settings.read_tags:
        raise UsageError("tags are fitted to one network", "Train several without tags, or one.")


def _train_each(
    data: TrainingData, settings: FitSettings, runs: Sequence[RunFolder], progress: Callable[[Progress], None]
) -> "list[Trained]":
    """A network in each of ``runs``, each with the next seed."""
    return [train_network(data, replace(settings, seed=settings.seed + i), run, progress) for i, run in enumerate(runs)]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A network before its calibration, and the data that it was trained and validated on."""

    network: MlxNetwork
    data: TrainingData


def train_network(
    data: TrainingData, settings: FitSettings, run: RunFolder, progress: Callable[[Progress], None]
) -> Trained:
    """All steps of ``fit`` but the last."""
    data.check(settings.histories)
    data, folds = data.in_folds(settings.folds, settings.seed)
    fitting = Fitting(settings, run, progress, data.true_share)
    if settings.fold_steps and len(folds) > 1:
        data = replace(data, hard_moments=_hard_moments(fitting, data, folds))
    network = fit_network(fitting, "final", data, settings.schedule)
    if settings.fine_tune:
        fine_tune_head(fitting, settings.fine_tune, network, data)
    if settings.read_tags:
        network = fit_tags(fitting, settings.read_tags, network, data)
    return Trained(network, data)


def _hard_moments(
    fitting: Fitting, data: TrainingData, folds: Sequence[Sequence[TrainingMatch]]
) -> list[tuple[str, float]]:
    """Where short trainings without each of ``folds`` are wrong on the fold that they did not see."""
    steps = fitting.settings.fold_steps
    short = replace(fitting.settings.schedule, steps=steps, check_every=steps)
    found: list[tuple[str, float]] = []
    for i, left_out in enumerate(folds):
        rest = [match for j, fold in enumerate(folds) if j != i for match in fold]
        network = fit_network(fitting, f"fold-{i}", replace(data, train_matches=rest, val_matches=()), short)
        found += hardest(predict(network, left_out))
    return found
