"""Channels become one, and nothing but sound comes out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.audio.downmix import LOUDEST, to_mono

ANYTHING = hnp.arrays(np.float32, st.tuples(st.integers(0, 40), st.integers(1, 8)), elements=st.floats(width=32))


@given(ANYTHING)
def test_whatever_comes_in_what_comes_out_is_finite_and_the_mean_of_what_was_sound(channels: np.ndarray) -> None:
    mono, repaired = to_mono(channels)
    sound = np.where(np.abs(channels) <= LOUDEST, channels, 0).astype(np.float64)
    assert mono.shape == (len(channels),) and mono.dtype == np.float32
    assert np.abs(mono).max(initial=0) <= LOUDEST
    if repaired:
        assert np.allclose(mono, sound.mean(axis=1), rtol=1e-5, atol=1e-30)
        assert repaired == np.count_nonzero(~(np.abs(channels) <= LOUDEST))


@given(ANYTHING.filter(len), st.data())
def test_a_sample_does_not_depend_on_its_neighbours(channels: np.ndarray, data: st.DataObject) -> None:
    sound = np.clip(np.nan_to_num(channels), -10, 10)
    one = data.draw(st.integers(0, len(sound) - 1))
    assert to_mono(sound)[0][one] == to_mono(sound[one : one + 1])[0][0]
