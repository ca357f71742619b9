"""What a person writes for a source opens it."""

import os
import subprocess
import sys
from math import inf
from pathlib import Path

import numpy as np
import pytest

from engine.app.open_source import open_source
from engine.audio.microphone import Microphone
from engine.audio.pacing import Paced
from engine.core.errors import InputError, UsageError
from engine.core.grid import SAMPLE_RATE_HZ
from tests.sound_servers import SoundServer, whole
from tests.unit.engine.audio.fake_sounddevice import FakeSoundDevice, microphone
from tests.unit.engine.audio.sounds import heard, noise, write_sound


@pytest.mark.parametrize(
    ("spec", "name"), [("mic", "Desk"), ("mic:", "Desk"), ("mic:stand", "Stand: left"), ("mic:1", "Stand: left")]
)
def test_a_microphone_by_default_name_or_number(spec: str, name: str) -> None:
    fake = FakeSoundDevice(microphone("Desk"), microphone("Stand: left"))
    source = open_source(spec, sounddevice=fake)
    assert isinstance(source, Microphone) and source.name == name


def test_a_colon_in_a_microphones_name_is_no_trouble() -> None:
    fake = FakeSoundDevice(microphone("Desk"), microphone("Stand: left"))
    assert open_source("mic:Stand: left", sounddevice=fake).name == "Stand: left"


def test_a_file_is_paced_unless_it_may_go_as_fast_as_it_can(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "match.wav", noise(0.5), SAMPLE_RATE_HZ, "FLOAT")
    slow = open_source(str(path), clock=lambda: 0.0, sleep=lambda seconds: None)
    assert isinstance(slow, Paced) and not slow.live
    assert (slow.name, slow.duration_s) == ("match.wav", 0.5)
    slow.close()
    assert np.array_equal(heard(open_source(str(path), speed=inf)), noise(0.5))


def test_a_file_that_is_called_like_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sound(tmp_path / "mic.wav", noise(0.1), SAMPLE_RATE_HZ).rename(tmp_path / "mic")
    monkeypatch.chdir(tmp_path)
    assert len(heard(open_source("./mic", speed=inf))) == len(noise(0.1))


def test_an_address_of_a_file_is_paced_like_a_file(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "match.wav", noise(0.5), SAMPLE_RATE_HZ, "FLOAT")
    with SoundServer(whole(path.read_bytes())) as server:
        slow = open_source(server.url("/match.wav"), clock=lambda: 0.0, sleep=lambda seconds: None)
        assert isinstance(slow, Paced) and not slow.live
        assert (slow.name, slow.duration_s) == (server.url("/match.wav"), 0.5)
        slow.close()
        assert np.array_equal(heard(open_source(server.url("/match.wav"), speed=inf)), noise(0.5))


def test_a_file_in_a_folder_that_is_called_like_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "http:" / "127.0.0.1").mkdir(parents=True)
    write_sound(tmp_path / "http:" / "127.0.0.1" / "a.wav", noise(0.1), SAMPLE_RATE_HZ)
    monkeypatch.chdir(tmp_path)
    for spec in ("http:/127.0.0.1/a.wav", "./http://127.0.0.1/a.wav"):
        assert len(heard(open_source(spec, speed=inf))) == len(noise(0.1))


def test_standard_input() -> None:
    reading, writing = os.pipe()
    os.write(writing, np.zeros(1000, "<i2").tobytes())
    os.close(writing)
    assert len(heard(open_source("-", standard_input=reading, channels=2))) == 500
    os.close(reading)


def test_the_demo_and_its_seed() -> None:
    assert open_source("demo:7").name == "demo:7"
    assert open_source("demo").name.startswith("demo:")
    first, again, other = (next(iter(open_source(spec, speed=inf).blocks())) for spec in ("demo:7", "demo:7", "demo:8"))
    assert np.array_equal(first.samples, again.samples)
    assert not np.array_equal(first.samples, other.samples)


def test_only_the_demo_begins_with_sound_that_comes_at_once(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "match.wav", noise(0.5), SAMPLE_RATE_HZ, "FLOAT")
    slept = []

    def first_of(spec: str) -> int:
        slept.clear()
        clock = [0.0]

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            clock[0] += seconds

        source = open_source(spec, demo_at_once_s=3.0, clock=lambda: clock[0], sleep=sleep)
        return next(block.end for block in source.blocks() if slept)

    assert first_of("demo") / SAMPLE_RATE_HZ == pytest.approx(3.0, abs=0.2)
    assert first_of(str(path)) / SAMPLE_RATE_HZ <= 0.05


def test_a_seed_that_is_none() -> None:
    with pytest.raises(UsageError, match="no seed"):
        open_source("demo:abc")


def test_a_path_that_leads_nowhere() -> None:
    with pytest.raises(InputError, match="There is no file"):
        open_source("microphone")


def test_opening_imports_only_what_the_source_needs(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", noise(0.1), SAMPLE_RATE_HZ)
    program = (
        "import sys\nfrom engine.app.open_source import open_source\n"
        f"list(open_source({str(path)!r}, speed=float('inf')).blocks())\n"
        "print([name for name in ('av', 'soxr', 'sounddevice', 'engine.simulator.demo') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
