"""The networks give what their authors' code gives, on published checkpoints and on seeded tensors."""

import mlx.core as mx
import numpy as np
import pytest

from engine.spotting import matrix_products
from engine.spotting.calf import Calf
from engine.spotting.config import JOINED, LOGITS, POOLED, ChannelConfig, SpottingConfig, WindowConfig
from engine.spotting.pooled_model import PooledModel
from engine.spotting.pooling import Clusters, PoolConfig
from engine.spotting.published import from_tensors, read_published
from engine.spotting.vocabularies import V1, V2
from engine.spotting.weights import ALL
from tests.extras import need
from tests.unit.engine.spotting.seeded import (
    REFERENCES,
    checkpoint,
    drawn,
    fill,
    needs_checkpoints,
    published_tensors,
)

CLOSE = 1e-4


def _differs(found: mx.array, expected: list[float]) -> float:
    return float(np.abs(np.array(found).ravel() - np.array(expected)).max())


@needs_checkpoints
@pytest.mark.parametrize("name", ["NETVLAD_v1", "MAXPOOL_v1", "MAXPOOL_v2"])
def test_a_published_checkpoint_scores_as_in_its_authors_code(name):
    weights = read_published(checkpoint(f"{name}/model.pth.tar"))
    assert weights.config.vocabulary == (V2 if name.endswith("v2") else V1)
    scores = mx.sigmoid(weights.models[ALL]([drawn(0, 2, 40, 512)], 1))
    assert _differs(scores, REFERENCES["public"][name]) < CLOSE


@needs_checkpoints
def test_calf_as_published_segments_and_detects_as_in_the_authors_layout():
    need("h5py", "keras")
    weights = read_published(checkpoint("CALF/soccernet_trained_weights_resnet_pca512.h5"))
    segments, detections = weights.models[ALL](drawn(1, 1, 240, 512))
    expected = REFERENCES["public"]["CALF"]
    goal_card_subs = [2, 0, 1]
    assert _differs(segments[0, ::20][:, goal_card_subs], expected["segmentation_every_20"]) < CLOSE
    order = [0, 1, *(2 + n for n in goal_card_subs)]
    assert _differs(detections[0][:, order], expected["detections"]) < CLOSE


@pytest.mark.parametrize("name", ["netvlad++", "netrvlad++", "netvlad", "netrvlad", "netvlad++ projected"])
def test_netvlad_plus_plus_and_its_relatives_score_as_in_the_published_code(name):
    weights = from_tensors(published_tensors(name), name, window_s=5.0)
    assert weights.config.pool.apart == ("++" in name)
    rows = drawn(3, 2, 10, 9 if "projected" in name else 6)
    scores = mx.sigmoid(weights.models[ALL]([rows], 1))
    assert _differs(scores, REFERENCES["seeded"][name]["scores"]) < CLOSE


def test_calf_segments_and_detects_as_in_the_published_code():
    expected = REFERENCES["seeded"]["calf"]
    model = from_tensors(published_tensors("calf"), "calf").models[ALL]
    assert isinstance(model, Calf)
    segments, detections = model(drawn(2, 2, 48, 12))
    assert _differs(segments[0, ::4], expected["segmentation"]) < CLOSE
    assert _differs(detections, expected["detections"]) < CLOSE
    of_batch, _ = model(drawn(2, 2, 48, 12), of_batch=True)
    assert _differs(of_batch[0, ::4], expected["segmentation_of_batch"]) < CLOSE


VIDEO, AUDIO = ChannelConfig("video", 5), ChannelConfig("audio", 3)
LOUPE = {"clusters": 3, "bias": True}
CASES = {
    **{
        f"loupe {kind}": (JOINED, PoolConfig(kind, normalise=False, hidden=7, **LOUPE), 1)
        for kind in ("netvlad", "netrvlad", "netfv")
    },
    "fused pooled": (POOLED, PoolConfig("netvlad", hidden=7, **LOUPE), 2),
    "fused logits": (LOGITS, PoolConfig("netvlad", **LOUPE), 2),
    "fused joined": (JOINED, PoolConfig("netvlad", **LOUPE), 2),
    "joined maximum": (JOINED, PoolConfig("max", normalise=False), 2),
    "joined mean apart": (JOINED, PoolConfig("mean", normalise=False, apart=True), 2),
}


@pytest.mark.parametrize("name", CASES)
def test_pools_and_fusions_give_what_was_written_down_once(name):
    fusion, pool, channels = CASES[name]
    config = SpottingConfig(name, (VIDEO, AUDIO)[:channels], V1, fusion, pool, WindowConfig(8, 4))
    model = PooledModel(config)
    fill(model, name)
    logits = model([drawn(4, 2, 8, 5), drawn(5, 2, 8, 3)][:channels], 1)
    assert logits.shape == (2, 1, 4)
    assert _differs(logits, REFERENCES["seeded"][name]) < CLOSE


@pytest.mark.parametrize("stride", [1, 2, 3, 8])
@pytest.mark.parametrize(
    "pool",
    [
        PoolConfig("max"),
        PoolConfig("mean", apart=True),
        PoolConfig("netvlad", **LOUPE),
        PoolConfig("netrvlad", clusters=4, apart=True),
        PoolConfig("netfv", clusters=2),
    ],
    ids=lambda pool: f"{pool.kind}{'++' if pool.apart else ''}",
)
def test_a_segment_gives_what_its_windows_give_one_by_one(pool, stride):
    config = SpottingConfig("segment", (VIDEO,), V1, JOINED, pool, WindowConfig(8, 4))
    model = PooledModel(config, seed=1)
    rows = drawn(6, 2, 37, 5)
    segment = np.array(model([rows], stride))
    alone = [np.array(model([rows[:, at : at + 8]], 1))[:, 0] for at in range(0, 37 - 8 + 1, stride)]
    np.testing.assert_allclose(segment, np.stack(alone, axis=1), atol=2e-6)


@pytest.mark.parametrize("kind", ["netvlad", "netrvlad"])
@pytest.mark.parametrize("stride", [1, 4, 8])
def test_reading_without_pooled_vectors_gives_the_same_products_and_gradients(monkeypatch, kind, stride):
    monkeypatch.setattr(matrix_products, "_WORTH_THE_WAY", 0)
    pool = Clusters(PoolConfig(kind, **LOUPE), 5, 3, np.random.default_rng(7))
    rows, weight = drawn(8, 2, 37, 5), drawn(9, 15, 4)

    def told(way):
        def loss(parameters, weight):
            pool.update(parameters)
            return (way(weight) ** 2).sum()

        return mx.value_and_grad(loss, argnums=(0, 1))(pool.parameters(), weight)

    plain, (slopes, by_weight) = told(lambda weight: pool(rows, 8, stride) @ weight)
    quick, (quick_slopes, quick_by_weight) = told(lambda weight: pool.read(rows, 8, stride, weight))
    assert float(plain) == pytest.approx(float(quick), rel=1e-5)
    np.testing.assert_allclose(by_weight, quick_by_weight, rtol=1e-4, atol=1e-4)
    for name, slope in slopes.items():
        np.testing.assert_allclose(slope, quick_slopes[name], rtol=1e-4, atol=1e-4, err_msg=name)
        assert np.abs(np.array(slope)).max() > 1e-3 or name == "centres", name
