"""Runs a source through a stream: the one loop under live listening, recording and scoring."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final, Protocol

from engine.audio.source import AudioSource
from engine.audio.watchdog import Watchdog, WatchSettings
from engine.core import grid
from engine.core.errors import DeviceError, MomentumError
from engine.core.run_protocols import Beside, NothingBeside, ReadingSink, SoundSink, Stop
from engine.core.signals import AudioBlock, End, Event, Health, HealthChange, Reading, Start
from engine.live.spike_detector import SpikeDetector

_DETAILS: Final = {
    Health.WARMING_UP: f"filling the history of {grid.HISTORY_S:.0f} s",
    Health.LISTENING: "",
    Health.SILENT: "exact digital silence: a live microphone is never that quiet",
    Health.CLIPPED: "the sound reaches full scale; turn the input down",
}


class Stream(Protocol):
    """Turns sound into readings: a ``PressureStream``, or one of many."""

    @property
    def heard(self) -> int:
        """Samples of the source up to the end of the newest block."""
        ...

    def push(self, block: AudioBlock) -> list[Reading]:
        """Take the next block; return the readings it completes, oldest first."""
        ...


@dataclass(eq=False)
class Monitor:
    """Source to sinks.

    Args:
        source: where the sound comes from; closed at the end, whatever the end is.
        stream: turns sound into readings.
        detector: turns readings into spikes.
        sinks: who is told what was found.
        stop: who may end it.
        clock: monotonic seconds.
        watchdog: says what is wrong with the source; the one of a ``WatchedSource`` where it is one.
        notices: asked after each block for what a person should be told beside, such as a full disk.
        sound_sinks: who is given the sound itself; one that is in ``sinks`` too has the sound first.
        beside: asked after each block for what has happened beside, such as a commentator's words.
    """

    source: AudioSource
    stream: Stream
    detector: SpikeDetector
    sinks: Sequence[ReadingSink]
    stop: Stop
    clock: Callable[[], float] = monotonic
    watchdog: Watchdog | None = None
    notices: Callable[[], Sequence[str]] = tuple
    sound_sinks: Sequence[SoundSink] = ()
    beside: Beside | None = None

    def __post_init__(self) -> None:
        self._watchdog = self.watchdog or Watchdog(WatchSettings(give_up_after_s=None), reopens=False)
        self._beside = self.beside or NothingBeside()
        self._health: Health | None = None

    def run(self, start: Start) -> End:
        """Listen until the sound ends or is asked to; return the end that was written.

        Raises:
            MomentumError: the source failed. What was heard before has been written, and where it ended.
            OSError: a sink failed, such as a printer whose reader has left. The others have been told the end.
        """
        try:
            return self._run(start)
        finally:
            # After the end was written: a device may hang when it is closed.
            self.source.close()

    def _run(self, start: Start) -> End:
        try:
            self._write(start)
            self._listen()
        except MomentumError as fault:
            self._end("fault", fault.message)
            raise
        except OSError as fault:
            self._end_the_rest(End(self._heard_s, "output_lost", fault.strerror or ""))
            raise
        return self._end(self.stop.reason or ("end_of_stream" if self.source.live else "end_of_file"))

    def _listen(self) -> None:
        for block in self.source.blocks():
            if self.stop.reason:
                return
            self._watch(block)
            if len(block.samples):
                self._hear(block)
            for notice in self.notices():
                self._tell(notice)
            for event in self._beside.take(self._heard_s):
                self._write(event)
            for sink in self.sinks:
                sink.flush()

    def _watch(self, block: AudioBlock) -> None:
        """Let the watchdog judge the block, and write what it says."""
        now_s = self.clock()
        watchdog = self._watchdog
        watchdog.heard(now_s, block)
        for change in watchdog.take_changes():
            if change.health is None:
                self._tell(change.detail)
            elif change.health is not self._health:
                self._change(change.health, self._heard_s, change.detail)
        if watchdog.given_up(now_s):
            raise DeviceError(
                f"{self.source.name}: no sound has come for {watchdog.away_s(now_s):.0f} s.",
                "Look at whatever delivers the sound and at 'momentum devices', then start again.",
            )

    def _hear(self, block: AudioBlock) -> None:
        for sink in self.sound_sinks:
            sink.sound(block)
        # While the watchdog sees something wrong, what the stream makes of it is no number to show.
        trouble = self._watchdog.state
        for heard in self.stream.push(block):
            reading = heard
            if trouble is not None:
                reading = replace(heard, pressure=None, health=trouble, heard=None, tags=None)
            if reading.health is not self._health:
                self._change(reading.health, reading.t, _DETAILS.get(reading.health, ""))
            self._write(self._beside.fused(reading))
            self._decide(reading)

    def _decide(self, reading: Reading) -> None:
        for event in self.detector.push(reading):
            self._write(event)

    def _tell(self, detail: str) -> None:
        """A notice within the present state."""
        self._write(HealthChange(self._heard_s, self._health or Health.WARMING_UP, detail))

    def _change(self, health: Health, t: float, detail: str) -> None:
        self._health = health
        self._write(HealthChange(t, health, detail))

    def _end(self, reason: str, detail: str = "") -> End:
        for event in self.detector.finish(self._heard_s):
            self._write(event)
        for beside in self._beside.rest(self._heard_s):
            self._write(beside)
        end = End(self._heard_s, reason, detail)
        self._write(end)
        for sink in self.sinks:
            sink.flush()
        return end

    def _end_the_rest(self, end: End) -> None:
        """Tell the end to every sink that still takes it."""
        for sink in self.sinks:
            with suppress(OSError):
                sink.write(end)
                sink.flush()

    @property
    def _heard_s(self) -> float:
        return self.stream.heard / grid.SAMPLE_RATE_HZ

    def _write(self, event: Event) -> None:
        for sink in self.sinks:
            sink.write(event)
