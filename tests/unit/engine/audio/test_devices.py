"""A person's word for a microphone finds it, or says which there are."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.audio.devices import InputDevice, find_device, list_devices, refresh_devices
from engine.core.errors import DeviceError
from tests.unit.engine.audio.fake_sounddevice import FakeSoundDevice, microphone

SOUND_CARD = FakeSoundDevice(
    microphone("Built-in Microphone"),
    microphone("Speakers", channels=0),
    microphone("USB Microphone", channels=2, rate_hz=44100.0),
    microphone("USB Microphone Pro"),
    default=2,
)


def test_only_inputs_are_listed_with_what_one_chooses_by() -> None:
    devices = list_devices(SOUND_CARD)
    assert [device.index for device in devices] == [0, 2, 3]
    assert devices[1] == InputDevice(2, "USB Microphone", 2, 44100, True, "Fake Audio")
    assert [device.is_default for device in devices] == [False, True, False]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [(None, 2), (0, 0), ("3", 3), ("built", 0), ("usb microphone", 2), ("PRO", 3), (" Built-in ", 0)],
)
def test_a_number_a_name_or_a_part_of_one_finds_the_device(wanted: str | int | None, index: int) -> None:
    assert find_device(list_devices(SOUND_CARD), wanted).index == index


@pytest.mark.parametrize("wanted", ["1", "99", "Studio"])
def test_an_unknown_device_is_answered_with_those_there_are(wanted: str) -> None:
    with pytest.raises(DeviceError, match="There is no microphone") as caught:
        find_device(list_devices(SOUND_CARD), wanted)
    assert "0 Built-in Microphone; 2 USB Microphone; 3 USB Microphone Pro" in caught.value.hint


def test_a_part_of_several_names_is_answered_with_those() -> None:
    with pytest.raises(DeviceError, match="'micro' is the name of 3 microphones") as caught:
        find_device(list_devices(SOUND_CARD), "micro")
    assert "0 Built-in Microphone" in caught.value.hint


def test_without_any_device_other_sources_are_named() -> None:
    with pytest.raises(DeviceError, match="No microphone") as caught:
        find_device(list_devices(FakeSoundDevice()), None)
    assert "momentum live demo" in caught.value.hint


def test_without_a_default_the_only_device_is_meant_and_among_several_one_must_choose() -> None:
    one = FakeSoundDevice(microphone("Desk"), default=-1)
    assert find_device(list_devices(one), None).name == "Desk"
    two = FakeSoundDevice(microphone("Desk"), microphone("Stand"), default=-1)
    with pytest.raises(DeviceError, match="no default microphone"):
        find_device(list_devices(two), None)


def test_looking_again_makes_portaudio_look_again() -> None:
    fake = FakeSoundDevice(microphone("Desk"))
    refresh_devices(fake)
    assert fake.looked_again == 1


def test_without_portaudio_the_remedy_is_told(tmp_path: Path) -> None:
    # What importing the real module does on a system without the library.
    (tmp_path / "sounddevice.py").write_text('raise OSError("PortAudio library not found")')
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from engine.app.open_source import open_source\n"
        "from engine.core.errors import DeviceError\n"
        "try:\n    open_source('mic')\n"
        "except DeviceError as error:\n    print(int(error.exit_code), error.message, error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("3 PortAudio, which the microphone needs, is not installed.")
    assert "nstall" in done.stdout and done.stderr == ""
