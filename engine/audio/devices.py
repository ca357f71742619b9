"""The input devices of this computer, and which of them a person means."""

import sys
from dataclasses import dataclass
from typing import Any

from engine.core.errors import DeviceError

_SHOWN = 8
_INSTALL = {
    "linux": "Install it: 'sudo apt install libportaudio2' (Debian, Ubuntu) or 'sudo dnf install portaudio' (Fedora).",
    "darwin": "Install the package that brings it: 'pip install --force-reinstall sounddevice'.",
    "win32": "Install the package that brings it: 'pip install --force-reinstall sounddevice'.",
}
_OTHER_SOURCES = "Plug one in, or listen to a file ('momentum live FILE') or to the demo ('momentum live demo')."


@dataclass(frozen=True, slots=True)
class InputDevice:
    """A device that can be listened to, as PortAudio numbers and names it."""

    index: int
    name: str
    channels: int
    default_rate_hz: int
    is_default: bool
    hostapi: str


def load_sounddevice() -> Any:
    """The module ``sounddevice``, imported when it is first needed. Raises ``DeviceError`` without PortAudio."""
    try:
        import sounddevice
    except OSError as error:
        hint = _INSTALL.get(sys.platform, "Install PortAudio with your system's packages.")
        raise DeviceError("PortAudio, which the microphone needs, is not installed.", hint) from error
    return sounddevice


def list_devices(module: Any = None) -> list[InputDevice]:
    """All input devices in PortAudio's order; empty where there are none.

    ``module`` is ``sounddevice`` or something that behaves like it. Raises ``DeviceError`` without PortAudio.
    """
    module = module or load_sounddevice()
    devices, hosts = module.query_devices(), module.query_hostapis()
    default = module.default.device[0]
    return [
        InputDevice(
            index=device["index"],
            name=device["name"],
            channels=device["max_input_channels"],
            default_rate_hz=round(device["default_samplerate"]),
            is_default=device["index"] == default,
            hostapi=hosts[device["hostapi"]]["name"],
        )
        for device in devices
        if device["max_input_channels"] > 0
    ]


def find_device(devices: list[InputDevice], wanted: str | int | None) -> InputDevice:
    """The device with that number, that name, or the only one with that part in its name, in any case of letters.

    None means the default, and where the system names none, the only one there is. Raises ``DeviceError`` with the
    devices to choose from.
    """
    if not devices:
        raise DeviceError("No microphone was found.", _OTHER_SOURCES)
    if wanted is None:
        found = [device for device in devices if device.is_default] or devices
        if len(found) == 1:
            return found[0]
        raise DeviceError("The system has no default microphone.", f"Choose one with mic:NUMBER: {_listed(devices)}")
    text = str(wanted).strip()
    if text.isdecimal():
        found = [device for device in devices if device.index == int(text)]
    else:
        found = [device for device in devices if device.name.casefold() == text.casefold()]
        found = found or [device for device in devices if text.casefold() in device.name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise DeviceError(f"'{text}' is the name of {len(found)} microphones.", f"Choose mic:NUMBER: {_listed(found)}")
    raise DeviceError(f"There is no microphone '{text}'.", f"There are: {_listed(devices)}")


def refresh_devices(module: Any = None) -> None:
    """Make PortAudio look again for what is plugged in, which it does once only; ends every open stream."""
    module = module or load_sounddevice()
    # Private, but the only way that sounddevice offers.
    module._terminate()
    module._initialize()


def _listed(devices: list[InputDevice]) -> str:
    shown = "; ".join(f"{device.index} {device.name}" for device in devices[:_SHOWN])
    return f"{shown}; … ('momentum devices' lists all)" if len(devices) > _SHOWN else f"{shown}."
