"""Several networks trained alike from other seeds, as one network."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.core.errors import UsageError
from train.data.labels import Rule
from train.fit.fit_network import train_network
from train.fit.fitted import Fitted, calibrated_weights
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress
from train.fit.network.ensemble import ensemble
from train.fit.settings import FitSettings
from train.fit.training_data import TrainingData


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
    if len(runs) > 1 and not data.val_matches:
        raise UsageError("several networks need matches to validate on", "Keep some out of the matches to train on.")
    if len(runs) > 1 and (settings.read_tags or settings.head.readout == "attention"):
        raise UsageError("networks that tell tags or read with attention have no mean", "Train them without, or one.")
    trained = [
        train_network(data, replace(settings, seed=settings.seed + i), run, progress) for i, run in enumerate(runs)
    ]
    network = trained[0].network if len(trained) == 1 else ensemble([one.network for one in trained])
    shape = replace(settings, encoder=network.encoder, head=network.head)
    hard = [moment for one in trained for moment in one.data.hard_moments]
    return calibrated_weights(network, replace(trained[0].data, hard_moments=hard), rule, shape, name)
