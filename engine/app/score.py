"""A whole file or recording as fast as the machine can: what ``score`` does, whoever asks for it.

with scoring("match.flac", lambda: settings, tell) as run:
    end = run.listen([sink])
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from engine.app.built_engine import UNTRAINED, Engine, build_engine, loading
from engine.app.separate_voices import separation_of, without_voices

if TYPE_CHECKING:
    from engine.audio.media_file import Decoded
    from engine.audio.source import AudioSource
    from engine.core.run_protocols import ReadingSink
    from engine.core.settings import Settings
    from engine.core.signals import End, Event, Reading, Spike
    from engine.core.telling import Tell

_BLOCK_HOPS: Final = 1024


class Scoring:
    """A recording that is open, and what will listen to it; ``stop`` ends it."""

    def __init__(
        self, recording: "Decoded", source: "AudioSource", engine: Engine, tell: "Tell", separation: str | None = None
    ) -> None:
        from engine.core.run_protocols import Stop

        self.engine = engine
        self.stop = Stop()
        self._recording = recording
        self._source = source
        self._tell = tell
        self._separation = separation

    def listen(self, sinks: "Sequence[ReadingSink]") -> "End":
        """Hear all of it and return the end.

        Raises:
            MomentumError: the file breaks off in a way that can't be read over; what came before has been written.
            OSError: a sink failed.
        """
        from engine.live.monitor_loop import Monitor
        from engine.live.spike_detector import SpikeDetector

        if not self.engine.weights.config.trained:
            self._tell(UNTRAINED)
        engine = self.engine
        monitor = Monitor(self._source, engine.stream, SpikeDetector(engine.spikes), sinks, self.stop)
        try:
            return monitor.run(engine.start(self._recording.name, separation=self._separation))
        finally:
            if self._recording.repaired_samples:
                self._tell(f"{self._recording.repaired_samples} samples were no numbers and were taken as silence.")


@contextmanager
def scoring(
    file: str, read: "Callable[[], Settings]", tell: "Tell", step: int | None = None, weights_named: bool = False
) -> Iterator[Scoring]:
    """Open a file or an address and load what listens to it; closed however it ends.

    ``read`` gives the settings; it is called while the file is being read already. ``step``: frames of 46.4 ms between
    readings; None for as many as live has. ``weights_named``: see ``build_engine``.

    Raises:
        MomentumError: the file can't be read, the weights are missing or wrong, or the settings contradict each other.
    """
    with loading():
        from engine.audio.log_mel import with_frames
        from engine.audio.read_ahead import ReadAhead
        from engine.core import grid

        recording = _open(file, _BLOCK_HOPS * grid.HOP)
    with closing(ReadAhead(recording, prepare=with_frames)) as source:
        source.begin()  # beside the rest that has to be loaded
        with loading():
            # What the run needs, while the garbage collector rests.
            import engine.live.monitor_loop
            import engine.live.spike_detector
            import engine.publish.lines  # noqa: F401

            settings = read()
            built = build_engine(settings, step, live=False, asked=weights_named)
            heard = without_voices(settings)(source)
        yield Scoring(recording, heard, built, tell, separation_of(settings))


class Summary:
    """A sink that keeps what a person wants to know of a whole file."""

    def __init__(self) -> None:
        self.heard_s = 0.0
        self.readings = 0
        """Those with an index."""
        self.highest: Reading | None = None
        self.spikes: list[Spike] = []

    def write(self, event: "Event") -> None:
        """Count a reading, keep a spike and the end."""
        from engine.core.signals import End, Reading, Spike

        if isinstance(event, Reading) and event.pressure is not None:
            self.readings += 1
            if self.highest is None or event.pressure > (self.highest.pressure or 0.0):
                self.highest = event
        elif isinstance(event, Spike):
            self.spikes.append(event)
        elif isinstance(event, End):
            self.heard_s = event.t

    def flush(self) -> None:
        """It is read at the end."""


def _open(file: str, block_samples: int) -> "Decoded":
    from engine.core.sound_address import is_address

    if is_address(file):
        from engine.audio.network_source import open_recording

        return open_recording(file, block_samples)
    from engine.audio.media_file import MediaFile

    return MediaFile(file, block_samples)
