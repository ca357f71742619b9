"""A segment says what the engine says of every window and history in it."""

import re

import mlx.core as mx
import numpy as np
import pytest
from mlx.nn.utils import value_and_grad
from mlx.utils import tree_flatten

from engine.core import grid
from engine.live.pipeline import Pipeline
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEnd, FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.network import MlxNetwork
from train.fit.network.segment_network import SegmentNetwork, _histories, segment_frames
from train.fit.sampling.batched_front_end import front_end_of


@pytest.fixture(params=[0, 12], ids=["two spans", "three spans"])
def network(request: pytest.FixtureRequest) -> MlxNetwork:
    return MlxNetwork(FrontEndConfig(), EncoderConfig(middle_columns=request.param), HeadConfig(), seed=3)


def _noise(frames: int) -> np.ndarray:
    return np.random.default_rng(2).normal(-50, 6, (frames, grid.MEL_BANDS)).astype(np.float32)


@pytest.mark.parametrize("kind", ["level", "background", "both"])
def test_the_front_end_of_many_segments_is_the_one_that_listens(kind):
    config = FrontEndConfig(kind=kind)
    frames, starts = np.stack([_noise(300), _noise(300) + 3]), np.array([0, 120])
    together = front_end_of(frames, starts, config)
    for i, start in enumerate(starts):
        alone = FrontEnd(config).push(frames[i, start:])
        np.testing.assert_allclose(together[i, start:], alone, atol=1e-6)


def test_a_segment_gives_the_logits_of_a_stream(network):
    mel = _noise(40 * grid.WINDOW_HOP_FRAMES)
    streamed = Pipeline(network, 0, grid.WINDOW_HOP_FRAMES).push(mel)
    first = -(-grid.HISTORY_FRAMES // grid.WINDOW_HOP_FRAMES) * grid.WINDOW_HOP_FRAMES - grid.HISTORY_FRAMES
    segment = front_end_of(mel[None], np.array([0]), network.front_end)[:, first : first + segment_frames(5)]
    out = SegmentNetwork(network, tags=4, heard=2, dropout=0.5)(mx.array(segment))
    np.testing.assert_allclose(out.logits[0], streamed[:5], atol=2e-5)


def test_only_training_drops_anything(network):
    model = SegmentNetwork(network, tags=4, heard=2, dropout=0.5)
    segments = mx.array(np.random.default_rng(1).normal(size=(1, segment_frames(1), 64, 2)).astype(np.float32))
    assert mx.array_equal(model(segments).logits, model(segments).logits)
    assert not mx.array_equal(model(segments).logits, model(segments, mx.random.key(1)).logits)


def test_a_standardised_encoder_tells_windows_apart(network):
    model = SegmentNetwork(network, tags=4, heard=2, dropout=0.0)
    segments = mx.array(np.random.default_rng(1).normal(size=(3, segment_frames(3), 64, 2)).astype(np.float32))
    before = np.asarray(model.windows(model.columns(segments))).std(axis=(0, 1)).mean()
    model.standardise(segments)
    model.standardise_embedding(segments)
    after = np.asarray(model.windows(model.columns(segments))).std(axis=(0, 1)).mean()
    assert after > 0.3 > before


@pytest.mark.parametrize("count", [1, 3])
def test_training_on_a_gpu_gives_the_same_bits_twice_since_no_gradient_adds_by_index(network, count, tmp_path):
    """Metal adds floats at an index in the order in which its threads come; sums of slices have one order."""
    model = SegmentNetwork(network, tags=4, heard=2, dropout=0.5)
    segments = mx.array(np.random.default_rng(1).normal(size=(2, segment_frames(count), 64, 2)).astype(np.float32))

    def loss(model: SegmentNetwork) -> mx.array:
        out = model(segments, mx.random.key(1))
        return (out.logits**2).sum() + (out.direct**2).sum() + (out.tags**2).sum()

    _, gradients = value_and_grad(model, loss)(model)
    graph = tmp_path / "gradients.dot"
    mx.export_to_dot(str(graph), *[value for _, value in tree_flatten(gradients)])
    operations = set(re.findall(r'label ="(.+?)"', graph.read_text()))
    assert "Slice" in operations
    assert not [name for name in operations if name.startswith("Scatter")]


def test_the_gradient_of_the_histories_is_the_one_of_a_look_up_to_the_bit():
    rng = np.random.default_rng(4)
    embeddings = mx.array(rng.normal(size=(2, grid.WINDOWS + 4, 3)).astype(np.float32))
    by = mx.array(rng.normal(size=(2, 5, grid.WINDOWS, 3)).astype(np.float32))
    order = (np.arange(5)[:, None] + np.arange(grid.WINDOWS)).reshape(-1)

    def looked_up(x: mx.array) -> mx.array:
        return (x[:, mx.array(order)].reshape(2, 5, grid.WINDOWS, 3) * by).sum()

    ours = mx.grad(lambda x: (_histories(x) * by).sum())(embeddings)
    with mx.stream(mx.cpu):
        assert mx.array_equal(ours, mx.grad(looked_up)(embeddings))
