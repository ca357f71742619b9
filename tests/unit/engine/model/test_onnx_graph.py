"""The ONNX graphs against MLX: the same function of the same tensors, for every shape that weights may have."""

import numpy as np
import pytest

from engine.core import grid
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FRONT_END_KINDS, FrontEndConfig
from engine.model.head import READOUTS, HeadConfig
from engine.model.network import MlxNetwork
from engine.model.onnx_graph import columns_model, embed_model, head_model, window_model
from tests.extras import need
from tests.unit.onnx_runtime import runtime_or_skip

need("onnx", "onnx")
onnxruntime = runtime_or_skip()


def _run(model, values: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return session.run(None, {given.name: values})[0]


def _frames(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("kind", FRONT_END_KINDS)
def test_columns_agree_with_mlx_whatever_the_front_end(kind):
    network = MlxNetwork(FrontEndConfig(kind), EncoderConfig(), HeadConfig(), seed=1)
    frames = _frames(500, grid.MEL_BANDS, network.front_end.channels)
    (columns,) = _run(columns_model(network), frames[None])
    np.testing.assert_allclose(columns, network.columns(frames), atol=2e-5)


@pytest.mark.parametrize(
    "encoder",
    [
        EncoderConfig(strides=((1, 2), (2, 2), (2, 2), (1, 1))),
        EncoderConfig(band_bias=False, pool="mean", recent_columns=0),
        EncoderConfig(channels=(32, 96, 64), strides=((2, 1), (2, 2), (1, 2)), embedding=32),
    ],
)
def test_columns_agree_with_mlx_whatever_the_shape(encoder):
    network = MlxNetwork(FrontEndConfig(), encoder, HeadConfig(), seed=1)
    frames = _frames(300, grid.MEL_BANDS, 2)
    (columns,) = _run(columns_model(network), frames[None])
    np.testing.assert_allclose(columns, network.columns(frames), atol=2e-5)


@pytest.mark.parametrize("middle", [0, 12])
def test_the_window_is_the_embedding_of_its_columns_means(middle):
    network = MlxNetwork(FrontEndConfig(), EncoderConfig(middle_columns=middle), HeadConfig(), seed=1)
    windows = _frames(3, grid.WINDOW_FRAMES, grid.MEL_BANDS, 2)
    whole = _run(window_model(network), windows)
    columns = _run(columns_model(network), windows)
    newest = [columns[:, -count:] for count in (middle, network.encoder.recent_columns) if count]
    pooled = np.concatenate([part.mean(axis=1) for part in (columns, *newest)], axis=1)
    np.testing.assert_allclose(whole, _run(embed_model(network), pooled), atol=1e-5)
    np.testing.assert_allclose(whole, network.window_embeddings(windows), atol=2e-5)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_head_agrees_with_mlx_whatever_it_reads(readout, layers):
    head = HeadConfig(hidden=32, layers=layers, readout=readout, fc=32)
    network = MlxNetwork(FrontEndConfig(), EncoderConfig(), head, seed=4)
    histories = np.random.default_rng(3).uniform(0, 6, (5, grid.WINDOWS, 128)).astype(np.float32)
    np.testing.assert_allclose(_run(head_model(network), histories), network.logits(histories), atol=1e-5)
