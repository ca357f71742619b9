"""Loudness, clipping and digital silence, the same however the sound is cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.level_meter import Level, LevelMeter
from tests.unit.engine.audio.sounds import noise, tone


def measured(sound: np.ndarray, cuts: list[int]) -> tuple[object, ...]:
    meter, levels = LevelMeter(), []
    half = len(sound) // 2
    for stretch in (sound[:half], sound[half:]):
        for piece in np.split(stretch, sorted(cut % (len(stretch) + 1) for cut in cuts)):
            meter.push(piece)
        levels.append(meter.take())
    return tuple(levels)


@st.composite
def rough_sound(draw: st.DrawFn) -> np.ndarray:
    """Noise with stretches of exact silence and of full scale at any place."""
    sound = noise(0.3, seed=draw(st.integers(0, 5)))
    for _ in range(draw(st.integers(0, 6))):
        begin, length = draw(st.integers(0, len(sound))), draw(st.integers(0, 50))
        sound[begin : begin + length] = draw(st.sampled_from([0.0, 1.0, -1.0]))
    return sound


@given(rough_sound(), st.lists(st.integers(0, 10_000), max_size=20))
def test_levels_do_not_depend_on_the_cuts_to_the_bit(sound: np.ndarray, cuts: list[int]) -> None:
    assert measured(sound, cuts) == measured(sound, [])


def level_of(sound: np.ndarray | list[float]) -> Level:
    meter = LevelMeter()
    meter.push(np.asarray(sound, np.float32))
    return meter.take()


def test_a_sine_has_its_rms_3_db_below_its_peak() -> None:
    level = level_of(tone(22050, 1.0, hertz=450, amplitude=0.5)[:, 0])
    assert level.rms_db == pytest.approx(20 * np.log10(0.5) - 3.01, abs=0.01)
    assert level.peak_db == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert level.samples == 22050


def test_silence_and_nothing_lie_at_the_floor() -> None:
    for sound in ([0.0] * 10, []):
        assert (level_of(sound).rms_db, level_of(sound).peak_db) == (-120.0, -120.0)


def test_three_neighbours_at_full_scale_are_clipping_two_are_a_peak() -> None:
    assert level_of([0, 1, 1, 0, -1, 0, 1, 1]).clipped_samples == 0
    assert level_of([0, 1, 1, 1, 0, -1, -1, -1, -1]).clipped_samples == 7


def test_a_run_of_clipping_goes_on_across_stretches() -> None:
    meter, clipped = LevelMeter(), []
    for piece in ([0, 1, 1], [1, 1], [1, 0]):
        meter.push(np.array(piece, np.float32))
        clipped.append(meter.take().clipped_samples)
    assert clipped == [0, 4, 1]


def test_digital_silence_is_counted_to_the_sample() -> None:
    meter = LevelMeter()
    meter.push(np.array([0, 0, 0.1, 0, 0], np.float32))
    assert meter.silent_run_samples == 2
    meter.push(np.zeros(1000, np.float32))
    assert meter.take().silent_run_samples == 1002
    meter.push(np.array([1e-9], np.float32))
    assert meter.silent_run_samples == 0
