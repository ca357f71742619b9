"""A file that is no recording is refused with a reason; of a damaged one, all is heard up to the damage."""

import io
import os
import stat
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.media_file import MediaFile
from engine.audio.wav_header import missing_s
from engine.core.errors import ExitCode, InputError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock
from tests.unit.engine.audio.sounds import joined, noise, tone, write_av, write_silent_film, write_sound


def refusal(path: Path | str) -> InputError:
    with pytest.raises(InputError) as caught:
        list(MediaFile(path).blocks())
    assert caught.value.exit_code is ExitCode.INPUT and caught.value.hint
    return caught.value


def heard_before_the_fault(path: Path) -> tuple[np.ndarray, InputError]:
    blocks: list[AudioBlock] = []
    with pytest.raises(InputError) as caught:
        blocks.extend(MediaFile(path, block_samples=4096).blocks())
    # list.extend keeps what came before the error.
    return joined(blocks), caught.value


def test_a_missing_file() -> None:
    assert "There is no file" in refusal("nowhere/match.wav").message


def test_an_address() -> None:
    refused = refusal("https://fan:hunter2@example.org/match.mp4")
    assert "'ingest'" in refused.hint
    assert refused.message.startswith("https://example.org/match.mp4 is an address")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    assert "empty" in refusal(tmp_path / "a.wav").message


@pytest.mark.parametrize("name", ["notes.wav", "notes.raw", "notes.mp3", "list.m3u8", "notes.mp4"])
def test_a_text_file_by_whatever_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("#EXTM3U\nÜber den Fußball\n" * 500, encoding="utf-8")
    assert "text file" in refusal(tmp_path / name).message


def test_a_file_of_nothing_known(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(bytes(5000))
    assert "can't be read" in refusal(tmp_path / "a.wav").message


def test_a_film_without_sound(tmp_path: Path) -> None:
    assert "no sound" in refusal(write_silent_film(tmp_path / "a.mp4")).message


def test_a_recording_of_no_length(tmp_path: Path) -> None:
    assert "length is zero" in refusal(write_sound(tmp_path / "a.wav", noise(0), SAMPLE_RATE_HZ)).message


def test_a_folder(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_named_pipe_is_not_even_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "momentum live -" in refusal(tmp_path / "pipe").hint


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero on this system")
def test_a_device() -> None:
    assert "pipe or a device" in refusal("/dev/zero").message


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", noise(0.1), SAMPLE_RATE_HZ)
    path.chmod(stat.S_IWUSR)
    assert "Permission denied" in refusal(path).message


def test_a_file_that_the_system_cannot_open(tmp_path: Path) -> None:
    (tmp_path / "a.wav").symlink_to("a.wav")
    assert "can't be opened" in refusal(tmp_path / "a.wav").message


def test_an_mp4_cut_off_before_its_tables(tmp_path: Path) -> None:
    whole = write_av(tmp_path / "a.mp4", "aac", tone(48000, 3.0), 48000).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    error = refusal(tmp_path / "cut.mp4")
    assert "can't be read" in error.message and "cut off" in error.hint


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mkv", "flac"), ("a.webm", "libopus")])
def test_a_film_cut_off_in_the_middle_is_heard_up_to_there(tmp_path: Path, name: str, codec: str) -> None:
    options = {"movflags": "faststart"} if name == "a.mp4" else {}
    path = write_av(tmp_path / name, codec, noise(8.0, 48000)[:, None], 48000, **options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    sound, error = heard_before_the_fault(path)
    assert len(sound) == pytest.approx(4 * SAMPLE_RATE_HZ, rel=0.2)
    assert f"breaks off at {len(sound) / SAMPLE_RATE_HZ:.1f} s of 8.0 s" in error.message


def test_a_flac_cut_off_in_the_middle_is_heard_up_to_there(tmp_path: Path) -> None:
    original = noise(8.0)
    path = write_sound(tmp_path / "a.flac", original, SAMPLE_RATE_HZ, "PCM_24")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    sound, error = heard_before_the_fault(path)
    assert len(sound) == pytest.approx(4 * SAMPLE_RATE_HZ, rel=0.2)
    assert np.allclose(sound, original[: len(sound)], atol=1e-5)
    assert "damaged" in error.message


def test_a_flac_with_a_hole_is_heard_up_to_it(tmp_path: Path) -> None:
    original = noise(30.0)
    path = write_sound(tmp_path / "a.flac", original, SAMPLE_RATE_HZ, "PCM_24")
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half : half + 3000] = b"\x55" * 3000
    path.write_bytes(content)
    sound, error = heard_before_the_fault(path)
    assert len(sound) == pytest.approx(15 * SAMPLE_RATE_HZ, abs=SAMPLE_RATE_HZ / 2)
    assert np.allclose(sound, original[: len(sound)], atol=1e-5)
    assert "breaks off at" in error.message and "seek" not in error.message


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64"])
def test_a_wav_whose_copy_broke_off_is_heard_up_to_there_and_told(tmp_path: Path, form: str) -> None:
    original = noise(8.0, 44100)
    path = tmp_path / "a.wav"
    soundfile.write(path, original, 44100, format=form, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    sound, error = heard_before_the_fault(path)
    assert len(sound) == pytest.approx(4 * SAMPLE_RATE_HZ, abs=100)
    assert error.message == "a.wav is damaged: its sound breaks off at 4.0 s of 8.0 s."


def test_a_wav_with_other_chunks_before_its_sound_is_measured_all_the_same(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", noise(8.0, 44100), 44100, "PCM_16")
    content = path.read_bytes()
    at = content.index(b"data")
    path.write_bytes(content[:at] + b"LIST" + struct.pack("<I", 7) + b"INFOabc\0" + content[at:-2000])
    assert len(joined(MediaFile(path).blocks())) == pytest.approx(8 * SAMPLE_RATE_HZ, abs=1000)
    path.write_bytes(path.read_bytes()[:-88200])
    assert "of 8.0 s" in heard_before_the_fault(path)[1].message


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0xFFFFFFFF - 36, 0x7FFFFFFF - 36, 0x7FFFF000, 0x80000000])
def test_a_wav_from_a_pipe_whose_header_knows_no_length_is_whole(tmp_path: Path, length: int) -> None:
    path = write_sound(tmp_path / "a.wav", noise(4.0, 44100), 44100, "PCM_16")
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = content[4:8] = struct.pack("<I", length)
    path.write_bytes(content)
    assert len(joined(MediaFile(path).blocks())) == pytest.approx(4 * SAMPLE_RATE_HZ, abs=2)


@pytest.mark.parametrize("length", [0, 2**64 - 1])
def test_an_rf64_whose_recorder_never_came_back_to_its_header_promises_nothing(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(4.0, 44100), 44100, format="RF64", subtype="PCM_16")
    content = bytearray(path.read_bytes())
    content[28:36] = struct.pack("<Q", length)
    assert missing_s(io.BytesIO(content), len(content)) == 0.0


@pytest.mark.parametrize("name", ["a.ogg", "a.mp3"])
def test_a_recording_that_was_stopped_by_a_power_cut_is_heard_to_its_end(tmp_path: Path, name: str) -> None:
    path = write_sound(tmp_path / name, noise(8.0, 44100), 44100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    sound = joined(MediaFile(path).blocks())
    assert len(sound) == pytest.approx(4 * SAMPLE_RATE_HZ, rel=0.2)


def test_damage_in_the_middle_ends_with_its_time(tmp_path: Path) -> None:
    path = write_av(tmp_path / "a.mp4", "aac", noise(8.0, 48000)[:, None], 48000, movflags="faststart")
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half : half + 8000] = np.random.default_rng(0).bytes(8000)
    path.write_bytes(content)
    sound, error = heard_before_the_fault(path)
    assert len(sound) == pytest.approx(4 * SAMPLE_RATE_HZ, rel=0.2)
    assert "breaks off at" in error.message
