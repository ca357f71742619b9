"""A world of made-up commentaries: the network learns which word speaks of which event, and runs as taught."""

import mlx.core as mx
import numpy as np
import pytest

from engine.commentary.features import COUNTS, features_of
from engine.commentary.transcript import Segment, Transcript
from engine.commentary.word_network import spanned
from train.commentary.corpus import HalfWords
from train.commentary.cross_fit import merged, pruned
from train.commentary.fit import FitSettings, TrainingHalf, choose_vocabulary, fit, soft_targets
from train.commentary.network import spanned_in_mlx

SPANS = ((-4, -1), (-1, 2), (2, 6))
USUAL = ["left", "right", "pass", "back", "long", "ball", "again", "keeper", "throw", "midfield", "header", "run"]
SETTINGS = FitSettings(
    spans=SPANS, width=8, hidden=16, epochs=25, crop_steps=64, batch=4, vocabulary=40, least_games=2, word_dropout=0.1
)


def half(seed: int) -> tuple[TrainingHalf, Transcript]:
    """Ten minutes of chatter; 'zonk' is said four seconds behind every event of the first kind, 'plim' behind one of
    the second."""
    draw = np.random.default_rng(seed)
    rows = [(t, " ".join(draw.choice(USUAL, 4))) for t in np.arange(0.0, 600.0, 4.0).tolist()]
    events = tuple(tuple(sorted(draw.uniform(20, 560, 6).tolist())) for _ in range(2))
    for seconds, word in zip(events, ("zonk", "plim"), strict=True):
        rows += [(t + 4.0, word) for t in seconds]
    transcript = Transcript(tuple(Segment(t, t + 2.0, text) for t, text in sorted(rows)))
    features = features_of(transcript, 610.0)
    return TrainingHalf(f"game {seed}", features.hashes, features.steps, features.counts, events), transcript


@pytest.fixture(scope="module")
def taught():
    return fit([half(seed)[0] for seed in range(12)], SETTINGS, seed=1)


def test_what_a_word_speaks_of_is_learned_and_found_in_a_game_never_seen(taught):
    unseen, transcript = half(99)
    logits = taught.logits(features_of(transcript, 610.0))
    near = soft_targets(unseen.events, len(logits), 4.0, 4.0) > 0.7
    for kind in range(2):
        assert logits[near[:, kind], kind].mean() > logits[~near[:, kind], kind].mean() + 1.0


def test_the_same_seed_gives_the_same_network_and_another_one_another(taught):
    again = fit([half(seed)[0] for seed in range(12)], SETTINGS, seed=1)
    assert all(np.array_equal(taught.tensors()[name], value) for name, value in again.tensors().items())
    other = fit([half(seed)[0] for seed in range(12)], SETTINGS, seed=2)
    assert not np.array_equal(taught.vectors, other.vectors)


def test_the_words_that_are_learned_stand_near_events_and_in_enough_games():
    halves = [half(seed)[0] for seed in range(6)]
    targets = [soft_targets(one.events, len(one.counts), 4.0, 4.0) for one in halves]
    table = choose_vocabulary(halves, targets, FitSettings(spans=SPANS, vocabulary=3, least_games=2))
    from zlib import crc32

    assert {crc32(b"w zonk"), crc32(b"w plim")} <= set(table.tolist())
    assert not len(choose_vocabulary(halves, targets, FitSettings(spans=SPANS, vocabulary=3, least_games=7)))


def test_training_and_running_sum_over_spans_alike():
    steps = np.random.default_rng(0).standard_normal((2, 50, 3)).astype(np.float32)
    trained = np.array(spanned_in_mlx(mx.array(steps), SPANS))
    for one, other in zip(steps, trained, strict=True):
        assert spanned(one, SPANS) == pytest.approx(other, abs=1e-4)


def test_two_networks_in_one_say_the_mean_of_both(taught):
    other = fit([half(seed)[0] for seed in range(12)], SETTINGS, seed=2)
    features = features_of(half(50)[1], 610.0)
    both = merged([taught, other]).logits(features)
    assert both == pytest.approx((taught.logits(features) + other.logits(features)) / 2, abs=1e-4)


def test_words_that_move_nothing_are_the_first_to_go(taught):
    from zlib import crc32

    one = half(7)
    features = features_of(one[1], 610.0)
    heard = HalfWords("game 7", 1, {}, {"original": features}, "en", one[0].events, 610.0)
    small = pruned(taught, [heard], 4)
    assert len(small.table) == 4
    assert {crc32(b"w zonk"), crc32(b"w plim")} <= set(small.table.tolist())
    assert pruned(taught, [heard], 1000) is taught


def test_targets_are_one_at_an_event_and_wider_behind_it_where_that_is_wanted():
    target = soft_targets([[101.0], []], 100, 4.0, 12.0)
    assert target[50, 0] == 1.0
    assert target[52, 0] > target[48, 0]
    assert not target[:, 1].any()
    assert target.shape == (100, 2)


def test_counts_have_a_weight_each(taught):
    assert taught.counts.shape[0] == len(COUNTS)
