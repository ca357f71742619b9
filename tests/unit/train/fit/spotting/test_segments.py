"""What a model learns from: segments, their targets and the loss, on cases reckoned by hand."""

import json
from dataclasses import replace
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest

from engine.spotting.config import CalfConfig, ChannelConfig, SpottingConfig, WindowConfig
from engine.spotting.vocabularies import DANGER, V1
from tests.unit.train.fit.spotting.game_folder import PICTURE
from train.fit.spotting.calf_chunks import Chunks, ChunkSampler, _matched, reaches, segmentation_loss, shifts_of
from train.fit.spotting.games import Half, read_games
from train.fit.spotting.segments import Segments, SegmentSampler, class_weights, segment_loss, targets_at
from train.fit.spotting.settings import BALANCED, SpottingSettings

CONFIG = SpottingConfig("segments", (ChannelConfig("video", 2),), V1, window=WindowConfig(8, 4))
FEATURES = np.stack([np.arange(100.0), np.ones(100)], axis=1).astype(np.float32)
HALF = Half("game", 1, (FEATURES,), (), np.array([[20, 0], [22, 2]]))


def test_a_window_is_of_a_class_where_an_event_of_it_lies_in_it():
    targets = targets_at(HALF, np.array([15, 16, 17, 20, 24, 25, 27]), CONFIG)
    assert targets.tolist() == [
        [1, 0, 0, 0],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 1, 0, 1],
        [0, 1, 0, 1],
        [0, 0, 0, 1],
        [1, 0, 0, 0],
    ]


@pytest.mark.parametrize("ahead", [4, 2])
def test_a_segment_lies_where_its_targets_say_and_counts_no_moment_outside_of_the_half(ahead: int):
    config = replace(CONFIG, window=WindowConfig(8, ahead), causal=ahead < 4)
    sampler = SegmentSampler([HALF], config, SpottingSettings(stride_s=1.0, segment_windows=5, at_once=20))
    batch = sampler.draw(np.random.default_rng(1))
    assert batch.channels[0].shape == (20, 4 * 2 + 8, 2)
    for rows, targets, counts in zip(batch.channels[0][:, :, 0], batch.targets, batch.counts, strict=True):
        inside = counts > 0
        moments = rows[8 - ahead :: 2][:5][inside].astype(int)
        assert (np.diff(moments) == 2).all(), "beyond the ends the end rows stand, which are no moments"
        np.testing.assert_array_equal(targets[inside], targets_at(HALF, moments, config))


def test_the_loss_leaves_out_what_lies_outside_and_weighs_events_and_what_is_right_already():
    logits = mx.array([[[0.0, 0.0, 0.0, 0.0], [3.0, 3.0, 3.0, 3.0]]])
    batch = Segments(
        (np.zeros((1, 1, 2), np.float32),), np.array([[[0, 1, 0, 0], [0, 0, 0, 0]]], np.float32), np.array([[1.0, 0.0]])
    )

    def loss(gamma: float, weights: list[float]) -> float:
        return float(segment_loss(lambda *_: logits, batch, mx.random.key(0), 1, gamma, mx.array(weights)))

    assert loss(0, [1, 1, 1, 1]) == pytest.approx(np.log(2))
    assert loss(2, [1, 1, 1, 1]) == pytest.approx(np.log(2) / 4)
    assert loss(0, [1, 5, 9, 9]) == pytest.approx(np.log(2) * (5 + 3) / 4)


def test_rarer_classes_weigh_more_and_none_without_being_asked():
    common = np.array([[row, 0] for row in range(0, 100, 20)] + [[50, 2]])
    half = Half("game", 1, (FEATURES,), (), common)
    assert class_weights([half], CONFIG, SpottingSettings()).tolist() == [1, 1, 1, 1]
    weights = class_weights([half], CONFIG, SpottingSettings(weights=BALANCED))
    assert weights[0] == 1 < weights[1] * 1.5 < weights[3] < weights[2] == 30


def test_labels_of_the_first_soccernet_have_seconds_only(tmp_path: Path):
    for part in ("train", "valid"):
        game = tmp_path / part / "league" / "season" / f"{part} game"
        game.mkdir(parents=True)
        np.save(game / f"1_{PICTURE}.npy", FEATURES.astype(np.float16)[:, None])
        (game / f"1_{PICTURE}.json").write_text('{"fps": 1}')
        notes = [
            ("1 - 00:10", "y-card"),
            ("1 - 00:12", "subs-in"),
            ("1 - 00:20", "soccer-ball-own"),
            ("2 - 00:20", "x"),
        ]
        rows = [{"gameTime": time, "label": label} for time, label in notes]
        (game / "Labels.json").write_text(json.dumps({"annotations": rows}))
    games = read_games(tmp_path, [PICTURE], V1, None, 0, [].append)
    (half,) = games.parts["train"]
    assert half.events.tolist() == [[10, 0], [12, 1], [20, 2]]
    assert (games.rate_hz, games.widths) == (1.0, (2,))


def test_calf_asks_for_nothing_where_a_row_may_or_may_not_be_taken_for_an_event():
    config = SpottingConfig("calf", (ChannelConfig("video", 2),), DANGER)
    k = reaches(config)
    assert k.ravel().tolist() == [-40, -20, 120, 180]
    half = Half("game", 1, (FEATURES,), (), np.array([[50, 0]]))
    shifts = shifts_of(half, config, np.arange(100))
    assert shifts[[0, 10, 40, 50, 90], 0].tolist() == [-40, -40, -10, 0, 40]

    def loss(row: int, score: float) -> float:
        return float(segmentation_loss(mx.array([[score]]), mx.array(shifts[row : row + 1]), mx.array(k)))

    assert loss(0, 0.05) == 0.0 and loss(0, 0.9) > 1.0  # far from it: nothing may be seen
    assert loss(40, 0.05) == loss(40, 0.95) == 0.0  # shortly before
    assert loss(50, 0.95) == 0.0 and loss(50, 0.1) > 1.0  # at it: it must be seen


def test_between_two_events_calf_hears_the_one_that_is_relatively_nearer():
    config = SpottingConfig("calf", (ChannelConfig("video", 2),), DANGER)  # far before -40, behind from 120 to 180
    half = Half("game", 1, (np.zeros((400, 2), np.float32),), (), np.array([[0, 0], [195, 0]]))
    assert shifts_of(half, config, np.array([100, 130, 160, 165, 194]))[:, 0].tolist() == [100, 130, 160, -30, -1]


def test_every_event_of_a_chunk_is_given_a_detection_of_its_own():
    detections = mx.array([[[1.0, 0.5, 1.0], [1.0, 0.9, 1.0]]])
    events = np.array([[[1.0, 0.5, 1.0], [1.0, 0.52, 1.0]]], np.float32)
    batch = Chunks(np.zeros((1, 1, 2), np.float32), np.zeros((1, 1, 1), np.float32), events)
    assert float(_matched(detections, batch)) == pytest.approx(5 * 0.38**2, rel=1e-4)


def test_a_chunk_around_an_event_near_the_end_lies_within_the_half():
    half = Half("game", 1, (FEATURES,), (), np.array([[1, 0], [98, 0]]))
    sampler = ChunkSampler([half], CONFIG, CalfConfig(48, 14, 4, 3), 40)
    batch = sampler.draw(np.random.default_rng(0))
    assert (np.diff(batch.rows[:, :, 0], axis=1) == 1).all()
    told = batch.events[:, :, 0].sum(axis=1)
    assert told.max() == 1 and told.sum() > 15
    for rows, events in zip(batch.rows, batch.events, strict=True):
        at = [rows[0, 0] + 48 * place for there, place, *_ in events.tolist() if there]
        assert at == pytest.approx([row for row in (1, 98) if row in rows[:, 0]])
