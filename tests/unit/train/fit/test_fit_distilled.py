"""A network that learns from the mean of others is as wide as one, and heard what they say."""

from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import UsageError
from engine.model.checkpoint import load, parameters, save
from engine.model.network import MlxNetwork
from tests.unit.train.fit.test_fit_ensemble import RULE, SETTINGS
from tests.unit.train.segment_matches import made_up_match
from train.data.soft_targets import with_teachers
from train.fit.fit_network import fit_distilled, said_by, train_network
from train.fit.fitted import Fitted, as_served
from train.fit.loop.run_folder import RunFolder
from train.fit.predict import predict
from train.fit.settings import FitSettings, TagSettings
from train.fit.training_data import TrainingData

assert SETTINGS.fine_tune is not None
NOT_TAUGHT = replace(SETTINGS, taught=0.0, fine_tune=replace(SETTINGS.fine_tune, taught=0.0))


@pytest.fixture(scope="module")
def data() -> TrainingData:
    made = [made_up_match(f"match-{i}", i, simulated=True) for i in range(5)]
    return TrainingData(made[:3], made[3:])


def distilled(folder: Path, data: TrainingData, settings: FitSettings, networks: int = 3) -> Fitted:
    with ExitStack() as opened:
        runs = [opened.enter_context(closing(RunFolder(folder / str(i), {}))) for i in range(networks)]
        return fit_distilled(data, RULE, settings, runs, settings.seed + networks - 1, "taught", lambda _: None)


def alone(folder: Path, data: TrainingData, settings: FitSettings) -> MlxNetwork:
    with closing(RunFolder(folder, {})) as run:
        return train_network(data, settings, run, lambda _: None).network


def same(one: MlxNetwork, other: MlxNetwork) -> bool:
    mine, theirs = parameters(one), parameters(other)
    return all(np.array_equal(np.array(tensor), np.array(theirs[name])) for name, tensor in mine.items())


def test_the_last_network_learns_from_the_mean_of_the_others(tmp_path: Path, data: TrainingData):
    found = distilled(tmp_path / "all", data, SETTINGS)

    seeds = [replace(SETTINGS, seed=SETTINGS.seed + i) for i in range(3)]
    teachers = [alone(tmp_path / f"alone-{i}", data, seeds[i]) for i in range(2)]
    said = said_by(teachers, data.train_matches)
    taught = alone(tmp_path / "taught", replace(data, taught=said), seeds[2])
    plain = alone(tmp_path / "plain", data, seeds[2])
    assert same(found.network, as_served(taught, seeds[2]))
    assert not same(taught, plain)
    assert found.config.encoder == SETTINGS.encoder and found.config.calibration.fitted
    save(tmp_path / "weights", found.config, found.network, "")
    assert load(tmp_path / "weights").config == found.config


def test_whoever_is_taught_nothing_is_trained_as_alone_to_the_bit(tmp_path: Path, data: TrainingData):
    found = distilled(tmp_path / "all", data, NOT_TAUGHT, 2)
    seed = replace(NOT_TAUGHT, seed=NOT_TAUGHT.seed + 1)
    assert same(found.network, as_served(alone(tmp_path / "alone", data, seed), seed))


def test_teachers_say_the_probability_of_their_mean_log_odds_at_the_ends(tmp_path: Path, data: TrainingData):
    networks = [alone(tmp_path / str(seed), data, replace(SETTINGS, seed=seed)) for seed in (1, 2)]
    said = said_by(networks, data.val_matches)
    assert list(said) == [match.id for match in data.val_matches]
    for match in data.val_matches:
        odds = [predict(network, [match])[0].log_odds for network in networks]
        np.testing.assert_allclose(said[match.id], 1 / (1 + np.exp(-(odds[0] + odds[1]) / 2)), atol=1e-6)
        assert len(said[match.id]) == len(match.ends)


def test_targets_are_in_part_what_is_taught_where_anything_is():
    targets = {"taught": np.array([0.0, 1.0], np.float32), "alone": np.array([1.0], np.float32)}
    mixed = with_teachers(targets, {"taught": np.array([0.5, 0.5], np.float32)}, 0.4)
    np.testing.assert_allclose(mixed["taught"], [0.2, 0.8])
    np.testing.assert_array_equal(mixed["alone"], [1.0])
    assert all(values.dtype == np.float32 for values in mixed.values())


def test_a_network_without_teachers_is_refused(tmp_path: Path, data: TrainingData):
    with pytest.raises(UsageError, match="teach"):
        distilled(tmp_path, data, SETTINGS, 1)


def test_tags_and_data_without_matches_to_validate_on_are_refused(tmp_path: Path, data: TrainingData):
    with pytest.raises(UsageError, match="tags"):
        distilled(tmp_path / "tags", data, replace(SETTINGS, read_tags=TagSettings()), 2)
    with pytest.raises(UsageError, match="validate"):
        distilled(tmp_path / "val", replace(data, val_matches=()), SETTINGS, 2)
