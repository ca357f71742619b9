"""Venues for the tests: deliveries as a source would bring them, and a source that brings what a test hands it."""

from collections.abc import Sequence

from engine.core.signals import Health, Reading, Start
from tui.monitor.feed import SessionFeed
from tui.wall.delivery import Delivery, News
from tui.wall.sources.source import Link, LinkState

SESSION = "20261121T150000Z-0000aa"
LATER = "20261121T170000Z-0000bb"
THRESHOLD = 0.7


def start(session: str = SESSION, threshold: float = THRESHOLD) -> Start:
    return Start(session, "mic", "default", True, 22050, "2026-11-21T15:00:00Z", threshold, "danger")


def reading(t: float, pressure: float | None = 0.2, health: Health = Health.LISTENING) -> Reading:
    return Reading(t, pressure, -30.0, -20.0, health)


def delivery(venue: str, news: News, at_s: float = 0.0, session: str = SESSION, **how: object) -> Delivery:
    return Delivery(venue, session, news, at_s, **how)  # type: ignore[arg-type]


class HandedSource:
    """Brings what ``bring`` was given, as if it had just arrived."""

    title = "mqtt://desk"
    nothing = "no venue has sent anything yet"

    def __init__(self, clock: list[float], notes: tuple[str, ...] = ()) -> None:
        self.notes = notes
        self.link = Link(LinkState.UP)
        self.lost: tuple[str, ...] = ()
        self.feeds: dict[str, SessionFeed] = {}
        self._clock = clock
        self._came: list[Delivery] = []

    def open(self) -> None:
        """Nothing is to be done."""

    def close(self) -> None:
        """Nothing is held."""

    def bring(self, venue: str, *events: News, **how: object) -> None:
        """Let messages of a venue arrive now."""
        self._came += [delivery(venue, event, self._clock[0], **how) for event in events]  # type: ignore[arg-type]

    def begin(self, venue: str, pressure: float = 0.2, t: float = 100.0) -> None:
        """A venue that listens."""
        self.bring(venue, start(), reading(t, pressure))

    def poll(self) -> Sequence[Delivery]:
        came, self._came = self._came, []
        return came

    def feed(self, venue: str) -> SessionFeed | None:
        return self.feeds.get(venue)
