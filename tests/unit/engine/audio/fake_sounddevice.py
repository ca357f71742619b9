"""A stand-in for the module ``sounddevice`` whose devices do what a test says, without time or sound card."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np


class PortAudioError(Exception):
    """As sounddevice's."""


def microphone(name: str, *, channels: int = 1, rate_hz: float = 48000.0) -> dict[str, Any]:
    """A device as sounddevice describes it."""
    return {"name": name, "hostapi": 0, "max_input_channels": channels, "default_samplerate": rate_hz}


class FakeSoundDevice:
    """``rates_hz`` are those that every device takes; ``default`` is the index of the default input, or -1.

    ``script(stream)`` runs when a stream is started: it plays sound (``stream.hear``) and ends it
    (``stream.die``).
    """

    PortAudioError = PortAudioError

    def __init__(
        self,
        *devices: dict[str, Any],
        default: int = 0,
        rates_hz: tuple[int, ...] = (22050, 48000),
        script: Callable[["FakeStream"], None] = lambda stream: None,
    ) -> None:
        self.devices = [{"index": index, **device} for index, device in enumerate(devices)]
        self.default = SimpleNamespace(device=(default, -1))
        self.rates_hz = rates_hz
        self.script = script
        self.streams: list[FakeStream] = []
        self.looked_again = 0
        self.stream: type[FakeStream] = FakeStream

    def query_devices(self) -> list[dict[str, Any]]:
        return self.devices

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "Fake Audio"}]

    def check_input_settings(self, *, samplerate: float, **_settings: Any) -> None:
        if samplerate not in self.rates_hz:
            raise PortAudioError("Invalid sample rate", -9997)

    def InputStream(self, **settings: Any) -> "FakeStream":
        self.check_input_settings(samplerate=settings["samplerate"])
        self.streams.append(self.stream(self.script, settings))
        return self.streams[-1]

    def _terminate(self) -> None:
        self.streams.clear()

    def _initialize(self) -> None:
        self.looked_again += 1


class FakeStream:
    """An input stream that hears what it is told."""

    def __init__(self, script: Callable[["FakeStream"], None], settings: dict[str, Any]) -> None:
        self.settings = settings
        self.active = False
        self.closed = 0
        self._script = script

    def start(self) -> None:
        self.active = True
        self._script(self)

    def close(self) -> None:
        self.active = False
        self.closed += 1

    def hear(self, sound: np.ndarray, *, overflow: bool = False, stamp_s: float = 0.0) -> None:
        """Call back with ``sound`` on every channel, in a buffer that is overwritten afterwards, as PortAudio's is.

        ``stamp_s`` is the device's time of the first sample, 0 for a device that has none.
        """
        buffer = np.repeat(sound[:, None], self.settings["channels"], axis=1).astype(np.float32)
        self.settings["callback"](
            buffer, len(buffer), SimpleNamespace(inputBufferAdcTime=stamp_s), SimpleNamespace(input_overflow=overflow)
        )
        buffer[:] = np.nan

    def die(self) -> None:
        """As when the sound server is killed."""
        self.active = False
        self.settings["finished_callback"]()
