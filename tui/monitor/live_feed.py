"""The session that this process records, as a feed: straight from the engine's thread, so that a full disk or a
waiting commit never makes the screen stale. What a person adds goes to the store on disk, where there is one.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.errors import MomentumError
from engine.core.signals import ALARM_LINE, AudioBlock, End, Event, Mark, Reading, Rejected, Spike, Start
from engine.core.spike_settings import at_threshold
from engine.explain.recent_sound import Recent
from engine.live.spike_detector import SpikeDetector
from engine.session.recording_problems import NotKept
from tui.monitor.feed import FeedInfo, FeedKind, Readings, SpikeLabel, Tell, Vitals, Wanted
from tui.monitor.stored_feed import StoredFeed, info_of

if TYPE_CHECKING:
    from engine.app.built_engine import Engine
    from engine.explain.explanation import Explanation

_MARKS_EVERY_S: Final = 1.0
_NOT_KEPT: Final = "this run keeps no session"
_NOT_KEPT_HINT: Final = "start it without --no-record"


def live_info(
    engine: "Engine", start: Start, *, recording: bool = False, fallback: bool = False, at_once_s: float = 0.0
) -> FeedInfo:
    """What the screen says of a run of this process."""
    info = info_of(FeedKind.LIVE, start, engine.lines, engine.weights.config.calibrated_on)
    return replace(info, recording=recording, fallback=fallback, at_once_s=at_once_s)


class LiveFeed:
    """A sink on the engine's side and a feed on the screen's. The two threads meet in a deque and a few attributes,
    each written by one of them.
    """

    def __init__(
        self,
        info: FeedInfo,
        detector: SpikeDetector,
        store: StoredFeed | None = None,
        weights: Path | None = None,
        clock: Callable[[], float] = monotonic,
        not_kept: Callable[[], NotKept] = NotKept,
    ) -> None:
        self.run: Future[End] | None = None
        """The engine's run, once it is submitted."""
        self._info = info
        self._detector = detector
        self._store = store
        self._clock = clock
        self._not_kept = not_kept
        self._events: deque[Event] = deque()
        self._recent = Recent()
        self._weights = weights
        self._heard: tuple[float, float] | None = None
        self._wanted_threshold: float | None = None
        self._newest_s = 0.0
        self._ended = False
        self._marks_seen = 0
        self._marks_due_s = 0.0
        self._labels: dict[float, SpikeLabel] = {}

    # The engine's side.

    def write(self, event: Event) -> None:
        """Take an event from the engine."""
        self._events.append(event)
        if isinstance(event, Reading):
            self._recent.note(event)

    def sound(self, block: AudioBlock) -> None:
        """Note when the sound was heard, and what it looks like."""
        if block.captured_at is not None:
            self._heard = (block.end / grid.SAMPLE_RATE_HZ, block.captured_at)
        self._recent.push(block)

    def flush(self) -> None:
        """Between two blocks: the alarm line may move."""
        wanted, self._wanted_threshold = self._wanted_threshold, None
        if wanted is not None:
            settings = self._detector.settings
            self._detector.settings = at_threshold(settings, wanted)

    # The screen's side.

    @property
    def info(self) -> FeedInfo:
        return self._info

    @property
    def running(self) -> bool:
        return self.run is not None and not self.run.done()

    def poll(self) -> Sequence[Event]:
        events = self._new_marks()
        while self._events:
            events.append(self._events.popleft())
        for event in events:
            if isinstance(event, Reading):
                self._newest_s = event.t
            elif isinstance(event, End):
                self._ended = True
        if not self._ended and self.run is not None and self.run.done():
            self._ended = True
            events.append(End(self._newest_s, "fault", _fault_of(self.run)))
        return events

    def _new_marks(self) -> list[Event]:
        """Marks come back from the store, since visitors in other processes set some too."""
        if self._store is None or self._clock() < self._marks_due_s:
            return []
        self._marks_due_s = self._clock() + _MARKS_EVERY_S
        marks = self._store.reader.marks()
        fresh, self._marks_seen = marks[self._marks_seen :], len(marks)
        return list(fresh)

    def readings(self, from_s: float, to_s: float) -> Readings:
        """None: ``poll`` gives them all."""
        empty = np.empty(0)
        return Readings(empty, empty, empty, empty, np.empty(0, np.uint8))

    def labels(self) -> Sequence[SpikeLabel]:
        return list(self._labels.values())

    def add_mark(self, mark: Mark) -> None:
        if self._store is None:
            self._events.append(mark)
        else:
            self._store.add_mark(mark)
            self._marks_due_s = 0.0

    def label_spike(self, label: SpikeLabel) -> None:
        if self._store is not None:
            self._store.label_spike(label)
        self._labels[label.onset] = label

    def unlabel_spike(self, label: SpikeLabel) -> None:
        if self._store is not None:
            self._store.unlabel_spike(label)
        self._labels.pop(label.onset, None)

    @property
    def writable(self) -> bool:
        """Always: what no session keeps is kept as long as the run."""
        return self._store is None or self._store.writable

    def has_sound(self, onset: float) -> bool:
        return self._store is not None and self._store.has_sound(onset)

    def vitals(self) -> Vitals:
        heard = None if self._ended else self._heard
        delay_s = None if heard is None else self._clock() - heard[1] + heard[0] - self._newest_s
        if self._store is None:
            return Vitals(delay_s)
        kept = self._store.vitals()
        detail = "" if self._ended else kept.detail
        return replace(kept, delay_s=delay_s, detail=detail, not_kept=self._not_kept())

    def spectrum(self) -> NDArray[np.float32] | None:
        return self._recent.newest

    def set_threshold(self, threshold: float) -> bool:
        """The engine takes it with the next block; the session keeps a mark of it."""
        if not self.running:
            return False
        self._wanted_threshold = threshold
        self.add_mark(Mark(self._newest_s, ALARM_LINE, f"{threshold:g}"))
        return True

    def export(self, kind: str, folder: Path) -> Path:
        return self._kept().export(kind, folder)

    def clip(self, onset: float, folder: Path) -> Path:
        return self._kept().clip(onset, folder)

    def explain(
        self, moment: float | Spike | Rejected, wanted: Wanted = lambda: True, tell: Tell = lambda draft: None
    ) -> "Explanation":
        """From the session's sound, or else from memory; the weights are read anew, apart from those that listen."""
        if self._store is not None and self._store.reader.segments():
            return self._store.explain(moment, wanted, tell)
        if self._weights is None:
            raise MomentumError(_NOT_KEPT, _NOT_KEPT_HINT)
        from engine.app.explain import explain_recent

        return explain_recent(self._recent, self._weights, moment, wanted, tell)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    def _kept(self) -> StoredFeed:
        if self._store is None:
            raise MomentumError(_NOT_KEPT, _NOT_KEPT_HINT)
        return self._store


def _fault_of(run: "Future[Any]") -> str:
    """Why a run is over that has not said so itself."""
    error = None if run.cancelled() else run.exception()
    if isinstance(error, MomentumError):
        return error.message
    return f"{type(error).__name__}: {error}" if error is not None else ""
