"""What a batch is made of, and what may be done to its sound."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core import grid
from engine.model.calibration import undo_prior
from engine.model.front_end import FrontEnd, FrontEndConfig
from tests.unit.train.segment_matches import NO_AUGMENTATION, made_up_match
from train.data.packed_mel import FLOOR_DB
from train.data.soft_targets import oversample
from train.fit.sampling.augmentation import Augmentation, change_sound, mask
from train.fit.sampling.segments import SegmentSampler, column_centres
from train.fit.settings import FitSettings
from train.fit.training_data import TrainingData

HISTORIES = 4


def _sampler(matches, augmentation=NO_AUGMENTATION, hard=(), targets=None, segments=8, smoothing=0.0) -> SegmentSampler:
    return SegmentSampler(
        TrainingData(matches, hard_moments=hard),
        targets or {match.id: match.labels.target for match in matches},
        FitSettings(segments=segments, histories=HISTORIES, augmentation=augmentation, smoothing=smoothing),
    )


def test_the_same_numbers_draw_the_same_batch():
    sampler = _sampler([made_up_match("a", 1, simulated=True)], Augmentation(), segments=3)
    one, other = sampler.batch(np.random.default_rng(3)), sampler.batch(np.random.default_rng(3))
    for mine, theirs in zip(vars_of(one), vars_of(other), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def vars_of(batch):
    return [batch.segments, batch.targets, batch.weights, batch.tags, batch.tag_weights]


def test_targets_stand_at_the_ends_of_what_a_listener_would_have_heard():
    match = made_up_match("a", 1)
    numbered = {"a": np.arange(len(match.ends), dtype=np.float32)}
    batch = _sampler([match], targets=numbered, segments=6).batch(np.random.default_rng(1))
    whole = FrontEnd(FrontEndConfig()).push(match.read(0, match.frames))
    for segment, targets in zip(batch.segments, batch.targets, strict=True):
        row = int(targets[0])
        np.testing.assert_array_equal(targets, row + np.arange(HISTORIES))
        # The slow background knows less of the past here, the loud moments stand where they stood.
        last = whole[match.ends[row + HISTORIES - 1] - 200 : match.ends[row + HISTORIES - 1], :, 0]
        assert np.corrcoef(segment[-200:, :, 0].ravel(), last.ravel())[0, 1] > 0.95


def test_smoothing_moves_every_target_towards_a_half():
    match = made_up_match("a", 1)
    plain, smooth = (
        _sampler([match], smoothing=smoothing).batch(np.random.default_rng(2)).targets for smoothing in (0.0, 0.2)
    )
    assert plain.min() < plain.max()
    np.testing.assert_allclose(smooth, 0.1 + 0.8 * plain, atol=1e-6)


def test_a_hard_moment_lies_among_the_labelled_ends_or_shortly_after_the_last_that_came_before_it():
    match = made_up_match("a", 1, minutes=10.0, goals=0)
    hard_s = 300.0
    sampler = _sampler([match], hard=[("a", hard_s)])
    first_ends_s = []
    for seed in range(80):
        name = sampler._names[int(np.random.default_rng(seed).choice(len(sampler._names), p=sampler._shares))]
        if name == "hard":
            _, first, _ = sampler._place(np.random.default_rng(seed))
            first_ends_s.append((first + grid.HISTORY_FRAMES) * grid.HOP_S)
    reach_s = HISTORIES * grid.WINDOW_HOP_FRAMES * grid.HOP_S
    assert len(first_ends_s) > 10
    assert min(first_ends_s) >= hard_s - reach_s - 0.1
    assert max(first_ends_s) <= hard_s + 4.0 + grid.WINDOW_HOP_FRAMES * grid.HOP_S
    assert np.mean(first_ends_s) < hard_s


def test_rare_danger_is_drawn_often():
    matches = [made_up_match("a", 1, minutes=10.0, goals=1)]
    share = matches[0].labels.truth.mean()
    batches = [_sampler(matches, segments=4).batch(np.random.default_rng(i)) for i in range(10)]
    assert np.mean([batch.targets > 0.3 for batch in batches]) > 2 * share


def test_hard_moments_are_drawn():
    match = made_up_match("a", 1, minutes=12.0, goals=0)
    numbered = {"a": np.arange(len(match.ends), dtype=np.float32)}
    end = len(match.ends) // 2
    sampler = _sampler([match], hard=[("a", float(match.end_times_s()[end]))], targets=numbered)
    firsts = np.concatenate([sampler.batch(np.random.default_rng(i)).targets[:, 0] for i in range(6)])
    assert (np.abs(firsts - end) <= HISTORIES + 2).mean() > 0.25


def test_matches_without_truth_teach_no_tags():
    simulated, recorded = made_up_match("a", 1, simulated=True), made_up_match("b", 2)
    assert _sampler([simulated], segments=3).batch(np.random.default_rng(1)).tag_weights.all()
    assert not _sampler([recorded], segments=3).batch(np.random.default_rng(1)).tag_weights.any()


def test_oversampling_is_what_the_calibration_takes_back():
    targets = np.array([0.001, 0.016, 0.3], np.float32)
    more = oversample(targets, 0.016, 0.2)
    assert more[1] == pytest.approx(0.2, abs=1e-4)
    back = np.log(more / (1 - more)) + undo_prior(0.2, 0.016)
    np.testing.assert_allclose(1 / (1 + np.exp(-back)), targets, rtol=1e-4)


@pytest.fixture
def frames() -> np.ndarray:
    return np.random.default_rng(1).normal(-50, 5, (400, grid.MEL_BANDS)).astype(np.float32)


def test_no_augmentation_changes_nothing(frames):
    np.testing.assert_array_equal(change_sound(frames, np.random.default_rng(1), NO_AUGMENTATION), frames)


def test_a_colour_is_the_same_in_every_frame(frames):
    only = replace(NO_AUGMENTATION, colour_db=6.0)
    difference = change_sound(frames, np.random.default_rng(1), only) - frames
    assert np.abs(difference - difference[0]).max() < 1e-4
    assert np.ptp(difference[0]) > 0.5


def test_added_sound_takes_nothing_away(frames):
    sound = np.full((100, grid.MEL_BANDS), -20.0, np.float32)
    loud = change_sound(frames, np.random.default_rng(2), replace(NO_AUGMENTATION, sounds_share=1.0), [sound])
    assert (loud >= frames - 1e-3).all()
    assert (loud > frames + 1).any()
    noisy = change_sound(frames, np.random.default_rng(2), replace(NO_AUGMENTATION, noise_share=1.0))
    assert (noisy >= frames - 1e-3).all()


@pytest.mark.parametrize("seed", range(20))
def test_changed_sound_stays_sound(frames, seed):
    out = change_sound(frames, np.random.default_rng(seed), Augmentation(), [frames[:50]])
    assert out.shape == frames.shape
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert out.min() >= FLOOR_DB


def test_a_mask_hides_a_part():
    segments = np.random.default_rng(1).normal(size=(4, 800, grid.MEL_BANDS, 2)).astype(np.float32)
    before = segments.copy()
    mask(segments, np.random.default_rng(1), replace(Augmentation(), mask_share=1.0))
    changed = (segments != before).any(axis=-1)
    assert 0.0 < changed.mean() < 0.5


def test_a_columns_centre_is_the_middle_of_the_frames_that_it_sees():
    encoder = FitSettings().encoder
    width, stride = encoder.receptive_field, encoder.time_stride
    centres = column_centres(width + 3 * stride, encoder)
    assert np.abs(centres - (np.arange(4) * stride + (width - 1) / 2)).max() <= 0.5
