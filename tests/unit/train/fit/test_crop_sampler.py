"""Short crops of many matches: what the encoder learns from first."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core import grid
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from tests.unit.train.segment_matches import made_up_match
from train.data.simulated import KINDS
from train.fit.augmentation import NO_AUGMENTATION, Augmentation
from train.fit.crop_sampler import CropSampler, CropSettings

ROAR = KINDS.index("roar")


def _sampler(simulated: bool = True, augmentation: Augmentation = NO_AUGMENTATION) -> CropSampler:
    matches = [made_up_match(f"match-{i}", i, simulated=simulated) for i in range(3)]
    return CropSampler(matches, FrontEndConfig(), EncoderConfig(), augmentation, CropSettings(30, 3))


def test_the_same_random_numbers_give_the_same_pieces():
    one, other = (_sampler(augmentation=Augmentation()).batch(np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.frames, other.frames)
    np.testing.assert_array_equal(one.tags, other.tags)


def test_a_crop_holds_a_few_columns():
    batch = _sampler().batch(np.random.default_rng(1))
    assert batch.frames.shape == (90, EncoderConfig().receptive_field + 16, grid.MEL_BANDS, 2)


def test_what_sounds_at_the_end_of_a_crop_is_its_tag():
    batch = _sampler().batch(np.random.default_rng(2))
    loud = batch.frames[:, -30:, 20:40, 1].mean(axis=(1, 2))
    assert loud[batch.tags[:, ROAR] == 1.0].min() > loud[batch.tags[:, ROAR] == 0.0].max()
    assert batch.weights.all()


def test_a_cry_counts_while_it_is_fresh():
    batch = _sampler().batch(np.random.default_rng(3))
    cries = batch.tags[:, -1] == 1.0
    assert 0.1 < cries.mean() < 0.9
    assert (batch.tags[cries, ROAR] > 0).all()
    assert (batch.tags[~cries, ROAR] > 0).any()


def test_of_a_match_without_truth_only_the_label_is_learned():
    batch = _sampler(simulated=False).batch(np.random.default_rng(4))
    assert not batch.weights[:, :-1].any()
    assert batch.weights[:, -1].all()
    assert 0.1 < batch.tags[:, -1].mean() < 0.9


def test_two_crops_are_mixed_in_the_same_shares_as_their_tags_and_the_first_keeps_the_larger():
    sampler = _sampler(augmentation=replace(NO_AUGMENTATION, mixup=0.4))
    count = 12
    rng = np.random.default_rng(6)
    tags, weights = rng.random((count, 3)).astype(np.float32), np.ones((count, 3), np.float32)
    weights[::3] = 0.0
    told_apart = np.eye(count, dtype=np.float32)[:, None, None, :]
    mixed = sampler._mixed(rng, told_apart, tags, weights)
    shares = mixed.frames[:, 0, 0, :]
    assert shares.sum(axis=1) == pytest.approx(np.ones(count))
    assert shares.diagonal().min() >= 0.5
    assert shares.diagonal().min() < 0.95
    np.testing.assert_allclose(mixed.tags, shares @ tags, atol=1e-6)
    for row, parts in zip(mixed.weights, shares > 0.0, strict=True):
        np.testing.assert_array_equal(row, weights[parts].prod(axis=0))


def test_without_mixing_crops_stay_as_they_are():
    rng = np.random.default_rng(7)
    before = rng.random((4, 2, 3, 1)).astype(np.float32)
    tags, weights = np.ones((4, 2), np.float32), np.ones((4, 2), np.float32)
    assert _sampler()._mixed(rng, before, tags, weights).frames is before
