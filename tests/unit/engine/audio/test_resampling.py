"""Any rate becomes the grid's, however the sound is cut, and gaps stay gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.resampling import Resampler
from engine.core.grid import SAMPLE_RATE_HZ
from tests.unit.engine.audio.sounds import middle, noise, pitch_hz, rms, tone


def resampled(sound: np.ndarray, rate_hz: int, sizes: list[int]) -> np.ndarray:
    resampler, pieces, begin = Resampler(), [np.zeros(0, np.float32)], 0
    for size in [*sizes, len(sound)]:
        pieces += [samples for _, samples in resampler.push(sound[begin : begin + size], rate_hz)]
        begin += size
    pieces += [samples for _, samples in resampler.finish()]
    return np.concatenate(pieces)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 192000])
def test_a_tone_keeps_pitch_level_and_length(rate_hz: int) -> None:
    sound = resampled(tone(rate_hz, 1.0, hertz=1000)[:, 0], rate_hz, [])
    assert len(sound) == SAMPLE_RATE_HZ
    assert pitch_hz(middle(sound)) == pytest.approx(1000, abs=0.2)
    assert rms(middle(sound)) == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)


@given(rate_hz=st.sampled_from([8000, 44100, 48000, 192000]), sizes=st.lists(st.integers(0, 5000), max_size=30))
@settings(max_examples=40, deadline=None)
def test_the_output_does_not_depend_on_the_cuts_to_the_bit(rate_hz: int, sizes: list[int]) -> None:
    sound = noise(0.3, rate_hz)
    assert np.array_equal(resampled(sound, rate_hz, sizes), resampled(sound, rate_hz, []))


@given(samples=st.integers(0, 20_000), rate_hz=st.sampled_from([8000, 44100, 48000]))
@settings(max_examples=40, deadline=None)
def test_the_length_is_right_to_the_sample(samples: int, rate_hz: int) -> None:
    out = resampled(np.zeros(samples, np.float32), rate_hz, [])
    assert abs(len(out) - samples * SAMPLE_RATE_HZ / rate_hz) <= 1


def test_digital_silence_stays_digital_silence() -> None:
    sound = np.concatenate([noise(0.5, 48000), np.zeros(48000, np.float32)])
    assert not resampled(sound, 48000, [960] * 50)[-SAMPLE_RATE_HZ // 2 :].any()


def test_a_gap_moves_the_index_and_nothing_rings_across_it() -> None:
    resampler = Resampler()
    loud, quiet = tone(48000, 0.5)[:, 0], np.zeros(24000, np.float32)
    pieces = [*resampler.push(loud, 48000), *resampler.push(quiet, 48000, gap_s=2.0), *resampler.finish()]
    after = [(start, samples) for start, samples in pieces if start >= 2.5 * SAMPLE_RATE_HZ]
    assert after[0][0] == pytest.approx(2.5 * SAMPLE_RATE_HZ, abs=1)
    assert not any(samples.any() for _, samples in after)


@pytest.mark.parametrize("rate_hz", [SAMPLE_RATE_HZ, 48000])
def test_the_shortest_gap_still_shows(rate_hz: int) -> None:
    resampler = Resampler()
    sound = noise(0.1, rate_hz)
    pieces = [*resampler.push(sound, rate_hz), *resampler.push(sound, rate_hz, gap_s=1e-6), *resampler.finish()]
    end_of_first = round(len(sound) * SAMPLE_RATE_HZ / rate_hz)
    assert any(start == pytest.approx(end_of_first + 1, abs=1) and start > end_of_first for start, _ in pieces)
