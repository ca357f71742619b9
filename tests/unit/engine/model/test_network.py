"""The network against an independent forward pass in numpy, and its promises about columns."""

import numpy as np
import pytest

from engine.core import grid
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FRONT_END_KINDS, FrontEndConfig
from engine.model.head import READOUTS, HeadConfig
from engine.model.matrix_products import host_dense, mlx_dense
from engine.model.network import MlxNetwork


def _conv(x: np.ndarray, weight: np.ndarray, stride: tuple[int, int], groups: bool) -> np.ndarray:
    """Textbook 3x3 convolution on (t, f, c), zeros beyond the frequency edges, in double precision."""
    x = np.pad(x.astype(np.float64), ((0, 0), (1, 1), (0, 0)))
    kernel = weight.astype(np.float64).reshape(3, 3, x.shape[2], -1)
    steps, bands = (x.shape[0] - 3) // stride[0] + 1, (x.shape[1] - 3) // stride[1] + 1
    out = np.zeros((steps, bands, x.shape[2] if groups else kernel.shape[3]))
    for t in range(steps):
        for f in range(bands):
            patch = x[t * stride[0] : t * stride[0] + 3, f * stride[1] : f * stride[1] + 3]
            out[t, f] = (patch * kernel[..., 0]).sum(axis=(0, 1)) if groups else np.einsum("ijc,ijco->o", patch, kernel)
    return out


def _relu6(x: np.ndarray) -> np.ndarray:
    return np.minimum(np.maximum(x, 0), 6)


def _embedding(network: MlxNetwork, window: np.ndarray) -> np.ndarray:
    cnn, config, strides = network.cnn, network.encoder, network.encoder.strides
    x = _relu6(_conv(window, np.asarray(cnn.stem.weight), strides[0], groups=False) + np.asarray(cnn.stem.bias))
    for block, stride in zip(cnn.blocks, strides[1:], strict=True):
        x = _relu6(
            _conv(x, np.asarray(block.depthwise), stride, groups=True) + np.asarray(block.depthwise_bias, np.float64)
        )
        x = _relu6(x @ np.asarray(block.pointwise, np.float64) + np.asarray(block.pointwise_bias))
    columns = x.mean(axis=1) if config.pool == "mean" else x.reshape(len(x), -1)
    pooled = columns.mean(axis=0)
    for newest in filter(None, (config.middle_columns, config.recent_columns)):
        pooled = np.concatenate([pooled, columns[-newest:].mean(axis=0)])
    return _relu6(pooled @ np.asarray(cnn.projection, np.float64) + np.asarray(cnn.projection_bias))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _lstm(x: np.ndarray, layer, direction: int, hidden: int) -> np.ndarray:
    gates_of_input = slice(direction * 4 * hidden, (direction + 1) * 4 * hidden)
    w_x = np.asarray(layer.input, np.float64)[:, gates_of_input]
    bias = np.asarray(layer.bias, np.float64)[gates_of_input]
    w_h = np.asarray(layer.recurrent, np.float64)[direction]
    h, c, out = np.zeros(hidden), np.zeros(hidden), np.zeros((len(x), hidden))
    order = range(len(x)) if direction == 0 else range(len(x) - 1, -1, -1)
    for t in order:
        i, f, g, o = np.split(x[t] @ w_x + bias + h @ w_h, 4)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
        out[t] = h
    return out


def _logits(network: MlxNetwork, history: np.ndarray) -> np.ndarray:
    head, hidden = network.pressure, network.head.hidden
    x = history.astype(np.float64)
    for layer in head.layers:
        x = np.concatenate([_lstm(x, layer, direction, hidden) for direction in (0, 1)], axis=1)
    if network.head.readout == "last":
        read = x[-1]
    elif network.head.readout == "mean":
        read = x.mean(axis=0)
    else:
        score = x @ np.asarray(head.attention, np.float64)
        share = np.exp(score - score.max())
        read = (share / share.sum() * x).sum(axis=0)
    y = _relu6(read @ np.asarray(head.fc, np.float64) + np.asarray(head.fc_bias))
    return y @ np.asarray(head.out, np.float64) + np.asarray(head.out_bias)


PLAIN = EncoderConfig(
    channels=(32, 64, 128, 128),
    band_bias=False,
    pool="mean",
    recent_columns=0,
)
"""Nothing kept apart: a mean over all that it sees."""


@pytest.mark.parametrize(
    "encoder", [EncoderConfig(), PLAIN, EncoderConfig(middle_columns=12)], ids=["usual", "plain", "three spans"]
)
@pytest.mark.parametrize("kind", FRONT_END_KINDS)
def test_embedding_agrees_with_numpy(kind, encoder):
    network = MlxNetwork(FrontEndConfig(kind), encoder, HeadConfig(), seed=1)
    window = np.random.default_rng(2).normal(size=(grid.WINDOW_FRAMES, grid.MEL_BANDS, network.front_end.channels))
    ours = network.window_embeddings(window[None].astype(np.float32))[0]
    np.testing.assert_allclose(ours, _embedding(network, window.astype(np.float32)), atol=1e-5)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("batch", [1, 40])
def test_head_agrees_with_numpy(readout, batch):
    network = MlxNetwork(FrontEndConfig(), EncoderConfig(), HeadConfig(readout=readout), seed=4)
    histories = np.random.default_rng(3).uniform(0, 6, (batch, grid.WINDOWS, 128)).astype(np.float32)
    expected = [_logits(network, history) for history in histories]
    np.testing.assert_allclose(network.logits(histories), expected, atol=1e-5)


@pytest.mark.parametrize(
    "encoder",
    [
        EncoderConfig(),
        EncoderConfig(strides=((2, 2), (2, 2), (1, 1), (1, 1))),
        EncoderConfig(strides=((1, 2), (2, 2), (2, 2), (1, 1))),
    ],
)
def test_a_column_is_a_function_of_its_receptive_field(encoder):
    network = MlxNetwork(FrontEndConfig("level"), encoder, HeadConfig(), seed=1)
    stride, field = network.encoder.time_stride, network.encoder.receptive_field
    frames = np.random.default_rng(6).normal(size=(3000, grid.MEL_BANDS, 1)).astype(np.float32)
    columns = network.columns(frames)
    assert len(columns) == (len(frames) - field) // stride + 1
    piece = 1024 // stride  # columns that are computed together
    for k in (0, 1, piece - 1, piece, len(columns) - 1):
        alone = network.columns(frames[k * stride : k * stride + field])
        np.testing.assert_allclose(alone[0], columns[k], atol=1e-5)


def test_what_is_embedded_of_a_window_is_the_mean_of_its_columns_and_of_the_newest(mlx_network):
    window = np.random.default_rng(8).normal(size=(1, grid.WINDOW_FRAMES, grid.MEL_BANDS, 2)).astype(np.float32)
    columns = mlx_network.columns(window[0])
    assert len(columns) == mlx_network.encoder.window_columns
    newest = columns[-mlx_network.encoder.recent_columns :]
    pooled = np.concatenate([columns.mean(axis=0), newest.mean(axis=0)])
    np.testing.assert_allclose(mlx_network.embed(pooled[None]), mlx_network.window_embeddings(window), atol=1e-5)


def test_too_few_frames_give_no_column(mlx_network):
    frames = np.zeros((mlx_network.encoder.receptive_field - 1, grid.MEL_BANDS, 2), np.float32)
    assert mlx_network.columns(frames).shape == (0, mlx_network.encoder.column_width)


def test_both_ways_to_multiply_agree():
    import mlx.core as mx

    rng = np.random.default_rng(9)
    x, weight, bias = (
        mx.array(rng.normal(size=shape).astype(np.float32)) for shape in ((2, 300, 64), (2, 64, 256), (256,))
    )
    np.testing.assert_allclose(
        np.asarray(host_dense(x, weight, bias)), np.asarray(mlx_dense(x, weight, bias)), atol=1e-4
    )


def test_segments_side_by_side_are_the_segments_one_by_one(network):
    stride, field = network.encoder.time_stride, network.encoder.receptive_field
    segments = np.random.default_rng(7).normal(size=(40, field + 3 * stride, grid.MEL_BANDS, 2)).astype(np.float32)
    together = network.columns_of_segments(segments)
    np.testing.assert_allclose(together, [network.columns(segment) for segment in segments], atol=1e-5)
