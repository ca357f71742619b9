"""Broken files, pipes and weights: two lines and the right exit code, or correct readings; never a hang."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from engine.core.paths import shipped_weights
from tests.functional.conftest import MomentumHere

SECONDS = 42


@pytest.fixture
def momentum(momentum_here: MomentumHere) -> MomentumHere:
    """In this process but where a test asks for a process of its own."""
    return momentum_here


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    rng = np.random.default_rng(30)
    return (0.05 * rng.normal(size=SECONDS * grid.SAMPLE_RATE_HZ)).astype(np.float32)


def _video(path: Path, samples: np.ndarray | None) -> None:
    """A short mp4: a black picture, with sound unless it is None."""
    import av

    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=5)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        sound = None if samples is None else container.add_stream("aac", rate=grid.SAMPLE_RATE_HZ, layout="mono")
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        if sound is not None:
            for first in range(0, len(samples) - 1024, 1024):
                piece = av.AudioFrame.from_ndarray(samples[None, first : first + 1024], format="fltp", layout="mono")
                piece.rate, piece.pts = grid.SAMPLE_RATE_HZ, first
                container.mux(sound.encode(piece))
            container.mux(sound.encode())


def _numbers(rows: list[dict]) -> list[float]:
    return [row["pressure"] for row in rows if row["type"] == "reading" and row["pressure"] is not None]


def _wav(path: Path, samples: np.ndarray, rate: int, subtype: str) -> Path:
    soundfile.write(path, samples, rate, subtype)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.wav", b""), ("text.wav", b"Dear diary,\n" * 50), ("noise.mp4", bytes(range(1, 256)) * 40)],
    ids=["empty", "text", "noise"],
)
def test_what_is_no_recording_is_refused(momentum, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    for command in ("live", "score"):
        assert name in momentum.refused(command, tmp_path / name, "--json", code=5)


def test_a_video_without_sound_is_refused(momentum, tmp_path):
    _video(tmp_path / "mute.mp4", None)
    assert "no sound" in momentum.refused("score", tmp_path / "mute.mp4", code=5)


def test_a_file_that_is_missing_a_folder_or_a_fifo_is_refused(momentum, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    assert "no file" in momentum.refused("score", tmp_path / "gone.wav", code=5)
    assert "folder" in momentum.refused("score", tmp_path, code=5)
    assert "momentum live -" in momentum.refused("live", tmp_path / "fifo", code=5)


@pytest.mark.skipif(os.geteuid() == 0, reason="needs a user who may not read everything; root may")
def test_an_unreadable_file_is_refused_for_users(momentum, tmp_path, noise):
    file = _wav(tmp_path / "locked.wav", noise, grid.SAMPLE_RATE_HZ, "PCM_16")
    file.chmod(0)
    assert "Permission denied" in momentum.refused("score", file, code=5)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv to become another")
def test_an_unreadable_file_is_refused(momentum, tmp_path, noise):
    file = _wav(tmp_path / "locked.wav", noise, grid.SAMPLE_RATE_HZ, "PCM_16")
    file.chmod(0)
    without_override = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    done = subprocess.run(
        [*without_override, *momentum.command("score", file)],
        capture_output=True,
        env=momentum.environment,
        timeout=120,
    )
    assert done.returncode == 5, done.stderr
    assert b"Permission denied" in done.stderr


def test_a_truncated_video_is_scored_up_to_where_it_breaks(momentum, tmp_path, noise):
    whole = tmp_path / "whole.mkv"
    _video(whole, noise)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 19 // 20])
    rows = momentum.lines("score", cut, "--json", code=5)
    assert rows[-1]["type"] == "end"
    assert rows[-1]["reason"] == "fault"
    assert 35 < rows[-1]["t"] < SECONDS
    assert "breaks off" in rows[-1]["detail"]


def test_a_truncated_mp4_is_refused_or_scored_as_far_as_it_goes(momentum, tmp_path, noise):
    whole = tmp_path / "whole.mp4"
    _video(whole, noise)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "cut.mp4" in momentum.refused("score", cut, code=5)


@pytest.mark.parametrize("name", ["cut.flac", "cut.wav"])
def test_a_truncated_recording_is_scored_up_to_where_it_breaks(momentum, tmp_path, noise, name):
    whole = _wav(tmp_path / "whole.wav", noise, grid.SAMPLE_RATE_HZ, "PCM_16")
    cut = tmp_path / name
    soundfile.write(cut, noise, grid.SAMPLE_RATE_HZ)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size * 97 // 100])
    rows = momentum.lines("score", cut, "--json", code=5)
    assert rows[-1]["reason"] == "fault"
    expected = _numbers(momentum.lines("score", whole, "--json"))
    assert 5 < len(_numbers(rows)) < len(expected)
    np.testing.assert_allclose(_numbers(rows), expected[: len(_numbers(rows))], atol=1e-5)


def test_zero_length_standard_input_is_refused(momentum):
    assert "standard input" in momentum.refused("live", "-", "--json", code=5, input=b"")


def test_standard_input_gives_the_same_readings_as_the_file(momentum, tmp_path, noise):
    file = _wav(tmp_path / "noise.wav", noise, grid.SAMPLE_RATE_HZ, "PCM_16")
    pcm = soundfile.read(file, dtype="int16")[0].astype("<i2").tobytes()
    piped = momentum.lines("live", "-", "--json", input=pcm)
    assert piped[-1]["reason"] == "end_of_stream"
    np.testing.assert_allclose(_numbers(piped), _numbers(momentum.lines("score", file, "--json")), atol=1e-5)


def test_samples_that_are_no_numbers_become_silence(momentum, tmp_path, noise):
    broken = noise.copy()
    broken[5000:5100] = np.nan
    broken[9000] = np.inf
    muted = np.where(np.isfinite(broken), broken, 0.0).astype(np.float32)
    ours = momentum.lines("score", _wav(tmp_path / "nan.wav", broken, grid.SAMPLE_RATE_HZ, "FLOAT"), "--json")
    clean = momentum.lines("score", _wav(tmp_path / "muted.wav", muted, grid.SAMPLE_RATE_HZ, "FLOAT"), "--json")
    assert len(_numbers(ours)) > 20
    np.testing.assert_allclose(_numbers(ours), _numbers(clean), atol=1e-6)


def test_a_silence_in_a_file_is_the_same_silence_live_and_scored(momentum, tmp_path, noise):
    """Digital silence is judged on the grid: not by the blocks, nor by any clock."""
    mute = np.zeros(int(3.3 * grid.SAMPLE_RATE_HZ), np.float32)
    file = _wav(tmp_path / "mute.wav", np.concatenate([noise, mute, noise]), grid.SAMPLE_RATE_HZ, "PCM_16")
    live = momentum.lines("live", file, "--speed", "max", "--json")
    score = momentum.lines("score", file, "--json")
    for ours, theirs in zip(live, score, strict=True):
        for key in set(ours) - {"started_at", "compute_ms", "pressure", "session"}:
            assert ours[key] == theirs[key], (ours, theirs)
    states = [row["health"] for row in live if row["type"] == "health"]
    assert states == ["warming_up", "listening", "silent", "warming_up", "listening"]
    np.testing.assert_allclose(_numbers(live), _numbers(score), atol=1e-5)


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"), [(8000, 1, "PCM_U8"), (192_000, 8, "PCM_24"), (44_100, 2, "PCM_16")]
)
def test_other_rates_and_channels_give_correct_readings(momentum, tmp_path, rate, channels, subtype):
    seconds = np.arange(40 * rate) / rate
    tone = 0.25 * np.sin(2 * np.pi * 1000 * seconds)
    file = _wav(tmp_path / "tone.wav", np.tile(tone[:, None], channels), rate, subtype)
    rows = momentum.lines("score", file, "--json")
    assert rows[-1]["t"] == pytest.approx(40.0, abs=0.01)
    assert _numbers(rows)
    level = [row["level_db"] for row in rows if row["type"] == "reading"][50]
    assert level == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.1)


def test_a_pipe_that_stops_is_stalled_and_can_be_ended(momentum):
    with subprocess.Popen(
        momentum.command("live", "-", "--json"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=momentum.environment,
    ) as process:  # fmt: skip
        process.stdin.write(np.ones(grid.SAMPLE_RATE_HZ, "<i2").tobytes())
        process.stdin.flush()
        rows = []
        while not rows or rows[-1].get("health") != "stalled":
            rows.append(json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGTERM)
        rows += [json.loads(line) for line in process.stdout.read().splitlines()]
        assert process.wait(120) == 143
    assert rows[-1]["type"] == "end"
    assert rows[-1]["reason"] == "terminated"
    assert rows[-1]["t"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("number", "code", "reason"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGHUP, 143, "terminated")]
)
def test_signals_end_it_cleanly(momentum, tmp_path, noise, number, code, reason):
    file = _wav(tmp_path / "noise.wav", noise, grid.SAMPLE_RATE_HZ, "PCM_16")
    with subprocess.Popen(
        momentum.command("live", file, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=momentum.environment,
    ) as process:
        assert b'"start"' in process.stdout.readline()
        process.send_signal(number)
        last = process.stdout.read().splitlines()[-1]
        assert process.wait(120) == code
    assert json.loads(last)["reason"] == reason


@pytest.fixture
def own_weights(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    shutil.copytree(shipped_weights() / "default", folder)
    return folder


def test_weights_with_a_flipped_byte_are_refused(momentum, own_weights, tmp_path, noise):
    tensors = own_weights / "weights.safetensors"
    data = bytearray(tensors.read_bytes())
    data[len(data) // 2] ^= 4
    tensors.write_bytes(data)
    file = _wav(tmp_path / "noise.wav", noise, grid.SAMPLE_RATE_HZ, "PCM_16")
    assert "SHA-256" in momentum.refused("score", file, "--weights", own_weights, code=4)


def test_weights_that_are_not_there_are_refused(momentum, tmp_path, noise):
    file = _wav(tmp_path / "noise.wav", noise, grid.SAMPLE_RATE_HZ, "PCM_16")
    assert "no weights" in momentum.refused("score", file, "--weights", tmp_path / "none", code=4)


@pytest.mark.parametrize(
    "arguments",
    [("--speed", "0"), ("--speed", "fast"), ("--spike-on", "0.2", "--spike-off", "0.6"), ("--rate", "x"), ("--what",)],
)
def test_wrong_arguments_are_refused(momentum, arguments):
    momentum.refused("live", "demo", *arguments, code=2)


def test_a_reader_that_leaves_is_no_fault(momentum, tmp_path, noise):
    file = _wav(tmp_path / "noise.wav", noise, grid.SAMPLE_RATE_HZ, "PCM_16")
    with subprocess.Popen(
        momentum.command("live", file, "--json", "--speed", "max"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=momentum.environment,
    ) as process:  # fmt: skip
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        process.wait(120)
    assert b"Traceback" not in said
