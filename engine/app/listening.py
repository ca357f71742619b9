"""What ``live``, ``record`` and ``score`` have in common: from their arguments to a monitor that is ready to run."""

import gc
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from engine.core.errors import ExitCode, UsageError
from tui.cli.output import say

if TYPE_CHECKING:
    from engine.audio.source import AudioSource
    from engine.core.settings import Settings
    from engine.core.signals import Start
    from engine.live.monitor_loop import Stop
    from engine.live.spike_detector import SpikeSettings
    from engine.live.stream import PressureStream
    from engine.model.checkpoint import Weights

_REASONS: Final[Mapping[int, str]] = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    **({signal.SIGHUP: "terminated"} if hasattr(signal, "SIGHUP") else {}),
}
DEMO_AT_ONCE_S: Final = 40.0
"""How much of the demo the monitor hears at once: its history is full then, and there is an index to look at."""
_EXIT_CODES: Final = {"interrupted": ExitCode.INTERRUPTED, "terminated": ExitCode.TERMINATED}


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """Loaded weights, and a stream and spike settings that go with them; ``name`` is what computes the network."""

    name: str
    weights: "Weights"
    stream: "PressureStream"
    spikes: "SpikeSettings"

    def start(self, source: str, session: str = "") -> "Start":
        """The first line of a run on ``source``."""
        from engine.core import grid
        from engine.core.signals import Start

        config = self.weights.config
        return Start(
            session=session,
            source=source,
            weights=config.title,
            trained=config.trained,
            sample_rate=grid.SAMPLE_RATE_HZ,
            started_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            threshold=self.spikes.on,
            label_rule=config.label_rule,
            engine=self.name,
        )


def settings_for(flags: Mapping[str, object]) -> "Settings":
    """The settings with ``flags`` on top; a flag that is None was not given."""
    from engine.core.paths import find_paths
    from tui.monitor.settings import read_settings

    return read_settings(find_paths().config_file, flags=flags).settings


def build_engine(settings: "Settings", step: int | None = None, live: bool = True, asked: bool = True) -> Engine:
    """Load the weights that the settings name and build what listens with them; ``live`` or to a whole recording.

    ``asked`` says that somebody named the weights for this run; those that a file or the environment names must have
    been judged better than what they came from, or installed anyway.

    Raises:
        WeightsError: the weights are missing or wrong, or no default.
        UsageError: the spike settings contradict each other or the weights', no alarm line keeps the budget, or the
            engine is not installed.
    """
    from engine.core import grid
    from engine.core.paths import find_paths
    from engine.core.settings import spike_settings
    from engine.live.stream import PressureStream
    from engine.model.checkpoint import load
    from engine.model.inference_engines import for_live, for_recordings, network_of
    from engine.model.installed_weights import check_default, find_weights, weights_folders
    from engine.model.network import limit_cache

    paths = find_paths()
    weights = load(find_weights(settings.weights, weights_folders(paths)))
    if not asked:
        check_default(weights.config)
    spikes = spike_settings(settings, weights.config.spikes, weights.config.operating_points)
    choice = settings.engine
    among = for_live(choice) if live else [for_recordings(choice)]
    computing = among[0]
    if len(among) > 1:
        from engine.app.fastest_engine import quickest

        computing = quickest(weights, among, paths.cache)
    limit_cache()
    network = network_of(weights, computing.engine, computing.device)
    stream = PressureStream(network, weights.config.calibration, step or grid.READING_FRAMES)
    return Engine(computing.engine, weights, stream, spikes)


@contextmanager
def loading() -> Iterator[None]:
    """While inside, the garbage collector rests, and afterwards it leaves alone what was loaded: none of it is garbage.

    Looking for some took 25 ms of a start of 0.39 s, and 30 ms at the end.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


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


def open_asked(
    settings: "Settings", speed: float, rate: int, channels: int, demo_at_once_s: float = 0.0
) -> "AudioSource":
    """The source that was asked for; when none was, the microphone, or the demo with a word about it.

    ``demo_at_once_s`` of the demo come at once.
    """
    from engine.audio.open_source import open_source
    from engine.core.errors import DeviceError

    def opened(spec: str) -> "AudioSource":
        return open_source(
            spec,
            speed=speed,
            demo_at_once_s=demo_at_once_s,
            rate_hz=rate,
            channels=channels,
            microphone_rate_hz=settings.microphone_rate_hz,
            queue_s=settings.microphone_queue_s,
        )

    if settings.source is not None:
        return opened(settings.source)
    try:
        return opened("mic")
    except DeviceError as error:
        say(f"No microphone: {error.message} What follows is the simulated demo match.")
        say("'momentum devices' lists microphones; 'momentum live mic:NAME' listens to one.")
        return opened("demo")


@contextmanager
def ending_on_signals(stop: "Stop", outlives_terminal: bool = False) -> Iterator[None]:
    """While inside, Ctrl-C, SIGTERM and SIGHUP ask for a clean end; a second Ctrl-C does not wait for it.

    With ``outlives_terminal`` SIGHUP, which the end of the terminal sends, is left unheard.
    """

    def ask(number: int, _frame: object) -> None:
        if stop.reason and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.request(_REASONS[number])

    before = {number: signal.signal(number, ask) for number in _REASONS}
    if outlives_terminal and hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def reason_of(code: int) -> str | None:
    """The reason of a run that a signal ended with this exit code; None for any other code."""
    return next((reason for reason, of in _EXIT_CODES.items() if of == code), None)


def exit_code_of(reason: str) -> int:
    """The exit code of a run that ended for ``reason``."""
    return int(_EXIT_CODES.get(reason, ExitCode.DONE))
