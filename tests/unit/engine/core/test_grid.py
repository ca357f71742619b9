"""The time grid's arithmetic."""

import pytest

from engine.core import grid


def test_a_history_is_fifteen_windows_of_ten_seconds_over_thirty_eight_seconds():
    assert grid.HISTORY_FRAMES == 832
    assert pytest.approx(10.08, abs=0.01) == grid.WINDOW_S
    assert pytest.approx(38.68, abs=0.01) == grid.HISTORY_S


@pytest.mark.parametrize("frames", [1, 2, 215, 216, 1000])
def test_frames_and_samples_are_inverse(frames: int):
    samples = grid.samples_for(frames)
    assert grid.frames_in(samples) == frames
    assert grid.frames_in(samples - 1) == frames - 1


def test_a_reading_has_seen_the_last_sample_of_its_last_frame():
    assert grid.end_time_s(1) == grid.FRAME_LENGTH / grid.SAMPLE_RATE_HZ
