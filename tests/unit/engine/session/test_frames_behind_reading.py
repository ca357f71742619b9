"""The sound behind a reading is the sound that the engine heard."""

from pathlib import Path

import numpy as np
import pytest

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.core.errors import InputError
from engine.core.signals import AudioBlock
from engine.session.frames_behind_reading import frames_behind
from engine.session.sound_files import SoundWriter

RATE = grid.SAMPLE_RATE_HZ


def noise(seconds: float) -> np.ndarray:
    n = round(seconds * RATE)
    return (np.round(3000 * np.random.default_rng(2).normal(size=n)) / 32768).astype(np.float32)


def keep(folder: Path, *blocks: tuple[int, np.ndarray]) -> Path:
    writer = SoundWriter(folder)
    for start, samples in blocks:
        writer.write(AudioBlock(samples, start), 0.0)
    writer.close()
    return folder


def test_frames_are_those_of_the_sound_from_its_start(tmp_path: Path) -> None:
    sound = noise(70)
    frames = frames_behind(keep(tmp_path, (0, sound)), 1400)
    assert np.array_equal(frames, log_mel(sound[: grid.samples_for(1400)]))


def test_a_gap_begins_anew_with_the_first_whole_hop(tmp_path: Path) -> None:
    sound = noise(60)
    frames = frames_behind(keep(tmp_path, (0, sound[: 10 * RATE]), (11 * RATE, sound[11 * RATE :])), 1200)
    first = -(-11 * RATE // grid.HOP)
    assert np.array_equal(frames, log_mel(sound[first * grid.HOP : grid.samples_for(1200)]))


def test_digital_silence_begins_anew(tmp_path: Path) -> None:
    sound = noise(60)
    sound[3 * grid.HOP : 40 * grid.HOP] = 0.0
    frames = frames_behind(keep(tmp_path, (0, sound)), 1000)
    assert np.array_equal(frames, log_mel(sound[40 * grid.HOP : grid.samples_for(1000)]))


@pytest.mark.parametrize(("kept_s", "end"), [(0, 900), (60, 700), (30, 900)])
def test_less_than_a_history_of_sound_is_refused(tmp_path: Path, kept_s: int, end: int) -> None:
    folder = keep(tmp_path, (0, noise(kept_s))) if kept_s else tmp_path
    with pytest.raises(InputError, match="no unbroken sound was kept"):
        frames_behind(folder, end)
