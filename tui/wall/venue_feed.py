"""A venue of the wall as the monitor sees it: what arrives, from the moment it is opened, and the little before that.

Nothing can be written there: marks and reviews belong to the machine that listens.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import MomentumError
from engine.core.signals import Alarm, End, Event, Health, HealthChange, Mark, Reading, Rejected, Spike
from engine.session.schema import HEALTH_CODES
from tui.monitor.feed import FeedInfo, FeedKind, Readings, SpikeLabel, Vitals
from tui.wall.delivery import Delivery, Presence, Score
from tui.wall.sources.source import Link, LinkState
from tui.wall.standing import clock_words
from tui.wall.venue import Venue

if TYPE_CHECKING:
    from engine.explain.explanation import Explanation

_ONLY_LOOKS: Final = "the wall only looks"
_THERE: Final = "marks, reviews and sound are kept by the machine at the venue"
_NO_LINE: Final = 1.0
"""In place of an alarm line that nobody has told: no alarm is seen where none was given."""


class VenueFeed:
    """What arrives from one venue, as a session that the monitor can show.

    Args:
        venue: what is known of it when it is opened.
        link: how the connection is at the moment.
        simulated: whether nobody plays there.
    """

    writable = False

    def __init__(self, venue: Venue, link: Callable[[], Link], simulated: bool = False) -> None:
        self.venue = venue
        self._link = link
        self._session = venue.session
        self._head_s = venue.t
        self._events: list[Event] = self._past()
        self._ended = False
        start = venue.start
        self._info = FeedInfo(
            kind=FeedKind.WATCH,
            session=venue.session,
            source=venue.name,
            weights=start.weights if start is not None else "unknown",
            trained=start.trained if start is not None else True,
            threshold=venue.threshold if venue.threshold is not None else _NO_LINE,
            started_at=start.started_at if start is not None else "",
            label_rule=start.label_rule if start is not None else "",
            simulated=simulated,
            recording=not simulated,
        )

    def push(self, delivery: Delivery) -> None:
        """Take what arrived from the venue; what is late or of another session is not of this moment."""
        news = delivery.news
        if self._ended or isinstance(news, Presence | Score):
            return
        if delivery.session not in (self._session, ""):
            if self.venue.session != self._session:
                self._end("a new session has begun there: q, then enter shows it")
            return
        if (delivery.late or delivery.retained) and isinstance(news, Reading | Alarm):
            return
        if isinstance(news, Reading):
            self._head_s = max(self._head_s, news.t)
        self._ended = isinstance(news, End)
        self._events.append(news)

    @property
    def info(self) -> FeedInfo:
        return self._info

    @property
    def running(self) -> bool:
        """Whether it may go on: nobody has said that it is over."""
        return not self._ended

    def poll(self) -> Sequence[Event]:
        if not self._ended and self.venue.online is False:
            self._end("its program is gone: the broker has its last word")
        events, self._events = self._events, []
        return events

    def readings(self, from_s: float, to_s: float) -> Readings:
        """The two minutes before it was opened, as the wall has them."""
        newest_s = self.venue.t
        columns = [(min(t, newest_s), value) for t, value in self.venue.ring.columns() if from_s < t <= to_s + 2.0]
        t = np.array([at for at, _ in columns])
        pressure = np.array([value for _, value in columns], np.float32)
        silence = np.full(len(t), -120.0)
        heard = np.full(len(t), HEALTH_CODES.index(Health.LISTENING), np.uint8)
        return Readings(t, pressure, silence, silence, heard)

    def labels(self) -> Sequence[SpikeLabel]:
        return []

    def add_mark(self, mark: Mark) -> NoReturn:
        raise MomentumError(_ONLY_LOOKS, _THERE)

    def label_spike(self, label: SpikeLabel) -> NoReturn:
        raise MomentumError(_ONLY_LOOKS, _THERE)

    def unlabel_spike(self, label: SpikeLabel) -> NoReturn:
        raise MomentumError(_ONLY_LOOKS, _THERE)

    def has_sound(self, onset: float) -> bool:
        return False

    def vitals(self) -> Vitals:
        """What is to be said of the connection and of the venue's clock."""
        link = self._link()
        broken = f"{link.state.value}: {link.detail}" if link.state is not LinkState.UP else ""
        return Vitals(detail=broken or clock_words(self.venue))

    def spectrum(self) -> NDArray[np.float32] | None:
        return None

    def set_threshold(self, threshold: float) -> bool:
        return False

    def export(self, kind: str, folder: Path) -> NoReturn:
        raise MomentumError(_ONLY_LOOKS, _THERE)

    def clip(self, onset: float, folder: Path) -> NoReturn:
        raise MomentumError(_ONLY_LOOKS, _THERE)

    def explain(
        self,
        moment: "float | Spike | Rejected",
        wanted: Callable[[], bool],
        tell: "Callable[[Explanation], None]",
    ) -> NoReturn:
        raise MomentumError("no sound of this venue is here to be explained", _THERE)

    def close(self) -> None:
        """Nothing is held."""

    def _past(self) -> list[Event]:
        """What the wall remembers: the state of the listening, marks, spikes."""
        venue = self.venue
        change = [venue.change] if venue.change is not None else []
        first = [HealthChange(0.0, venue.health, "")] if venue.health is not None and not change else []
        spikes = [spike for spike in venue.spikes if isinstance(spike, Spike)]
        alarm = [venue.alarm] if venue.alarm is not None else []
        return [*first, *change, *venue.marks, *spikes, *alarm]

    def _end(self, detail: str) -> None:
        self._ended = True
        self._events.append(End(self._head_s, "gone", detail))
