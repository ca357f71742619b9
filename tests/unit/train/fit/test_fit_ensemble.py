"""Several networks trained alike become one whose index is calibrated anew."""

from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import UsageError
from engine.model.checkpoint import load, parameters, save
from engine.model.encoder import EncoderConfig
from engine.model.head import HeadConfig
from tests.unit.train.segment_matches import made_up_match
from train.data.labels import Danger
from train.fit.fit_network import fit_ensemble, train_network
from train.fit.fitted import Fitted, as_served
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Schedule
from train.fit.predict import predict
from train.fit.settings import CropSettings, FineTuneSettings, FitSettings, TagSettings
from train.fit.training_data import TrainingData, run_inputs

RULE = Danger()
SETTINGS = FitSettings(
    seed=4,
    folds=2,
    fold_steps=0,
    cries=None,
    segments=2,
    histories=4,
    schedule=Schedule(steps=4, warmup=1, check_every=4, learning_rate=6e-3, ema=0.7),
    fine_tune=FineTuneSettings(copies=1, histories=16, schedule=Schedule(steps=2, warmup=1, check_every=2)),
    columns=Schedule(steps=3, warmup=1, learning_rate=4e-3, ema=0.7),
    crops=CropSettings(stretches=4, crops=3),
    encoder=EncoderConfig(channels=(8, 8, 8, 8), embedding=8),
    head=HeadConfig(hidden=6, layers=1, fc=6),
)


@pytest.fixture(scope="module")
def data() -> TrainingData:
    made = [made_up_match(f"match-{i}", i, simulated=True) for i in range(5)]
    return TrainingData(made[:3], made[3:])


def fitted(folder: Path, data: TrainingData, networks: int) -> Fitted:
    with ExitStack() as opened:
        runs = [
            opened.enter_context(closing(RunFolder(folder / str(i), run_inputs(seeded(i), RULE, data))))
            for i in range(networks)
        ]
        return fit_ensemble(data, RULE, SETTINGS, runs, "several", lambda _: None)


def seeded(number: int) -> FitSettings:
    return replace(SETTINGS, seed=SETTINGS.seed + number)


def test_two_networks_are_the_mean_of_those_that_their_seeds_give(tmp_path: Path, data: TrainingData):
    both = fitted(tmp_path / "both", data, 2)

    alone = []
    for i in range(2):
        with closing(RunFolder(tmp_path / f"alone-{i}", run_inputs(seeded(i), RULE, data))) as run:
            trained = train_network(data, seeded(i), run, lambda _: None).network
        alone.append(as_served(trained, seeded(i)))
    said = [predict(network, data.val_matches)[0].log_odds for network in (*alone, both.network)]
    assert np.abs(said[0] - said[1]).max() > 0.01
    np.testing.assert_allclose(said[2], (said[0] + said[1]) / 2, atol=1e-5)
    assert both.config.calibration.fitted and both.config.encoder.channels == (16, 16, 16, 16)
    save(tmp_path / "weights", both.config, both.network, "")
    assert load(tmp_path / "weights").config == both.config


def test_one_network_is_what_it_is_alone_to_the_bit(tmp_path: Path, data: TrainingData):
    one = fitted(tmp_path / "one", data, 1)
    with closing(RunFolder(tmp_path / "alone", run_inputs(SETTINGS, RULE, data))) as run:
        alone = train_network(data, SETTINGS, run, lambda _: None).network
    for name, tensor in parameters(alone).items():
        assert np.array_equal(np.array(tensor), np.array(parameters(one.network)[name])), name


def test_tags_of_several_networks_are_refused_before_anything_is_trained(tmp_path: Path, data: TrainingData):
    with ExitStack() as opened:
        runs = [opened.enter_context(closing(RunFolder(tmp_path / str(i), {}))) for i in range(2)]
        with pytest.raises(UsageError, match="tags"):
            fit_ensemble(data, RULE, replace(SETTINGS, read_tags=TagSettings()), runs, "several", lambda _: None)
        assert not any(run.metrics() for run in runs)


def test_several_networks_without_matches_to_validate_on_are_refused(tmp_path: Path, data: TrainingData):
    with pytest.raises(UsageError, match="validate"):
        fitted(tmp_path / "none", replace(data, val_matches=()), 2)
