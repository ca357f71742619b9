"""The baselines: causal, blind to the gain, and each of them hearing what it should."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.log_mel import band_edges_hz
from engine.core.errors import InputError, UsageError
from engine.core.grid import HOP_S, MEL_BANDS
from train.evaluate.baselines import BOOSTING, Boosting, Examples, band_loudness, chance, loudness, mel_statistics
from train.metrics.ranking import exact_levels, roc_auc

FRAMES = 2600
ENDS = np.arange(1400, FRAMES + 1, 10)


def bed(seed=0, frames=FRAMES):
    return (-40 + np.random.default_rng(seed).normal(0, 1, (frames, MEL_BANDS))).astype(np.float32)


def with_burst(mel, first, last, bands=slice(None), by_db=12.0):
    louder = mel.copy()
    louder[first:last, bands] += np.float32(by_db)
    return louder


def crowd_bands():
    centres = band_edges_hz()[1:-1]
    return np.flatnonzero((centres > 500) & (centres < 1000))


SCORES = {
    "loudness": loudness,
    "crowd band": band_loudness,
    BOOSTING: lambda mel, ends: mel_statistics(mel, ends)[:, : 2 * MEL_BANDS].sum(axis=1),
}


@pytest.mark.parametrize("name", SCORES)
@given(st.integers(1400, FRAMES - 1), st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_no_score_depends_on_what_comes_later(name, end, seed):
    mel = bed()
    changed = mel.copy()
    changed[end:] = np.random.default_rng(seed).normal(-20, 9, changed[end:].shape)
    ends = ENDS[end >= ENDS]
    # The sums run over the whole sound, so the last bits may differ.
    assert SCORES[name](changed, ends) == pytest.approx(SCORES[name](mel, ends), abs=1e-6)


@pytest.mark.parametrize("name", SCORES)
def test_the_gain_does_not_matter(name):
    mel = with_burst(bed(), 2000, 2060)
    assert SCORES[name](mel + np.float32(20), ENDS) == pytest.approx(SCORES[name](mel, ENDS), abs=2e-3)


def test_a_burst_is_loud_against_the_minute_before_and_then_is_not_any_more():
    scores = loudness(with_burst(bed(), 2000, 2100), ENDS)
    during = scores[(ENDS > 2030) & (ENDS < 2100)]
    after = scores[ENDS > 2200]
    assert during.min() > 3
    assert np.abs(after).max() < 1


def test_the_crowd_band_hears_the_crowd_and_not_the_whistle():
    whistle = band_loudness(with_burst(bed(), 2000, 2100, slice(44, 50)), ENDS)
    crowd = band_loudness(with_burst(bed(), 2000, 2100, crowd_bands()), ENDS)
    during = (ENDS > 2030) & (ENDS < 2100)
    assert crowd[during].min() > 3
    assert np.abs(whistle[during]).max() < 3


def test_statistics_are_against_the_median_of_25_s_which_a_burst_does_not_move():
    rise = mel_statistics(with_burst(bed(), 2000, 2100), np.array([2050]))[0, :MEL_BANDS]
    assert rise == pytest.approx(np.full(MEL_BANDS, 12.0), abs=1.0)


def test_chance_draws_anew_every_ten_seconds_and_is_repeatable():
    ends = np.arange(0, round(100 / HOP_S))
    drawn = chance(ends, np.random.default_rng(5))
    assert len(np.unique(drawn)) == 10
    assert np.array_equal(drawn, chance(ends, np.random.default_rng(5)))


def lesson(seed, frames=FRAMES):
    first = 1500 + 100 * (seed % 8)
    mel = with_burst(bed(seed, frames), first, first + 80, crowd_bands())
    mel = with_burst(mel, 2400, 2480, slice(44, 50))
    return mel, Examples(mel_statistics(mel, ENDS), (first + 20 < ENDS) & (first + 80 > ENDS))


def test_boosting_learns_which_bands_a_roar_has():
    model = Boosting([lesson(seed)[1] for seed in range(8)], seed=1, rounds=12)
    mel, test = lesson(31)
    assert roc_auc(exact_levels(model(mel, ENDS), test.positive)) > 0.99
    assert len(model(mel, ENDS[:0])) == 0


def test_boosting_taught_the_same_twice_says_the_same():
    lessons = [lesson(seed)[1] for seed in range(4)]
    first, second = Boosting(lessons, seed=2, rounds=4), Boosting(lessons, seed=2, rounds=4)
    mel = lesson(9)[0]
    assert np.array_equal(first(mel, ENDS), second(mel, ENDS))


def test_moments_of_one_class_teach_nothing():
    with pytest.raises(InputError, match="one class"):
        Boosting([Examples(np.zeros((5, 4 * MEL_BANDS), np.float32), np.zeros(5, bool))], seed=1)


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(UsageError, match="not installed") as refused:
        Boosting([lesson(1)[1]], seed=1)
    assert "pip install" in refused.value.hint


def test_a_thinned_lesson_keeps_the_rare_kind():
    full = lesson(3)[1]
    thin = full.thinned(3, np.random.default_rng(0))
    assert (int(thin.positive.sum()), len(thin.positive)) == (
        min(3, int(full.positive.sum())),
        3 + min(3, full.positive.sum()),
    )
