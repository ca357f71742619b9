"""The whole way from a sound server through PortAudio to blocks, and what becomes of it when that breaks."""

import ctypes.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.core.grid import SAMPLE_RATE_HZ
from tests.unit.engine.audio.sounds import pitch_hz, rms, tone, write_sound

SCRIPT = Path(__file__).parents[3] / "shared" / "tools" / "virtual-microphone.sh"
PROGRAMS = ("pulseaudio", "pactl", "paplay")


def missing() -> str:
    """What this machine lacks for a virtual microphone; empty where it lacks nothing."""
    if not SCRIPT.is_file():
        return "../shared/tools/virtual-microphone.sh"
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if not ctypes.util.find_library("portaudio"):
        lacking.append("PortAudio (libportaudio2)")
    # Beside the libraries of Fedora, of Debian; all of /usr/lib would be searched for seconds.
    plugin = "alsa-lib/libasound_module_pcm_pulse.so"
    if not [*Path("/usr").glob(f"lib*/{plugin}"), *Path("/usr").glob(f"lib*/*/{plugin}")]:
        lacking.append("ALSA's way to PulseAudio (libasound2-plugins)")
    return ", ".join(lacking)


MISSING = missing()
# Sound in real time: one after the other wherever tests run side by side.
pytestmark = [
    pytest.mark.microphone,
    pytest.mark.xdist_group("real time"),
    pytest.mark.skipif(bool(MISSING), reason=f"not here: {MISSING}"),
]


class VirtualMicrophone:
    """A sound server of its own, whose microphone hears what is played into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "PULSE_SOURCE": "virtmic"}
        self.do("sh", str(SCRIPT), "start")
        self.listeners: list[subprocess.Popen[str]] = []

    def do(self, *command: str) -> str:
        """Run a command beside the server, to its end."""
        # Not through a pipe: the daemon would inherit it and hold it open.
        out = self.folder / "out.txt"
        with out.open("w") as file:
            subprocess.run(command, env=self.environment, check=True, stdout=file, stderr=subprocess.STDOUT)
        return out.read_text()

    def listen(self, spec: str, seconds: float) -> subprocess.Popen[str]:
        """Start a listener."""
        command = [
            sys.executable,
            "-m",
            "tests.functional.listener",
            spec,
            str(seconds),
            str(self.folder / "heard.npy"),
        ]
        folder = Path(__file__).parents[2]
        process = subprocess.Popen(command, env=self.environment, cwd=folder, stdout=subprocess.PIPE, text=True)
        self.listeners.append(process)
        return process

    def stop(self) -> None:
        """End what is still running."""
        for process in self.listeners:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        subprocess.run(["sh", str(SCRIPT), "stop"], env=self.environment, check=False, stderr=subprocess.DEVNULL)


@pytest.fixture
def virtual_microphone() -> Iterator[VirtualMicrophone]:
    # In a short path: the name of a socket may have about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="mic", ignore_cleanup_errors=True) as folder:
        microphone = VirtualMicrophone(Path(folder))
        yield microphone
        microphone.stop()


def says(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().strip() == line


def rest(process: subprocess.Popen[str]) -> list[str]:
    return process.communicate()[0].splitlines()


def test_a_tone_comes_back_with_its_pitch_and_level_and_nothing_lost(virtual_microphone: VirtualMicrophone) -> None:
    sound = write_sound(virtual_microphone.folder / "tone.wav", tone(48000, 2.0, hertz=1000, amplitude=0.3), 48000)
    listener = virtual_microphone.listen("mic:pulse", 4.0)
    says(listener, "sound")
    virtual_microphone.do("paplay", "--device=crowd", str(sound))
    assert rest(listener) == ["overruns 0", "holes 0"]
    heard = np.load(virtual_microphone.folder / "heard.npy")
    loud = np.flatnonzero(np.abs(heard) > 0.2)
    steady = heard[loud[0] : loud[-1]][SAMPLE_RATE_HZ // 4 : -SAMPLE_RATE_HZ // 4]
    assert len(steady) > SAMPLE_RATE_HZ
    assert pitch_hz(steady) == pytest.approx(1000.0, abs=0.1)
    assert rms(steady) == pytest.approx(0.3 / np.sqrt(2), rel=0.005)


def test_a_suspended_microphone_goes_on_giving_heartbeats_and_comes_back(virtual_microphone: VirtualMicrophone) -> None:
    listener = virtual_microphone.listen("mic:pulse", 3.0)
    says(listener, "sound")
    virtual_microphone.do("pactl", "suspend-source", "virtmic", "1")
    says(listener, "quiet")
    virtual_microphone.do("pactl", "suspend-source", "virtmic", "0")
    says(listener, "sound")


def test_a_microphone_that_is_pulled_out_neither_hangs_nor_ends_the_listening(
    virtual_microphone: VirtualMicrophone,
) -> None:
    listener = virtual_microphone.listen("mic:pulse", 3.0)
    says(listener, "sound")
    virtual_microphone.do("pactl", "unload-module", "module-remap-source")
    # The sound server gives the stream another source; that it is silent is for the watchdog to see.
    assert rest(listener)[-1].startswith("holes")


def test_a_sound_server_that_dies_is_a_lost_device(virtual_microphone: VirtualMicrophone) -> None:
    listener = virtual_microphone.listen("mic:pulse", 600.0)
    says(listener, "sound")
    virtual_microphone.do("sh", str(SCRIPT), "stop")
    assert rest(listener)[0] == "lost 3 The microphone pulse went away."
    assert len(np.load(virtual_microphone.folder / "heard.npy")) > 0


@pytest.mark.parametrize(
    ("spec", "message"),
    [("mic:Stadium", "There is no microphone 'Stadium'."), ("mic:99", "There is no microphone '99'.")],
)
def test_an_unknown_microphone(virtual_microphone: VirtualMicrophone, spec: str, message: str) -> None:
    assert rest(virtual_microphone.listen(spec, 1.0)) == [f"failed 3 {message}"]
