"""The microphone, through PortAudio."""

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from engine.audio.calls_with_deadline import PATIENCE_S, in_time
from engine.audio.devices import InputDevice, find_device, list_devices, load_sounddevice
from engine.audio.downmix import to_mono
from engine.audio.lost_samples import Losses
from engine.audio.resampling import Resampler
from engine.audio.source import Live
from engine.core import grid
from engine.core.errors import DeviceError
from engine.core.signals import AudioBlock, Samples

__all__ = ["InputDevice", "Microphone", "list_devices"]

HEARTBEAT_S = 0.2
BUFFER_S = 0.02
QUEUE_S = 2.0


class _Heard(NamedTuple):
    samples: Samples
    position: int
    stamp_s: float
    captured_at: float
    overflow: bool


class Microphone(Live):
    """An input device, listened to from the first ``blocks`` step on.

    Args:
        device: number, name or part of the name; None for the default.
        channels: how many of the device's first channels are averaged.
        rate_hz: rate to open it at; None for the grid's where the device takes it, else the device's own. On macOS
            always its own: CoreAudio takes any rate and resamples in its own way, and one sound shall give one index.
        queue_s: seconds of sound that may wait for whoever iterates.
        module: ``sounddevice``, or something that behaves like it.
        clock: monotonic seconds, for ``captured_at``.
        heartbeat_s: how long to wait for sound before an empty block is yielded.
        patience_s: how long opening, starting and closing may take each, before they end with ``StuckError``.
        system: as ``sys.platform``.

    Sound that came while the queue was full, and sound that PortAudio reports as lost and whose time stamps show that
    it is, is counted in ``overruns`` and leaves a hole in ``start``. A report without a lost sample is counted in
    ``overloads`` and changes nothing else. Raises ``DeviceError`` at once
    for a device that is missing, unknown or refused, and out of ``blocks``, after all that was heard, for one that went
    away. A device that stays but falls silent or stalls is for the listener to judge.
    """

    def __init__(
        self,
        device: str | int | None = None,
        *,
        channels: int = 1,
        rate_hz: int | None = None,
        queue_s: float = QUEUE_S,
        module: Any = None,
        clock: Callable[[], float] = time.monotonic,
        heartbeat_s: float = HEARTBEAT_S,
        patience_s: float = PATIENCE_S,
        system: str = sys.platform,
    ) -> None:
        self._module = module or load_sounddevice()
        self.device = find_device(list_devices(self._module), device)
        self._clock = clock
        self._heartbeat_s = heartbeat_s
        self._patience_s = patience_s
        self._queue: queue.Queue[_Heard] = queue.Queue(max(1, round(queue_s / BUFFER_S)))
        self._position = 0
        self._dropped = 0
        self._lost = 0
        self._finished = threading.Event()
        self._closed = False
        self.repaired_samples = 0
        settings = {"device": self.device.index, "channels": min(channels, self.device.channels), "dtype": "float32"}
        try:
            self.rate_hz = rate_hz or (self.device.default_rate_hz if system == "darwin" else self._best_rate(settings))
            self._stream: Any = self._in_time("opening", lambda: self._open(settings))
        except self._module.PortAudioError as error:
            raise self._refused(error) from error
        self._losses = Losses(self.rate_hz)

    @property
    def name(self) -> str:
        """The device's name."""
        return self.device.name

    @property
    def overruns(self) -> int:
        """How often sound was lost because it came faster than it was taken."""
        return self._dropped + self._lost

    @property
    def overloads(self) -> int:
        """How often the device has said that it came too fast, and no sample was missing."""
        return self._losses.overloads

    def blocks(self) -> Iterator[AudioBlock]:
        """Start listening, and yield what is heard until ``close``."""
        try:
            self._in_time("starting", self._stream.start)
        except self._module.PortAudioError as error:
            raise self._refused(error) from error
        resampler, expected, heard_at = Resampler(), 0, self._clock()
        while not self._closed:
            try:
                heard = self._queue.get(timeout=self._heartbeat_s)
            except queue.Empty:
                if self._is_lost():
                    break
                yield self._block(resampler.position, np.zeros(0, np.float32), self._clock())
                continue
            missing = self._losses.before(
                heard.position, len(heard.samples), heard.stamp_s, heard.captured_at, heard.overflow
            )
            self._lost += bool(missing)
            lost = heard.position - expected + missing
            expected, heard_at = heard.position + len(heard.samples), heard.captured_at
            mono, repaired = to_mono(heard.samples)
            self.repaired_samples += repaired
            for start, samples in resampler.push(mono, self.rate_hz, lost / self.rate_hz):
                yield self._block(start, samples, heard.captured_at)
        for start, samples in resampler.finish():
            yield self._block(start, samples, heard_at)
        if not self._closed:
            raise DeviceError(
                f"The microphone {self.name} went away.",
                "Plug it in again; 'momentum devices' shows whether it is back.",
            )

    def close(self) -> None:
        """Stop listening and give the device back; harmless when done twice, from any thread.

        Raises ``StuckError`` where the sound system does not come back from it.
        """
        if self._closed:
            return
        self._closed = True
        # A device that is gone already can't be closed properly, and nobody needs it to be.
        with suppress(self._module.PortAudioError):
            self._in_time("closing", self._stream.close)

    def _open(self, settings: dict[str, Any]) -> Any:
        return self._module.InputStream(
            samplerate=self.rate_hz,
            blocksize=round(BUFFER_S * self.rate_hz),
            callback=self._on_sound,
            finished_callback=self._finished.set,
            **settings,
        )

    def _in_time(self, doing: str, work: Callable[[], Any]) -> Any:
        return in_time(work, self.name, doing, self._patience_s)

    def _on_sound(self, samples: Samples, frames: int, stamps: Any, status: Any) -> None:
        """PortAudio's thread: copy and enqueue, nothing else."""
        overflow = bool(status.input_overflow)
        heard = _Heard(samples.copy(), self._position, stamps.inputBufferAdcTime, self._clock(), overflow)
        self._position += frames
        try:
            self._queue.put_nowait(heard)
        except queue.Full:
            self._dropped += 1

    def _block(self, start: int, samples: Samples, captured_at: float) -> AudioBlock:
        return AudioBlock(samples, start, captured_at, self.overruns, overloads=self.overloads)

    def _best_rate(self, settings: dict[str, Any]) -> int:
        try:
            self._module.check_input_settings(samplerate=grid.SAMPLE_RATE_HZ, **settings)
        except self._module.PortAudioError:
            return self.device.default_rate_hz
        return grid.SAMPLE_RATE_HZ

    def _is_lost(self) -> bool:
        try:
            return self._finished.is_set() or not self._stream.active
        except self._module.PortAudioError:
            return True

    def _refused(self, error: Exception) -> DeviceError:
        return DeviceError(
            f"The microphone {self.name} can't be opened: {error.args[0] if error.args else error}.",
            "Another program may hold it, or this one may not be allowed to listen: look at 'momentum doctor'.",
        )
