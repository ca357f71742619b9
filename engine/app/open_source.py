"""From what a person writes to a source of sound."""

import math
import sys
import time
from collections.abc import Callable
from typing import Any

from engine.audio.media_file import MediaFile
from engine.audio.microphone import QUEUE_S, Microphone
from engine.audio.pacing import Paced
from engine.audio.raw_pcm_pipe import PipePcm
from engine.audio.source import AudioSource
from engine.core import grid
from engine.core.errors import UsageError
from engine.core.sound_address import is_address


def open_source(
    spec: str,
    *,
    speed: float = 1.0,
    demo_at_once_s: float = 0.0,
    rate_hz: int = grid.SAMPLE_RATE_HZ,
    channels: int = 1,
    microphone_rate_hz: int | None = None,
    queue_s: float = QUEUE_S,
    sounddevice: Any = None,
    apart: bool = False,
    standard_input: int | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> AudioSource:
    """Open ``mic``, ``mic:NAME-OR-INDEX``, ``-``, ``demo``, ``demo:SEED``, an address, or else the file of that path.

    Args:
        spec: the source; a file that is called like one of the others is ``./mic``.
        speed: how many times real time files and the demo are heard; infinite for as fast as they go.
        demo_at_once_s: how much of the demo's beginning comes at once, so that a newcomer need not wait for an index.
        rate_hz, channels: what raw sound on standard input is.
        microphone_rate_hz, queue_s, sounddevice: as in ``Microphone``.
        apart: whether a microphone has a process of its own, as one among several sources needs.
        standard_input: descriptor to read ``-`` from; None for the process's own.
        clock, sleep: what paces, and stamps live sound.

    Raises:
        MomentumError: it can't be opened; which one depends on the source.
    """
    kind, _, detail = spec.partition(":")
    if kind == "mic" and apart:
        from engine.audio.microphone_process import MicrophoneProcess

        return MicrophoneProcess(detail or None, rate_hz=microphone_rate_hz, queue_s=queue_s, clock=clock)
    if kind == "mic":
        return Microphone(detail or None, rate_hz=microphone_rate_hz, queue_s=queue_s, module=sounddevice, clock=clock)
    if spec == "-":
        descriptor = sys.stdin.fileno() if standard_input is None else standard_input
        return PipePcm(descriptor, rate_hz, channels, clock=clock)
    demo = kind == "demo"
    if not demo and is_address(spec):
        # Imported here, as all that only this needs.
        from engine.audio.network_source import open_address

        return open_address(spec, speed, clock=clock, sleep=sleep)
    source = _open_demo(detail) if demo else MediaFile(spec)
    if math.isinf(speed):
        return source
    return Paced(source, speed, clock, sleep, demo_at_once_s if demo else 0.0)


def _open_demo(seed: str) -> AudioSource:
    # Imported here: nothing else needs the simulator.
    from engine.simulator.demo import open_demo

    if seed and not seed.isdecimal():
        raise UsageError(f"'{seed}' is no seed for the demo.", "Give a whole number: demo:7.")
    return open_demo(int(seed) if seed else None)
