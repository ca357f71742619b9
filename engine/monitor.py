"""Runs a source through a stream: the one loop under live listening, recording and scoring."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, Protocol

from engine import grid
from engine.audio.source import AudioSource
from engine.errors import DeviceError, MomentumError
from engine.signals import AudioBlock, End, Event, Health, HealthChange, Reading, Start
from engine.spikes import SpikeDetector
from engine.stream import PressureStream

STALLED_AFTER_S: Final = 2.0
"""A live source that has brought nothing for this long is stalled."""

_DETAILS: Final = {
    Health.WARMING_UP: f"filling the history of {grid.HISTORY_S:.0f} s",
    Health.LISTENING: "",
    Health.SILENT: "exact digital silence: a live microphone is never that quiet",
    Health.CLIPPED: "the sound reaches full scale; turn the input down",
}


class Sink(Protocol):
    """Takes what the monitor hears and finds: a session, a printer."""

    def write(self, event: Event) -> None:
        """Take an event, in order."""
        ...

    def sound(self, block: AudioBlock) -> None:
        """Take the sound itself, before the readings that it completes."""
        ...

    def flush(self) -> None:
        """Everything of a block has been written."""
        ...


class Stop:
    """A request from outside to end cleanly, with its reason; safe to set from a signal handler or a thread."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def request(self, reason: str) -> None:
        """Ask for the end; the first reason counts."""
        self.reason = self.reason or reason


class Monitor:
    """Source to sinks.

    Args:
        source: where the sound comes from; closed at the end, whatever the end is.
        stream: turns sound into readings.
        detector: turns readings into spikes.
        sinks: who is told.
        stop: who may end it.
        clock: monotonic seconds.
        give_up_after_s: how long a live source may bring nothing before that ends the run; None for ever.
    """

    def __init__(
        self,
        source: AudioSource,
        stream: PressureStream,
        detector: SpikeDetector,
        sinks: Sequence[Sink],
        stop: Stop,
        clock: Callable[[], float] = monotonic,
        give_up_after_s: float | None = None,
    ) -> None:
        self._source = source
        self._stream = stream
        self._detector = detector
        self._sinks = sinks
        self._stop = stop
        self._clock = clock
        self._give_up_after_s = give_up_after_s
        self._health: Health | None = None
        self._overruns = 0

    def run(self, start: Start) -> End:
        """Listen until the sound ends or is asked to; return the end that was written.

        Raises:
            MomentumError: the source failed. What was heard before has been written, and where it ended.
        """
        self._write(start)
        try:
            self._listen()
        except MomentumError as fault:
            self._end("fault", fault.message)
            raise
        finally:
            self._source.close()
        return self._end(self._stop.reason or ("end_of_stream" if self._source.live else "end_of_file"))

    def _listen(self) -> None:
        heard_at = self._clock()
        for block in self._source.blocks():
            if self._stop.reason:
                return
            if len(block.samples):
                heard_at = self._clock()
                self._hear(block)
            else:
                self._heartbeat(self._clock() - heard_at)
            for sink in self._sinks:
                sink.flush()

    def _hear(self, block: AudioBlock) -> None:
        if self._health is Health.STALLED:
            self._change(Health.RECOVERING, self._heard_s, "sound has come back")
        if block.overruns > self._overruns:
            lost = block.overruns - self._overruns
            self._overruns = block.overruns
            self._tell(f"{lost} overrun{'s' if lost > 1 else ''}: sound came faster than it was taken", block)
        for sink in self._sinks:
            sink.sound(block)
        for reading in self._stream.push(block):
            if reading.health is not self._health:
                self._change(reading.health, reading.t, _DETAILS[reading.health])
            self._write(reading)
            self._decide(reading)

    def _decide(self, reading: Reading) -> None:
        for event in self._detector.push(reading):
            self._write(event)

    def _heartbeat(self, quiet_s: float) -> None:
        if quiet_s < STALLED_AFTER_S:
            return
        if self._health is not Health.STALLED:
            self._change(Health.STALLED, self._heard_s, f"no sound has come for {quiet_s:.1f} s")
        if self._give_up_after_s is not None and quiet_s >= self._give_up_after_s:
            raise DeviceError(
                f"{self._source.name}: no sound has come for {quiet_s:.0f} s.",
                "Look at whatever delivers the sound: it is still there but has stopped sending.",
            )

    def _tell(self, detail: str, block: AudioBlock) -> None:
        """A notice within the present state."""
        self._write(HealthChange(block.start / grid.SAMPLE_RATE_HZ, self._health or Health.WARMING_UP, detail))

    def _change(self, health: Health, t: float, detail: str) -> None:
        self._health = health
        self._write(HealthChange(t, health, detail))

    def _end(self, reason: str, detail: str = "") -> End:
        for event in self._detector.finish(self._heard_s):
            self._write(event)
        end = End(self._heard_s, reason, detail)
        self._write(end)
        for sink in self._sinks:
            sink.flush()
        return end

    @property
    def _heard_s(self) -> float:
        return self._stream.heard / grid.SAMPLE_RATE_HZ

    def _write(self, event: Event) -> None:
        for sink in self._sinks:
            sink.write(event)
