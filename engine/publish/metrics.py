"""Figures for Prometheus: what was heard last and how the senders do, computed when somebody asks."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from engine.core.errors import MomentumError
from engine.core.publish_settings import MetricsSettings
from engine.core.signals import Alarm, Event, Health, Reading, Spike
from engine.publish.secret_places import needs_extra
from engine.publish.sender import Sender

if TYPE_CHECKING:
    from prometheus_client import Metric


class RunFigures:
    """A sink that remembers the newest reading and counts; it costs the run a few assignments."""

    def __init__(self, venue: str, unix_s: Callable[[], float], senders: Sequence[Sender] = ()) -> None:
        self.venue = venue
        self._unix_s = unix_s
        self._senders = senders
        self._reading: Reading | None = None
        self._at_s = 0.0
        self._readings = self._alarms = self._spikes = 0

    def write(self, event: Event) -> None:
        """Take an event."""
        if isinstance(event, Reading):
            self._reading = event
            self._at_s = self._unix_s()
            self._readings += 1
        elif isinstance(event, Alarm):
            self._alarms += 1
        elif isinstance(event, Spike):
            self._spikes += 1

    def flush(self) -> None:
        """Nothing is held back."""

    def collect(self) -> "Iterator[Metric]":
        """The figures as Prometheus reads them; an index that is not there is left out."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        def gauge(name: str, help: str, value: float | None) -> GaugeMetricFamily:
            family = GaugeMetricFamily(f"momentum_{name}", help, labels=["venue"])
            if value is not None:
                family.add_metric([self.venue], value)
            return family

        reading = self._reading
        yield gauge("pressure", "Attack Pressure Index of the newest reading", reading.pressure if reading else None)
        yield gauge("level_db", "Level of the newest reading, dBFS", reading.level_db if reading else None)
        yield gauge("compute_ms", "Time that the newest reading took, ms", reading.compute_ms if reading else None)
        yield gauge("last_reading_seconds", "When the newest reading was made, Unix time", self._at_s or None)
        health = GaugeMetricFamily("momentum_health", "1 for the state of the listening", labels=["venue", "health"])
        for state in Health:
            health.add_metric([self.venue, state.value], float(reading is not None and reading.health is state))
        yield health
        for name, count in (("readings", self._readings), ("alarms", self._alarms), ("spikes", self._spikes)):
            family = CounterMetricFamily(f"momentum_{name}", f"{name} since the start".capitalize(), labels=["venue"])
            family.add_metric([self.venue], count)
            yield family
        yield from self._of_senders()

    def _of_senders(self) -> "Iterator[Metric]":
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        labels = ["venue", "receiver"]
        connected = GaugeMetricFamily("momentum_publish_connected", "Whether the receiver is there", labels=labels)
        for sender in self._senders:
            connected.add_metric([self.venue, sender.receiver], float(sender.connected))
        yield connected
        for name in ("sent", "late", "refused", "failures"):
            family = CounterMetricFamily(f"momentum_publish_{name}", f"Messages or tries: {name}", labels=labels)
            for sender in self._senders:
                family.add_metric([self.venue, sender.receiver], float(getattr(sender, name)))
            yield family


class _Runs:
    """All runs of a port, as Prometheus wants them: of each figure, the venues one after the other."""

    def __init__(self) -> None:
        self.figures: list[RunFigures] = []

    def collect(self) -> "Iterator[Metric]":
        """The figures of all runs."""
        families: dict[str, Metric] = {}
        for figures in tuple(self.figures):
            for family in figures.collect():
                families.setdefault(family.name, family).samples.extend(
                    () if families[family.name] is family else family.samples
                )
        yield from families.values()


class _Open:
    """A port that is open, and the runs that it tells of: several in one process share it."""

    def __init__(self, settings: MetricsSettings) -> None:
        try:
            from prometheus_client import CollectorRegistry, start_http_server
        except ImportError as error:
            raise needs_extra("prometheus-client") from error
        self.runs = _Runs()
        registry = CollectorRegistry()
        registry.register(self.runs)
        try:
            self._server, self._thread = start_http_server(settings.port, settings.address, registry)
        except OSError as error:
            raise MomentumError(
                f"metrics: {settings.address}:{settings.port} can't be opened: {error.strerror or error}",
                "Another program may have it: choose another port in [publish.metrics].",
            ) from error

    def close(self) -> None:
        """Let go of the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


_ports: Final[dict[tuple[str, int], _Open]] = {}
_change: Final = threading.Lock()


@contextmanager
def served(settings: MetricsSettings, figures: RunFigures) -> Iterator[None]:
    """While inside, the figures can be read at the port. Raises ``MomentumError`` where it can't be opened."""
    place = (settings.address, settings.port)
    with _change:
        opened = _ports.get(place) or _Open(settings)
        _ports[place] = opened
        opened.runs.figures.append(figures)
    try:
        yield
    finally:
        with _change:
            opened.runs.figures.remove(figures)
            if not opened.runs.figures:
                del _ports[place]
                opened.close()
