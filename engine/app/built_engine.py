"""Weights that are loaded, and what listens with them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.core.operating_points import OperatingPoint
    from engine.core.settings import Settings
    from engine.core.signals import Start
    from engine.core.spike_settings import SpikeSettings
    from engine.live.monitor_loop import Stream
    from engine.model.checkpoint import Weights
    from engine.model.network import Network

UNTRAINED: Final = "These weights are untrained: the index means nothing yet."


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """Loaded weights, and a stream, spike settings and alarm lines that go with them; ``name`` is what computes
    ``network``."""

    name: str
    weights: "Weights"
    network: "Network"
    stream: "Stream"
    spikes: "SpikeSettings"
    lines: "tuple[OperatingPoint, ...]"

    def start(self, source: str, session: str = "", separation: str | None = None) -> "Start":
        """The first line of a run on ``source``, from which ``separation`` takes voices."""
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
            separation=separation,
        )


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
    from engine.core.operating_points import points_of
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
    lines = points_of(weights.config.operating_points, settings.model_dump())
    return Engine(computing.engine, weights, network, stream, spikes, lines)


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
