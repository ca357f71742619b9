"""A session that a test records by hand, and the senders beside it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.app.publishing import Published, publishing
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.publish_settings import PublishSettings
from engine.core.signals import Alarm, End, Health, HealthChange, Mark, Reading, Spike, Start
from engine.publish.wanted_events import EVENTS
from engine.session import SessionReader, SessionWriter
from engine.session.follow_rows import Position


class Unkept:
    """Where a run with ``--no-record`` keeps what it hears: nowhere."""

    name = "unrecorded-20261120T150000Z-000000"

    def write(self, event: Any) -> None:
        pass

    def flush(self) -> None:
        pass


class Recorder:
    """Writes a session as a run does, ten readings a second of sound, as fast as it is told to."""

    def __init__(
        self, root: Path, published: Published | None = None, writer: "SessionWriter | Unkept | None" = None
    ) -> None:
        self.writer = writer or SessionWriter.create(root, "demo:1")
        self.sinks: list[Any] = [self.writer, *(published.sinks if published else [])]
        self.t = 0.0
        started = "2026-11-20T15:00:00Z"
        self._write(Start(self.writer.name, "demo:1", "default", True, SAMPLE_RATE_HZ, started, 0.5, "danger"))
        self._write(HealthChange(0.0, Health.LISTENING, ""))

    def hear(self, seconds: float) -> None:
        """Readings, and every five seconds of sound an alarm, its spike and a mark."""
        for _ in range(round(seconds * 10)):
            self.t = round(self.t + 0.1, 1)
            self._write(Reading(self.t, 0.25, -23.0, -9.0, Health.LISTENING, 1.5))
            if round(self.t * 10) % 50 == 0:
                self._write(Alarm(self.t - 2, self.t - 1, 0.8))
                self._write(Spike(self.t - 2, self.t - 1, self.t, 0.9, self.t - 1))
                self._write(Mark(self.t, "goal", f"{round(self.t)}"))

    def change(self, health: Health, detail: str = "") -> None:
        self._write(HealthChange(self.t, health, detail))

    def end(self) -> None:
        self._write(End(self.t, "end_of_file"))

    def _write(self, event: Any) -> None:
        for sink in self.sinks:
            sink.write(event)
        for sink in self.sinks:
            sink.flush()


@contextmanager
def recorded(root: Path, settings: dict[str, Any], tell: Callable[[str], None] = print) -> Iterator[Recorder]:
    """A recorder whose run is published by ``settings`` while inside, and ends then."""
    writer = SessionWriter.create(root, "demo:1")
    try:
        with publishing(PublishSettings.model_validate(settings), writer, root, tell) as published:
            recorder = Recorder(root, published, writer)
            recorder.published = published  # type: ignore[attr-defined]
            try:
                yield recorder
            finally:
                recorder.end()
    finally:
        writer.close()


def expected_ids(root: Path, readings_hz: float = 0.0) -> list[str]:
    """What a consumer must have of all sessions, in order: every event but rejections, and the readings that it is
    to be sent, reckoned here from the sessions by another way than the program's.
    """
    ids: list[str] = []
    for folder in sorted(path.parent for path in root.glob("*/session.db")):
        with SessionReader.open(folder) as session:
            taken: set[int] = set()
            for row in session.rows_after(Position()).new(10**9):
                if isinstance(row.event, Reading):
                    stretch = int(row.event.t * readings_hz + 1e-9)
                    if not readings_hz or stretch in taken:
                        continue
                    taken.add(stretch)
                    ids.append(f"{folder.name}/r{row.number}")
                elif isinstance(row.event, tuple(type_ for types in EVENTS.values() for type_ in types)):
                    ids.append(f"{folder.name}/e{row.number}")
    return ids
