"""What it costs to read sound: files against real time, and the sound card's callback against its block."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from time import process_time

import numpy as np

from engine.audio.media_file import MediaFile
from engine.audio.microphone import BUFFER_S, Microphone
from engine.audio.raw_pcm_pipe import PipePcm
from engine.core.grid import SAMPLE_RATE_HZ
from tests.bench import Row
from tests.unit.engine.audio.fake_sounddevice import FakeSoundDevice, FakeStream, microphone
from tests.unit.engine.audio.sounds import noise, write_av, write_sound

_TIMES = 5
_SECONDS = 60.0


def run() -> list[Row]:
    """One row a kind of file, and rows for live sound."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [_row(name, lambda path=path: _read(path)) for name, path in _files(Path(folder)).items()]
        raw = Path(folder) / "raw.pcm"
        raw.write_bytes((noise(_SECONDS, 48000) * 32767).astype("<i2").tobytes())
        return [*rows, _row("standard input, 48 kHz", lambda: _read_pipe(raw)), _callback(), _latency()]


def _files(folder: Path) -> dict[str, Path]:
    stereo = np.stack([noise(_SECONDS, 44100, seed) for seed in (1, 2)], axis=1)
    film = np.stack([noise(_SECONDS, 48000, seed) for seed in (1, 2)], axis=1)
    return {
        "wav, 22.05 kHz mono": write_sound(folder / "a.wav", noise(_SECONDS), SAMPLE_RATE_HZ),
        "flac, 44.1 kHz stereo": write_sound(folder / "a.flac", stereo, 44100),
        "ogg, 44.1 kHz stereo": write_sound(folder / "a.ogg", stereo, 44100),
        "mp3, 44.1 kHz stereo": write_sound(folder / "a.mp3", stereo, 44100),
        "mp4 (aac), 48 kHz stereo": write_av(folder / "a.mp4", "aac", film, 48000),
        "mkv (opus), 48 kHz stereo": write_av(folder / "a.mkv", "libopus", film, 48000),
    }


def _row(name: str, work: Callable[[], None]) -> Row:
    work()
    speeds = sorted(_SECONDS / _spent_s(work) for _ in range(_TIMES))
    lower, _, upper = quantiles(speeds, n=4)
    return Row(f"read {name}", median(speeds), "x real time", (upper - lower) / 2, f"{_SECONDS:.0f} s of noise")


def _spent_s(work: Callable[[], None]) -> float:
    began = process_time()
    work()
    return process_time() - began


def _read(path: Path) -> None:
    source = MediaFile(path)
    for _ in source.blocks():
        pass
    source.close()


def _read_pipe(path: Path) -> None:
    with path.open("rb") as file:
        for _ in PipePcm(file.fileno(), 48000).blocks():
            pass


def _callback() -> Row:
    """The sound card's thread: what a callback takes of the time until the next."""
    blocks, took = 500, []

    def script(stream: FakeStream) -> None:
        buffer = noise(BUFFER_S, 48000)
        for _ in range(blocks):
            took.append(_spent_s(lambda: stream.hear(buffer)))
        stream.die()

    source = Microphone(module=FakeSoundDevice(microphone("bench"), script=script), heartbeat_s=0.0, queue_s=60.0)
    next(source.blocks())
    source.close()
    lower, middle, upper = quantiles(took, n=4)
    return Row("callback of the microphone", 100 * middle / BUFFER_S, "% of its block", 50 * (upper - lower) / BUFFER_S)


def _latency() -> Row:
    """How much sound a microphone at 48 kHz holds back in its resampler, at most."""
    held: list[float] = []

    def script(stream: FakeStream) -> None:
        for _ in range(200):
            stream.hear(noise(BUFFER_S, 48000))
        stream.die()

    fake = FakeSoundDevice(microphone("bench"), script=script, rates_hz=(48000,))
    ticks = iter(range(1_000_000))
    source = Microphone(module=fake, heartbeat_s=0.0, queue_s=60.0, clock=lambda: float(next(ticks)))
    steps = source.blocks()
    passed_on = 0
    for block in (next(steps) for _ in range(100)):
        # The clock's ticks number the blocks of 20 ms: what had been heard when the next could be passed on.
        heard_s = ((block.captured_at or 0.0) + 1) * BUFFER_S
        held.append(1000 * (heard_s - passed_on / SAMPLE_RATE_HZ))
        passed_on = block.end
    source.close()
    return Row("age of the newest sample heard, at most", max(held), "ms", None, "microphone at 48 kHz, resampled")
