"""A recording of any kind comes out as the same sound: mono, at the grid's rate, in blocks."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.audio.media_file import MediaFile
from engine.core.grid import SAMPLE_RATE_HZ
from tests.unit.engine.audio.sounds import heard, joined, middle, noise, pitch_hz, rms, tone, write_av, write_sound

SOUND_FILES = [
    ("16bit.wav", 44100, 2, "PCM_16"),
    ("telephone.wav", 8000, 1, "PCM_U8"),
    ("studio.wav", 192000, 8, "PCM_24"),
    ("float.wav", 22050, 1, "FLOAT"),
    ("tape.flac", 48000, 2, "PCM_24"),
    ("vorbis.ogg", 44100, 2, "VORBIS"),
    ("voice.opus", 48000, 1, "OPUS"),
    ("old.aiff", 32000, 1, "PCM_16"),
    ("band.mp3", 44100, 2, "MPEG_LAYER_III"),
]
FILMS = [
    ("match.mp4", "aac", 48000, 2, None),
    ("surround.mp4", "aac", 48000, 6, None),
    ("memo.m4a", "aac", 44100, 1, "mp4"),
    ("match.mkv", "flac", 44100, 2, None),
    ("stream.webm", "libopus", 48000, 2, None),
    ("camera.mov", "pcm_s16le", 44100, 2, None),
    ("broadcast.ts", "aac", 48000, 2, "mpegts"),
    ("float.mka", "pcm_f32le", 96000, 1, "matroska"),
    ("radio.aac", "aac", 44100, 2, "adts"),
]


@pytest.mark.parametrize(("name", "rate_hz", "channels", "subtype"), SOUND_FILES)
def test_a_tone_in_a_sound_file_keeps_pitch_level_and_length(
    tmp_path: Path, name: str, rate_hz: int, channels: int, subtype: str
) -> None:
    path = write_sound(tmp_path / name, tone(rate_hz, 2.0, channels), rate_hz, subtype)
    source = MediaFile(path)
    sound = heard(source)
    assert len(sound) == 2 * SAMPLE_RATE_HZ
    assert source.duration_s == pytest.approx(2.0, abs=0.05)
    assert pitch_hz(middle(sound)) == pytest.approx(440, abs=0.2)
    assert rms(middle(sound)) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize(("name", "codec", "rate_hz", "channels", "format"), FILMS)
def test_a_tone_in_a_film_keeps_pitch_level_and_length(
    tmp_path: Path, name: str, codec: str, rate_hz: int, channels: int, format: str | None
) -> None:
    path = write_av(tmp_path / name, codec, tone(rate_hz, 2.0, channels), rate_hz, format=format)
    sound = heard(MediaFile(path))
    # Of 5.1, the encoder takes a 440 Hz tone out of the bass channel.
    level = 0.5 / np.sqrt(2) * (5 / 6 if channels == 6 else 1)
    assert len(sound) == pytest.approx(2 * SAMPLE_RATE_HZ, abs=0.06 * SAMPLE_RATE_HZ)
    assert pitch_hz(middle(sound)) == pytest.approx(440, abs=0.2)
    assert rms(middle(sound)) == pytest.approx(level, rel=0.02)


@pytest.mark.parametrize("name", ["steady.mp3", "steady.flac", "steady.ogg"])
def test_sound_is_whole_across_the_decoders_chunks(tmp_path: Path, name: str) -> None:
    sound = heard(MediaFile(write_sound(tmp_path / name, tone(44100, 6.0), 44100)))
    levels = [rms(part) for part in np.array_split(middle(sound), 200)]
    assert min(levels) == pytest.approx(max(levels), rel=0.05)


def test_samples_at_the_grids_rate_come_through_bit_for_bit(tmp_path: Path) -> None:
    sound = noise(1.0)
    assert np.array_equal(heard(MediaFile(write_sound(tmp_path / "a.wav", sound, SAMPLE_RATE_HZ, "FLOAT"))), sound)


def test_channels_are_averaged(tmp_path: Path) -> None:
    stereo = np.stack([noise(0.5), np.zeros(len(noise(0.5)), np.float32)], axis=1)
    path = write_sound(tmp_path / "left.wav", stereo, SAMPLE_RATE_HZ, "FLOAT")
    assert np.allclose(heard(MediaFile(path)), stereo[:, 0] / 2)


@given(block_samples=st.integers(1, 30_000))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sound_does_not_depend_on_the_block_size(tmp_path: Path, block_samples: int) -> None:
    path = tmp_path / "a.flac"
    if not path.exists():
        write_sound(path, noise(0.4, 48000), 48000)
    blocks = list(MediaFile(path, block_samples=block_samples).blocks())
    assert {len(block.samples) for block in blocks[:-1]} <= {block_samples}
    assert np.array_equal(joined(blocks), heard(MediaFile(path)))


def test_what_is_no_sound_becomes_silence_and_is_counted(tmp_path: Path) -> None:
    sound = tone(SAMPLE_RATE_HZ, 1.0, 2)
    sound[100, 0], sound[200:210, 1], sound[300, 0] = np.nan, np.inf, 1e30
    source = MediaFile(write_sound(tmp_path / "broken.wav", sound, SAMPLE_RATE_HZ, "FLOAT"))
    repaired = heard(source)
    assert source.repaired_samples == 12
    assert np.abs(repaired).max() <= 0.5
    assert repaired[100] == sound[100, 1] / 2


def test_sound_beyond_full_scale_passes(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "hot.wav", 8 * tone(SAMPLE_RATE_HZ, 1.0), SAMPLE_RATE_HZ, "FLOAT")
    source = MediaFile(path)
    assert np.abs(heard(source)).max() == pytest.approx(4.0, rel=1e-3)
    assert source.repaired_samples == 0


def test_a_jump_of_a_films_timestamps_leaves_a_hole(tmp_path: Path) -> None:
    sound = tone(48000, 4.0)
    path = write_av(tmp_path / "dropped.mkv", "pcm_s16le", sound, 48000, skip=range(47, 94))
    blocks = list(MediaFile(path).blocks())
    holes = [(a.end / SAMPLE_RATE_HZ, b.start / SAMPLE_RATE_HZ) for a, b in pairwise(blocks) if a.end != b.start]
    assert len(holes) == 1
    assert holes[0] == pytest.approx((1.0, 2.0), abs=0.05)
    assert blocks[-1].end == pytest.approx(4 * SAMPLE_RATE_HZ, abs=0.05 * SAMPLE_RATE_HZ)


def test_a_source_is_closed_as_often_as_one_likes(tmp_path: Path) -> None:
    for path in (
        write_sound(tmp_path / "a.wav", noise(0.1), SAMPLE_RATE_HZ),
        write_av(tmp_path / "a.mkv", "flac", tone(48000, 0.2), 48000),
    ):
        source = MediaFile(path)
        source.close()
        source.close()
        assert not source.live and source.name == path.name
