"""What both samplers share: moments by kind, and the mixture of two rows."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.train.segment_matches import NO_AUGMENTATION, made_up_match
from train.fit.sampling.moments import Mixup, Stretches, danger_onsets, draw_moment, in_order, sounds_by_kind

SIZE = 12


@pytest.fixture
def mixup() -> Mixup:
    return Mixup.draw(np.random.default_rng(6), SIZE, 0.4)


def test_everything_of_two_rows_is_mixed_in_the_same_shares_and_a_row_keeps_the_larger(mixup: Mixup):
    rng = np.random.default_rng(1)
    shares = mixup.mix(np.eye(SIZE, dtype=np.float32)[:, None, :])[:, 0]
    assert shares.sum(axis=1) == pytest.approx(np.ones(SIZE))
    assert 0.5 <= shares.diagonal().min() < 0.95
    targets, tags = rng.random((SIZE, 4)).astype(np.float32), rng.random((SIZE, 2, 3)).astype(np.float32)
    np.testing.assert_allclose(mixup.mix(targets), shares @ targets, atol=1e-6)
    np.testing.assert_allclose(mixup.mix(tags), np.einsum("ij,jkl->ikl", shares, tags), atol=1e-6)


def test_what_is_left_out_of_either_row_is_left_out_of_the_mixture(mixup: Mixup):
    weights = np.ones((SIZE, 4), np.float32)
    weights[::4] = 0.0
    for row, own, other in zip(mixup.both(weights), weights, weights[mixup.other], strict=True):
        np.testing.assert_array_equal(row, own * other)


def test_moments_of_sounds_lie_at_their_onsets_by_kind():
    matches = [made_up_match("a", 1, simulated=True), made_up_match("b", 2, simulated=False)]
    cries, others = sounds_by_kind(matches)
    assert cries == {"roar": [(0, sound.onset_s) for sound in matches[0].sounds]} and others == {}
    song = replace(matches[0].sounds[0], kind="chant")
    cries, others = sounds_by_kind([replace(matches[0], sounds=(song,))])
    assert cries == {} and in_order(others | {"drum": []}) == [[(0, song.onset_s)]]


def test_danger_begins_where_the_labels_rise():
    match = made_up_match("a", 1)
    truth, times_s = match.labels.truth, match.end_times_s()
    expected = [(3, times_s[i]) for i in range(len(truth)) if truth[i] and (i == 0 or not truth[i - 1])]
    assert danger_onsets(3, match) == expected


def test_groups_are_drawn_equally_often_however_many_moments_they_have():
    groups = [[(0, 1.0)], [(1, float(t)) for t in range(99)]]
    rng = np.random.default_rng(3)
    drawn = [draw_moment(rng, groups)[0] for _ in range(400)]
    assert 0.4 < np.mean(drawn) < 0.6


def test_a_stretch_has_all_the_past_that_was_asked_for():
    match = made_up_match("a", 1)
    stretches = Stretches(2, 50, (30, 30))
    for i, first in enumerate((100, 10)):
        stretches.draw(i, match, first, np.random.default_rng(i), NO_AUGMENTATION, ())
    assert stretches._starts.tolist() == [0, 20], "fewer only where the match begins"
    np.testing.assert_allclose(stretches._frames[0], match.read(70, 150), atol=1e-4)
