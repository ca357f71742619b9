"""Streaming log-mel against librosa, and against itself cut otherwise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.log_mel import LogMel, filter_bank, log_mel, with_frames
from engine.core import grid
from engine.core.signals import AudioBlock
from tests.librosa_mel import librosa_mel

_SECONDS = np.arange(grid.SAMPLE_RATE_HZ * 4) / grid.SAMPLE_RATE_HZ
_NOISE = np.random.default_rng(7).normal(size=len(_SECONDS))


def _crowd() -> np.ndarray:
    """Noise with the slope and the slow breath of a crowd, at -30 dBFS."""
    spectrum = np.fft.rfft(_NOISE)
    hz = np.fft.rfftfreq(len(_NOISE), 1 / grid.SAMPLE_RATE_HZ)
    shaped = np.fft.irfft(spectrum / (1.0 + (hz / 800.0) ** 2), len(_NOISE)) * (1 + 0.3 * np.sin(2 * np.pi * _SECONDS))
    return 0.03 * shaped / shaped.std()


SOUNDS = {
    "crowd": _crowd(),
    "tone": np.sin(2 * np.pi * 997.0 * _SECONDS),
    "silence": np.zeros_like(_SECONDS),
    "full-scale noise": np.clip(_NOISE / 3, -1, 1),
    "tone far below": 1e-4 * np.sin(2 * np.pi * 3000.0 * _SECONDS),
}


@pytest.mark.parametrize("kind", SOUNDS)
def test_agrees_with_librosa_within_80_db_of_the_maximum(kind: str):
    samples = SOUNDS[kind].astype(np.float32)
    expected = librosa_mel(samples)
    ours = log_mel(samples)
    assert ours.shape == expected.shape
    audible = expected > expected.max() - 80
    assert np.abs(ours - expected)[audible].max() < 1e-4


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=12), st.integers(0, 2 * grid.HOP))
def test_frames_are_the_same_bits_whatever_the_blocks(sizes: list[int], tail: int):
    samples = _crowd()[: sum(sizes) + tail].astype(np.float32)
    mel = LogMel()
    cuts = np.cumsum(sizes)
    frames = np.concatenate([mel.push(block) for block in np.split(samples, cuts)])
    np.testing.assert_array_equal(frames, log_mel(samples))


def test_frames_that_are_known_are_taken_where_they_fit():
    first, second = np.split(_crowd()[: 20 * grid.HOP].astype(np.float32), 2)
    known = with_frames(AudioBlock(second, len(first))).frames
    assert known is not None
    np.testing.assert_array_equal(known, log_mel(second))
    on_grid, off_grid = LogMel(), LogMel()
    on_grid.push(first)
    off_grid.push(first[77:])
    np.testing.assert_array_equal(on_grid.push(second, known + 1)[1:], known + 1)
    np.testing.assert_array_equal(
        off_grid.push(second, known + 1), log_mel(np.concatenate([first, second])[77:])[-len(known) - 1 :]
    )


def test_a_block_off_the_grid_stays_as_it_is():
    block = AudioBlock(np.zeros(4 * grid.HOP, np.float32), start=1)
    assert with_frames(block) is block


def test_one_sample_at_a_time_gives_the_same_frames():
    samples = _crowd()[: grid.FRAME_LENGTH + 2 * grid.HOP + 5].astype(np.float32)
    mel = LogMel()
    frames = np.concatenate([mel.push(samples[i : i + 1]) for i in range(len(samples))])
    np.testing.assert_array_equal(frames, log_mel(samples))
    assert len(frames) == 3


def test_silence_has_the_floor_as_its_level():
    assert (log_mel(np.zeros(grid.FRAME_LENGTH, np.float32)) == -100.0).all()


def test_every_band_has_weight():
    assert (filter_bank().sum(axis=1) > 0).all()


def test_a_frame_depends_on_its_own_samples_alone():
    samples = _crowd()[: grid.samples_for(8)].astype(np.float32)
    changed = samples.copy()
    changed[grid.samples_for(4) :] = 1.0
    np.testing.assert_array_equal(log_mel(changed)[:4], log_mel(samples)[:4])
