"""A noisy sound library, and devices and files with names that would steer a terminal."""

import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from tests.functional.conftest import Momentum

NOISY = r'''
"""Behaves like sounddevice on a machine whose ALSA has much to say, and none of it to Python."""
import os, threading, types
import numpy as np

def say(what):
    os.write(2, b"ALSA lib " + what + b": \x1b[2J\x1b[1;31mCannot open device\n")

say(b"import")
NAME = "crowd\x1b]0;owned\x07 mic\x1b[2J"
default = types.SimpleNamespace(device=(0, None))

class PortAudioError(Exception):
    pass

def query_devices():
    say(b"query")
    return [{"index": 0, "name": NAME, "max_input_channels": 1, "default_samplerate": 22050.0, "hostapi": 0}]

def query_hostapis():
    return [{"name": "ALSA"}]

def check_input_settings(**settings):
    say(b"check")
    if os.environ.get("REFUSED"):
        raise PortAudioError("Device \x1b[2Junavailable")

def get_portaudio_version():
    return 19 << 16 | 7 << 8, "19.7"

def _terminate(): say(b"end")
def _initialize(): say(b"begin")

class InputStream:
    active = True
    def __init__(self, callback, blocksize, **settings):
        if os.environ.get("REFUSED"):
            raise PortAudioError("Device \x1b[2Junavailable")
        self._call, self._size, self._over = callback, blocksize, threading.Event()
    def start(self):
        threading.Thread(target=self._run, daemon=True).start()
    def _run(self):
        rng = np.random.default_rng(0)
        while not self._over.wait(0.02):
            say(b"underrun")
            sound = rng.normal(0, 0.1, (self._size, 1)).astype(np.float32)
            stamps = types.SimpleNamespace(inputBufferAdcTime=0.0)
            self._call(sound, self._size, stamps, types.SimpleNamespace(input_overflow=False))
    def close(self):
        self._over.set()
'''


@pytest.fixture
def noisy(momentum: Momentum, tmp_path: Path) -> Momentum:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "sounddevice.py").write_text(NOISY)
    momentum.environment["PYTHONPATH"] = f"{folder}:{Path(__file__).parents[2]}"
    return momentum


def harmless(*texts: bytes | str) -> None:
    """Neither a word of the library nor a character that a terminal would act on."""
    for text in texts:
        shown = text.decode() if isinstance(text, bytes) else text
        assert "ALSA lib" not in shown
        assert not {character for character in shown if ord(character) < 32} - {"\n"}, ascii(shown)


@pytest.mark.parametrize("command", [("devices",), ("doctor",), ("doctor", "--listen", "0.2")])
def test_the_sound_library_does_not_write_between_the_lines_of(noisy: Momentum, command: tuple[str, ...]):
    done = noisy.run(*command)
    harmless(done.stdout, done.stderr)
    assert done.stdout
    kept = (noisy.home / "log" / "stray-output.log").read_bytes()
    assert kept.startswith(b"ALSA lib import: \x1b[2J")
    assert (noisy.home / "log" / "stray-output.log").stat().st_mode & 0o777 == 0o600


def test_the_version_is_told_without_the_library_and_without_a_folder_being_made(noisy: Momentum):
    done = noisy.run("--version")
    harmless(done.stdout, done.stderr)
    assert b"portaudio 19.7.0" in done.stdout
    assert not noisy.home.exists()


@pytest.mark.parametrize(
    "command", [("record", "mic"), ("live", "mic", "--json"), ("live", "mic", "--plain"), ("live", "--plain")]
)
def test_a_listener_shows_its_own_words_only(noisy: Momentum, command: tuple[str, ...]):
    process = subprocess.Popen(
        noisy.command(*command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=noisy.environment
    )
    said = process.stderr if command[0] == "record" else process.stdout
    assert said is not None
    first = said.readline()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    harmless(first, out, err)
    assert (process.returncode, b"crowd" in first) == (143, True)
    assert b"ALSA lib" in (noisy.home / "log" / "stray-output.log").read_bytes()


def test_a_microphone_that_refuses_is_named_harmlessly(noisy: Momentum):
    noisy.environment["REFUSED"] = "1"
    said = noisy.refused("record", "mic", code=3)
    harmless(said, (noisy.home / "log" / "record.log").read_text())
    assert "crowd\ufffd]0;owned\ufffd mic\ufffd[2J can't be opened: Device \ufffd[2Junavailable" in said


@pytest.mark.parametrize("command", [("record",), ("live", "--plain"), ("live", "--json"), ("score",)])
def test_a_file_with_escape_sequences_in_its_name_is_only_a_file(
    momentum: Momentum, tmp_path: Path, command: tuple[str, ...]
):
    file = tmp_path / "match\x1b[2J\x07.wav"
    soundfile.write(file, np.random.default_rng(0).normal(0, 0.1, grid.SAMPLE_RATE_HZ), grid.SAMPLE_RATE_HZ)
    done = momentum.run(command[0], file, *command[1:])
    assert done.returncode == 0, done.stderr
    harmless(done.stdout, done.stderr)


def test_a_log_folder_that_can_not_be_made_stops_no_listing(noisy: Momentum):
    noisy.home.mkdir()
    (noisy.home / "log").write_text("a file stands here")
    done = noisy.run("devices")
    harmless(done.stdout, done.stderr)
    assert (done.returncode, os.linesep in done.stdout.decode()) == (0, True)
