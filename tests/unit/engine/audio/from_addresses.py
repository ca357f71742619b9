"""Listening to servers on the loopback address."""

from collections.abc import Callable

import numpy as np

from engine.audio.ffmpeg_connection import Patience
from engine.audio.media_file import Decoded
from engine.audio.network_source import LiveAddress, open_address
from engine.audio.source import AudioSource
from engine.core.errors import DeviceError
from engine.core.grid import SAMPLE_RATE_HZ

SOON = Patience(answer_s=5.0, silence_s=0.6)
"""For what is never to come."""
PATIENT = Patience(answer_s=60.0, silence_s=30.0)
"""For what comes at once, on a machine that may be busy with other things."""


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class Done:
    """Work done where it is asked for: beside, the made-up time would run ahead of a server that takes real time."""

    done = True

    def __init__(self, work: Callable[[], AudioSource | DeviceError]) -> None:
        self._value = work()

    def result(self) -> AudioSource | DeviceError:
        return self._value


def listen(source: LiveAddress, seconds: float) -> np.ndarray:
    """So many seconds of sound, which must come without a hole."""
    pieces, count = [], 0
    for block in source.blocks():
        if len(block.samples):
            assert block.start == count
            pieces.append(block.samples)
            count += len(block.samples)
        if count >= seconds * SAMPLE_RATE_HZ:
            break
    source.close()
    return np.concatenate(pieces)


def heard_with_gaps(source: Decoded) -> int:
    """How many samples came."""
    return sum(len(block.samples) for block in source.blocks())


def live(url: str, patience: Patience = PATIENT) -> LiveAddress:
    clock = Clock()
    source = open_address(url, patience=patience, clock=clock, sleep=clock.sleep)
    assert isinstance(source, LiveAddress)
    return source
