"""The front end: gain drops out, nothing looks ahead, the cut does not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.model.front_end import FRONT_END_KINDS, FrontEnd, FrontEndConfig


@pytest.fixture(scope="module")
def frames(crowd: np.ndarray) -> np.ndarray:
    return log_mel(crowd[: 30 * grid.SAMPLE_RATE_HZ])


@pytest.mark.parametrize("kind", FRONT_END_KINDS)
@pytest.mark.parametrize("gain_db", [-20.0, -7.0, 20.0])
def test_a_shift_of_all_bands_drops_out(kind, frames, gain_db):
    config = FrontEndConfig(kind)
    shifted = FrontEnd(config).push(frames + np.float32(gain_db))
    np.testing.assert_allclose(shifted, FrontEnd(config).push(frames), atol=1e-4)


@pytest.mark.parametrize("kind", FRONT_END_KINDS)
@settings(max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(0, 80), max_size=20))
def test_same_bits_however_the_frames_come(kind, frames, sizes):
    config = FrontEndConfig(kind)
    front_end = FrontEnd(config)
    pieces = [front_end.push(piece) for piece in np.split(frames, np.minimum(np.cumsum(sizes, dtype=int), len(frames)))]
    np.testing.assert_array_equal(np.concatenate(pieces), FrontEnd(config).push(frames))


@pytest.mark.parametrize("kind", FRONT_END_KINDS)
def test_later_frames_change_nothing_earlier(kind, frames):
    config = FrontEndConfig(kind)
    changed = frames.copy()
    changed[300:] = 20.0
    np.testing.assert_array_equal(FrontEnd(config).push(changed)[:300], FrontEnd(config).push(frames)[:300])


def test_a_rise_above_the_place_shows_and_fades_with_the_time_constant(frames):
    config = FrontEndConfig("background", time_constant_s=10.0)
    louder = np.concatenate([frames, np.tile(frames[-1:] + 12.0, (1000, 1))])
    against = FrontEnd(config).push(louder)[:, 20:40, 0].mean(axis=1)
    quiet, rise, late = against[len(frames) - 50 : len(frames)].mean(), against[len(frames)], against[-1]
    assert rise - quiet > 0.8
    assert late < 0.2


def test_digital_silence_in_the_frames_stays_finite():
    silent = np.full((50, grid.MEL_BANDS), -100.0, np.float32)
    assert np.isfinite(FrontEnd(FrontEndConfig()).push(silent)).all()
