"""Short crops of many matches: what the encoder learns from first."""

from dataclasses import replace

import numpy as np

from engine.core import grid
from engine.model.encoder import EncoderConfig
from tests.unit.train.segment_matches import NO_AUGMENTATION, made_up_match
from train.data.simulated import KINDS
from train.fit.sampling.augmentation import Augmentation
from train.fit.sampling.crops import CropSampler
from train.fit.settings import CropSettings, FitSettings
from train.fit.training_data import TrainingData

ROAR = KINDS.index("roar")


def _sampler(simulated: bool = True, augmentation: Augmentation = NO_AUGMENTATION) -> CropSampler:
    matches = [made_up_match(f"match-{i}", i, simulated=simulated) for i in range(3)]
    return CropSampler(TrainingData(matches), FitSettings(augmentation=augmentation, crops=CropSettings(30, 3)))


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


def test_bands_and_moments_of_crops_are_hidden_where_the_augmentation_says_so():
    plain = _sampler().batch(np.random.default_rng(6))
    hidden = _sampler(augmentation=replace(NO_AUGMENTATION, mask_share=1.0)).batch(np.random.default_rng(6))
    np.testing.assert_array_equal(plain.tags, hidden.tags)
    assert (plain.frames == 0.0).mean() < 0.01 < (hidden.frames == 0.0).mean()


def test_without_mixing_every_crop_has_one_sound_and_with_it_some_have_two():
    shares = [_sampler(augmentation=replace(NO_AUGMENTATION, mixup=mixup)).batch(np.random.default_rng(7)).tags[:, -1]
              for mixup in (0.0, 0.4)]  # fmt: skip
    assert set(np.unique(shares[0])) == {0.0, 1.0}
    assert ((shares[1] > 0.0) & (shares[1] < 1.0)).any()
