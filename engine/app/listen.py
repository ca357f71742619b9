"""Listening to a source and keeping what is heard: what ``live`` and ``record`` do, whoever asks for it.

with listening(Wanted(settings), tell) as run:
    end = run.listen([JsonLines(out)])
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Final

from engine.app.built_engine import Engine, build_engine
from engine.app.commentary_beside import beside, model_for, teller_of
from engine.app.keep_session import LIVE_GIVES_UP_AFTER_S, Opened, Recording, recording, watched
from engine.app.separate_voices import separation_of, without_voices
from engine.core import grid
from engine.core.errors import DeviceError, UsageError

if TYPE_CHECKING:
    from engine.audio.source import AudioSource
    from engine.core.run_protocols import Beside, ReadingSink, SoundSink, Stop
    from engine.core.settings import Settings
    from engine.core.signals import End
    from engine.core.telling import Tell

DEMO_AT_ONCE_S: Final = 40.0
"""How much of the demo the monitor hears at once: its history is full then, and there is an index to look at."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be listened to, and how.

    speed: for files and the demo, a factor of real time; infinite for as fast as the machine can. rate_hz, channels: of
    raw PCM on standard input. keep: whether a session is kept. weights_named: somebody named the weights for this run,
    see ``build_engine``. demo_at_once_s: so much of the demo comes at once. gives_up_after_s: how long a lost device or
    address may stay away; None for ever.
    """

    settings: "Settings"
    speed: float = 1.0
    rate_hz: int = grid.SAMPLE_RATE_HZ
    channels: int = 1
    keep: bool = True
    weights_named: bool = False
    demo_at_once_s: float = 0.0
    gives_up_after_s: float | None = LIVE_GIVES_UP_AFTER_S


class Listening:
    """A run that is ready to begin: a watched source, what listens to it, and what keeps it.

    ``detector`` may be set while it runs, and ``stop`` ends it, from any thread.
    """

    def __init__(
        self,
        opened: Opened,
        engine: Engine,
        kept: Recording,
        stop: "Stop | None" = None,
        commentary: "Beside | None" = None,
        separation: str | None = None,
    ) -> None:
        from engine.core.run_protocols import Stop
        from engine.live.spike_detector import SpikeDetector

        self.opened = opened
        self.engine = engine
        self.kept = kept
        self._commentary = commentary
        self.detector = SpikeDetector(engine.spikes)
        self.stop = stop or Stop()
        self.start = engine.start(opened.source.name, kept.session, separation)

    def listen(
        self,
        sinks: "Sequence[ReadingSink]",
        sound_sinks: "Sequence[SoundSink]" = (),
        tell: "Tell | None" = None,
    ) -> "End":
        """Run to the end and return it; the session comes before ``sinks`` and ``sound_sinks``.

        ``tell`` is called at once, too, with what the session notes of its own keeping, such as a full disk.

        Raises:
            MomentumError: the source failed; what was heard before has been kept.
            OSError: a sink failed.
        """
        from engine.live.monitor_loop import Monitor

        def notices() -> Sequence[str]:
            found = self.kept.take_notices()
            if tell is not None:
                for notice in found:
                    tell(notice)
            return found

        monitor = Monitor(
            self.opened.source,
            self.engine.stream,
            self.detector,
            [*self.kept.sinks, *sinks],
            self.stop,
            watchdog=self.opened.watchdog,
            notices=notices,
            sound_sinks=[*self.kept.sound_sinks, *sound_sinks],
            beside=self._commentary,
        )
        return monitor.run(self.start)


@contextmanager
def listening(wanted: Wanted, tell: "Tell") -> Iterator[Listening]:
    """All that a run needs, closed however it ends; ``tell`` is called with what a person should know meanwhile.

    Raises:
        MomentumError: as ``teller_of``, ``model_for``, ``without_voices``, ``build_engine``, ``open_source`` and
            ``recording`` do.
    """
    teller = teller_of(wanted.settings)
    model = model_for(teller)
    to_hear = without_voices(wanted.settings, keeps_up=isfinite(wanted.speed))
    engine = build_engine(wanted.settings, asked=wanted.weights_named)
    source = open_wanted(wanted, tell)
    try:
        opened = watched(source, wanted.settings, wanted.gives_up_after_s)
        opened = replace(opened, source=to_hear(opened.source))
        with (
            recording(opened, engine, wanted.settings, wanted.keep, tell) as kept,
            beside(teller, model) as commentary,
        ):
            yield Listening(opened, engine, kept, None, commentary, separation_of(wanted.settings))
    finally:
        source.close()


def speed_of(text: str) -> float:
    """``--speed``: a factor of real time, or ``max``."""
    if text == "max":
        return float("inf")
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0.0 < speed < float("inf"):
        raise UsageError(f"--speed {text} is no speed", "Give a factor above 0, such as 1 or 8, or max.")
    return speed


def open_one(wanted: Wanted, spec: str, apart: bool = False) -> "AudioSource":
    """A source by its name, as ``open_source`` does, and heard as is wanted."""
    from engine.app.open_source import open_source

    return open_source(
        spec,
        speed=wanted.speed,
        demo_at_once_s=wanted.demo_at_once_s,
        rate_hz=wanted.rate_hz,
        channels=wanted.channels,
        microphone_rate_hz=wanted.settings.microphone_rate_hz,
        queue_s=wanted.settings.microphone_queue_s,
        apart=apart,
    )


def open_wanted(wanted: Wanted, tell: "Tell") -> "AudioSource":
    """The source that was asked for; when none was, the microphone, or the demo with a word about it."""
    if wanted.settings.source is not None:
        return open_one(wanted, wanted.settings.source)
    try:
        return open_one(wanted, "mic")
    except DeviceError as error:
        tell(f"No microphone: {error.message} What follows is the simulated demo match.")
        tell("'momentum devices' lists microphones; 'momentum live mic:NAME' listens to one.")
        return open_one(wanted, "demo")
