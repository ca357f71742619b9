"""A strip says what the engine says of every window and history in it."""

import mlx.core as mx
import numpy as np
import pytest

from engine import grid
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEnd, FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.network import MlxNetwork
from engine.pipeline import Pipeline
from train.front_end import front_end_of
from train.strips import StripNetwork, strip_frames


@pytest.fixture
def network() -> MlxNetwork:
    return MlxNetwork(FrontEndConfig(), EncoderConfig(), HeadConfig(), seed=3)


def _noise(frames: int) -> np.ndarray:
    return np.random.default_rng(2).normal(-50, 6, (frames, grid.MEL_BANDS)).astype(np.float32)


@pytest.mark.parametrize("kind", ["level", "background", "both"])
def test_the_front_end_of_many_strips_is_the_one_that_listens(kind):
    config = FrontEndConfig(kind=kind)
    frames, starts = np.stack([_noise(300), _noise(300) + 3]), np.array([0, 120])
    together = front_end_of(frames, starts, config)
    for i, start in enumerate(starts):
        alone = FrontEnd(config).push(frames[i, start:])
        np.testing.assert_allclose(together[i, start:], alone, atol=1e-6)


def test_a_strip_gives_the_logits_of_a_stream(network):
    mel = _noise(40 * grid.WINDOW_HOP_FRAMES)
    streamed = Pipeline(network, 0, grid.WINDOW_HOP_FRAMES).push(mel)
    first = -(-grid.HISTORY_FRAMES // grid.WINDOW_HOP_FRAMES) * grid.WINDOW_HOP_FRAMES - grid.HISTORY_FRAMES
    strip = front_end_of(mel[None], np.array([0]), network.front_end)[:, first : first + strip_frames(5)]
    out = StripNetwork(network, tags=4, dropout=0.5)(mx.array(strip))
    np.testing.assert_allclose(out.logits[0], streamed[:5], atol=2e-5)


def test_only_training_drops_anything(network):
    model = StripNetwork(network, tags=4, dropout=0.5)
    strips = mx.array(np.random.default_rng(1).normal(size=(1, strip_frames(1), 64, 2)).astype(np.float32))
    assert mx.array_equal(model(strips).logits, model(strips).logits)
    assert not mx.array_equal(model(strips).logits, model(strips, mx.random.key(1)).logits)


def test_a_standardised_encoder_tells_windows_apart(network):
    model = StripNetwork(network, tags=4, dropout=0.0)
    strips = mx.array(np.random.default_rng(1).normal(size=(3, strip_frames(3), 64, 2)).astype(np.float32))
    before = np.asarray(model.windows(model.columns(strips))).std(axis=(0, 1)).mean()
    model.standardise(strips)
    model.standardise_embedding(strips)
    after = np.asarray(model.windows(model.columns(strips))).std(axis=(0, 1)).mean()
    assert after > 0.3 > before
