"""Small pieces of work by numpy are the network's own, and cost MLX nothing."""

import threading
from shutil import which

import mlx.core as mx
import numpy as np
import pytest

from engine.core import grid
from engine.live.pipeline import Pipeline
from engine.model import numpy_network as host
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import READOUTS, HeadConfig
from engine.model.matrix_products import mlx_dense
from engine.model.network import MlxNetwork

PLAIN = EncoderConfig(channels=(32, 64, 128, 128), band_bias=False, pool="mean", recent_columns=0)


def _network(encoder: EncoderConfig | None = None, **head: object) -> MlxNetwork:
    network = MlxNetwork(FrontEndConfig(), encoder or EncoderConfig(), HeadConfig(**head), seed=5)  # type: ignore[arg-type]
    network.cnn.use(mlx_dense)
    network.pressure.use(mlx_dense)
    return network


@pytest.mark.parametrize("encoder", [EncoderConfig(), PLAIN, EncoderConfig(strides=((1, 2), (2, 2), (2, 2), (1, 1)))])
@pytest.mark.parametrize("frames", [23, 24, 61])
def test_columns_and_embeddings_are_mlxs(encoder, frames):
    network = _network(encoder)
    segments = np.random.default_rng(1).normal(size=(3, frames, grid.MEL_BANDS, 2)).astype(np.float32)
    expected = np.asarray(network.cnn.columns(mx.array(segments)))
    np.testing.assert_allclose(host.columns(network.cnn, segments), expected, atol=1e-5)
    pooled = np.random.default_rng(2).uniform(0, 6, (4, encoder.pooled_width)).astype(np.float32)
    np.testing.assert_allclose(
        host.embed(network.cnn, pooled), np.asarray(network.cnn.embed(mx.array(pooled))), atol=1e-5
    )


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize(("layers", "n"), [(1, 1), (2, 1), (2, 40), (3, 2)])
def test_logits_are_mlxs(readout, layers, n):
    network = _network(readout=readout, layers=layers)
    histories = np.random.default_rng(3).uniform(0, 6, (n, grid.WINDOWS, 128)).astype(np.float32)
    expected = np.asarray(network.pressure(mx.array(histories)))
    np.testing.assert_allclose(host.logits(network.pressure, histories), expected, atol=1e-5)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("n", [1, 4])
def test_groups_have_the_bits_that_each_has_alone(readout, n):
    network = _network(readout=readout)
    groups = np.random.default_rng(8).normal(size=(3, n, grid.WINDOWS, 128)).astype(np.float32)
    for together, alone in zip(host.logits(network.pressure, groups), groups, strict=True):
        assert np.array_equal(together, host.logits(network.pressure, alone))
    pooled = np.random.default_rng(9).normal(size=(3, n, network.encoder.pooled_width)).astype(np.float32)
    for together, alone in zip(network.embed(pooled), pooled, strict=True):
        assert np.array_equal(together, network.embed(alone))


def test_gates_that_are_far_from_zero_are_no_overflow():
    network = _network()
    network.pressure.layers[0].bias = mx.full(network.pressure.layers[0].bias.shape, -400.0)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(host.logits(network.pressure, np.zeros((1, grid.WINDOWS, 128), np.float32))).all()


def test_what_has_been_fitted_since_is_what_listens():
    network = _network()
    network.compute_on("cpu")
    histories = np.random.default_rng(3).uniform(0, 6, (1, grid.WINDOWS, 128)).astype(np.float32)
    before = network.logits(histories)
    network.pressure.out_bias = mx.array([1.0, 2.0])
    np.testing.assert_allclose(network.logits(histories), before + np.float32([1.0, 2.0]), atol=1e-6)


def test_a_live_reading_on_a_processor_waits_for_mlx_not_once(monkeypatch: pytest.MonkeyPatch):
    network = _network()
    network.compute_on("cpu")
    mel = np.random.default_rng(4).normal(-50, 6, (grid.HISTORY_FRAMES + 40, grid.MEL_BANDS)).astype(np.float32)
    pipeline = Pipeline(network, 0, grid.READING_FRAMES)
    pipeline.push(mel[:-20])

    def forbidden(*_: object) -> None:
        raise AssertionError("a graph of MLX for one reading")

    monkeypatch.setattr(type(network.cnn), "columns", forbidden)
    monkeypatch.setattr(type(network.pressure), "__call__", forbidden)
    monkeypatch.setattr(type(network.cnn), "embed", forbidden)
    assert len(pipeline.push(mel[-20:-18])) == 1


@pytest.mark.skipif(which("g++") is None, reason="on a processor MLX compiles with g++")
def test_a_compiled_network_is_the_network_also_in_another_thread_and_after_fitting(tmp_path, monkeypatch):
    """What a GPU does; the processor stands in for it. MLX's streams belong to a thread, and what it compiled too."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where MLX puts its libraries
    network = _network(hidden=8, layers=1, fc=8)
    histories = np.random.default_rng(6).uniform(0, 6, (1, grid.WINDOWS, 128)).astype(np.float32)
    network.compute_on("gpu")
    for _ in range(2):
        found = [network.logits(histories)]
        thread = threading.Thread(target=lambda found=found: found.append(network.logits(histories)))
        thread.start()
        thread.join()
        assert len(found) == 2
        for logits in found:
            np.testing.assert_allclose(logits, host.logits(network.pressure, histories), atol=1e-5)
        network.pressure.out_bias = mx.array([1.0, 2.0])
