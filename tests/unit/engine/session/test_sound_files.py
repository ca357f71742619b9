"""The sound of a session: what was heard, to the sample, in files that play."""

import errno
import itertools
import os

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.core.signals import AudioBlock
from engine.session import sound_files as sound
from engine.session.sound_files import SoundWriter, finish_left_overs, read_sound, segments, to_pcm


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    monkeypatch.setattr(sound, "SEGMENT_SAMPLES", 5000)
    monkeypatch.setattr(sound, "FLUSH_SAMPLES", 700)


def samples(first: int, last: int) -> np.ndarray:
    index = np.arange(first, last)
    return ((index * 7919 % 20011) / 40022).astype(np.float32)


def heard(*stretches: tuple[int, int]) -> list[AudioBlock]:
    return [AudioBlock(samples(first, last), first) for first, last in stretches]


def keep(folder, blocks, close=True) -> SoundWriter:
    writer = SoundWriter(folder)
    for number, block in enumerate(blocks):
        writer.write(block, clock_s=number / 10)
    if close:
        writer.close()
    return writer


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(0, 12_000), min_size=1, max_size=12))
def test_segments_hold_what_was_heard_however_it_was_cut(tmp_path_factory, sizes):
    folder = tmp_path_factory.mktemp("sound")
    edges = np.cumsum([0, *sizes])
    keep(folder, heard(*itertools.pairwise(edges)))
    total = int(edges[-1])
    assert [s.end - s.start for s in segments(folder)[:-1]] == [5000] * (max(0, total - 1) // 5000)
    if total:
        pcm, missing = read_sound(folder, 0, total)
        assert missing == 0
        np.testing.assert_array_equal(pcm, to_pcm(samples(0, total)))


def test_a_gap_is_a_gap_and_silent_when_cut_out(tmp_path):
    keep(tmp_path, heard((0, 1000), (3000, 4000)))
    assert [(s.start, s.end, s.path.suffix) for s in segments(tmp_path)] == [(0, 1000, ".flac"), (3000, 4000, ".flac")]
    pcm, missing = read_sound(tmp_path, 900, 3100)
    assert missing == 2000
    np.testing.assert_array_equal(pcm[:100], to_pcm(samples(900, 1000)))
    np.testing.assert_array_equal(pcm[100:2100], 0)
    np.testing.assert_array_equal(pcm[2100:], to_pcm(samples(3000, 3100)))


def test_what_is_being_recorded_can_be_heard_already(tmp_path):
    keep(tmp_path, heard((0, 1500)), close=False)
    assert [s.path.suffix for s in segments(tmp_path)] == [".pcm"]
    pcm, missing = read_sound(tmp_path, 100, 1400)
    assert missing == 0
    np.testing.assert_array_equal(pcm, to_pcm(samples(100, 1400)))


def test_what_a_killed_recorder_left_becomes_flac(tmp_path):
    keep(tmp_path, heard((0, 5000), (5000, 7000)), close=False)
    with (tmp_path / "000000005000.pcm").open("ab") as half_a_sample:
        half_a_sample.write(b"\x01")
    (tmp_path / "000000000000.tmp").write_bytes(b"fLaC")
    made = finish_left_overs(tmp_path)
    assert [(s.start, s.end) for s in made] == [(5000, 7000)]
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".flac", ".flac"]
    played, rate = soundfile.read(made[0].path, dtype="int16")
    assert rate == 22050
    np.testing.assert_array_equal(played, to_pcm(samples(5000, 7000)))


def test_a_full_disk_stops_the_sound_once_and_it_goes_on_when_there_is_room(tmp_path, monkeypatch):
    full = False
    real_write = os.write

    def write(descriptor: int, data: memoryview) -> int:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(descriptor, data)

    monkeypatch.setattr(sound.os, "write", write)
    writer = SoundWriter(tmp_path)
    notices = []
    for number, block in enumerate(heard(*((n * 1000, n * 1000 + 1000) for n in range(20)))):
        full = 5 <= number < 12
        writer.write(block, clock_s=float(number))
        notices += writer.take_notices()
    writer.close()
    assert notices == [
        "the sound can't be written (No space left on device); the index goes on",
        "the sound is kept again",
    ]
    kept = [(s.start, s.end, s.path.suffix) for s in segments(tmp_path)]
    assert kept == [(0, 5000, ".flac"), (12000, 17000, ".flac"), (17000, 20000, ".flac")]


def test_sound_that_was_not_kept_is_an_error_not_silence(tmp_path):
    keep(tmp_path, heard((0, 1000)))
    with pytest.raises(InputError, match="kept no sound"):
        read_sound(tmp_path, 2000, 3000)


def test_garbage_in_one_segment_costs_that_segment_only(tmp_path):
    keep(tmp_path, heard((0, 12_000)))
    (tmp_path / "000000005000.flac").write_bytes(os.urandom(3000))
    assert [(s.start, s.end) for s in segments(tmp_path)] == [(0, 5000), (10_000, 12_000)]
    pcm, missing = read_sound(tmp_path, 4000, 11_000)
    assert missing == 5000
    np.testing.assert_array_equal(pcm[:1000], to_pcm(samples(4000, 5000)))


def test_loud_sound_clips_instead_of_wrapping():
    np.testing.assert_array_equal(to_pcm(np.array([1.5, 1.0, -1.0, -2.0], np.float32)), [32767, 32767, -32768, -32768])
