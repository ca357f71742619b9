"""Several networks as one say the mean of what they say by themselves, in both engines."""

from dataclasses import replace
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest

from engine.core import grid
from engine.core.errors import UsageError
from engine.model.checkpoint import WeightsConfig, load, save
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.inference_engines import network_of
from engine.model.network import MlxNetwork
from engine.model.tags import TagsConfig
from tests.unit.onnx_runtime import runtime_or_skip
from train.fit.network.ensemble import ensemble
from train.fit.network.head_model import flat_parameters, nested

ENCODER = EncoderConfig(channels=(8, 6, 4, 4), embedding=12, middle_columns=9)
HEAD = HeadConfig(hidden=6, fc=5, readout="last")


def network(seed: int, encoder: EncoderConfig = ENCODER, head: HeadConfig = HEAD) -> MlxNetwork:
    """One whose every tensor is drawn: a new network's biases are alike."""
    made = MlxNetwork(FrontEndConfig(), encoder, head, seed=seed)
    rng = np.random.default_rng(seed)
    for part in (made.cnn, made.pressure):
        drawn = {
            name: np.array(tensor) + rng.normal(0, 0.2, tensor.shape) for name, tensor in flat_parameters(part).items()
        }
        part.update(nested({name: mx.array(tensor.astype(np.float32)) for name, tensor in drawn.items()}))
    return made


def log_odds(network, windows: np.ndarray) -> np.ndarray:
    """Of one history of ``windows`` (WINDOWS, WINDOW_FRAMES, bands, channels)."""
    columns = network.columns_of_segments(windows)
    means = [columns[:, a : a + n].mean(axis=1) for a, n in network.encoder.pooled_spans]
    embedded = network.embed(np.concatenate(means, axis=1))
    logits = network.logits(embedded[None])[0]
    return logits[1] - logits[0]


@pytest.fixture
def windows() -> np.ndarray:
    rng = np.random.default_rng(3)
    shape = (grid.WINDOWS, grid.WINDOW_FRAMES, grid.MEL_BANDS, FrontEndConfig().channels)
    return rng.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("head", [HEAD, replace(HEAD, readout="mean"), replace(HEAD, layers=3)])
@pytest.mark.parametrize("encoder", [ENCODER, replace(ENCODER, band_bias=False, pool="mean", recent_columns=0)])
def test_three_networks_as_one_say_the_mean_of_their_log_odds(windows, encoder: EncoderConfig, head: HeadConfig):
    wider = replace(encoder, channels=(8, 8, 6, 5), embedding=10)
    several = [
        network(1, encoder, head), network(2, wider, head), network(3, encoder, replace(head, hidden=4, fc=7))
    ]  # fmt: skip

    one = ensemble(several)

    alone = [log_odds(each, windows) for each in several]
    assert max(alone) - min(alone) > 1e-3
    assert log_odds(one, windows) == pytest.approx(np.mean(alone), abs=2e-6)


def test_one_network_is_what_it_was_to_the_bit(windows):
    alone = network(1)
    assert log_odds(ensemble([alone]), windows) == log_odds(alone, windows)


def test_an_ensemble_is_saved_and_runs_as_any_weights_in_both_engines(tmp_path: Path, windows):
    runtime_or_skip()
    one = ensemble([network(1), network(2)])
    config = WeightsConfig("both", True, "danger", one.front_end, one.encoder, one.head)
    save(tmp_path / "both", config, one, "")
    there = load(tmp_path / "both")
    assert there.config.encoder.channels == (16, 12, 8, 8)
    said = [log_odds(network_of(there, engine), windows) for engine in ("mlx", "onnx")]
    assert said == pytest.approx([log_odds(one, windows)] * 2, abs=1e-5)


@pytest.mark.parametrize(
    "other",
    [
        network(2, replace(ENCODER, pool="mean")),
        network(2, head=replace(HEAD, readout="mean")),
        network(2, head=replace(HEAD, layers=1)),
        network(2, replace(ENCODER, channels=(8, 6, 4), strides=ENCODER.strides[:3])),
        MlxNetwork(FrontEndConfig(floor_db=-55.0), ENCODER, HEAD, 2),
    ],
)
def test_networks_of_another_shape_are_refused(other: MlxNetwork):
    with pytest.raises(UsageError, match="differ"):
        ensemble([network(1), other])


def test_attention_and_tags_have_no_mean():
    with pytest.raises(UsageError, match="attention"):
        ensemble([network(1, head=replace(HEAD, readout="attention"))] * 2)
    with pytest.raises(UsageError, match="tags"):
        ensemble([MlxNetwork(FrontEndConfig(), ENCODER, HEAD, 1, TagsConfig())] * 2)
