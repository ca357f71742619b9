"""What the monitor needs from a session, whoever records it: the protocol between the screen and everything else.

The screen reads a feed and nothing else. A feed is a live session in this process, a session that another process
records on this machine, or a finished one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core.heard_tags import Heard
from engine.core.operating_points import OperatingPoint
from engine.core.signals import Event, Mark, Rejected, Spike
from engine.core.spotted import Lane, Spotted
from engine.session.recording_problems import NotKept

if TYPE_CHECKING:
    from engine.explain.explanation import Explanation

Floats: TypeAlias = NDArray[np.float64]
Wanted: TypeAlias = Callable[[], bool]
"""Asked while something long goes on: whether anybody still waits for it."""
Tell: TypeAlias = "Callable[[Explanation], None]"
Column: TypeAlias = NDArray[np.float32] | NDArray[np.float64]


class FeedKind(StrEnum):
    """How the screen stands to the session."""

    LIVE = auto()
    """This process records it: leaving the screen ends it."""
    WATCH = auto()
    """Another process records it: leaving the screen leaves it alone."""
    REPLAY = auto()
    """It is finished."""


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """What is known of a session before its first reading. ``started_at`` is UTC in ISO 8601."""

    kind: FeedKind
    session: str
    source: str
    weights: str
    trained: bool
    threshold: float
    started_at: str
    label_rule: str = ""
    simulated: bool = False
    recording: bool = True
    fallback: bool = False
    """The source was chosen because no microphone was found."""
    at_once_s: float = 0.0
    """How many seconds of its beginning were heard at once, before the person came."""
    operating_points: tuple[OperatingPoint, ...] = ()
    calibration: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Readings as columns of equal length, in order of time; ``pressure`` is NaN where there was no number."""

    t: Floats
    pressure: Column
    level_db: Column
    peak_db: Column
    health: NDArray[np.uint8]
    """Index into ``engine.session.schema.HEALTH_CODES``."""
    heard: Sequence[tuple[float, Heard]] = ()
    """When what was heard, about once a second; nothing without tags."""
    spotted: Sequence[Spotted] = ()
    """Events that were spotted in the recording, by time; only a finished session has any."""
    lanes: Sequence[Lane] = ()
    """How sure the channels were that something was to be spotted."""


@dataclass(frozen=True, slots=True)
class SpikeLabel:
    """What a person said about a spike or a rejected candidate, known by its ``onset``."""

    onset: float
    verdict: str
    """``right``, ``wrong`` or ``unsure``."""
    what: str = ""
    note: str = ""
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the recording does, where the feed knows it; None where it does not."""

    delay_s: float | None = None
    """From the newest sound to its reading being handed to the screen."""
    disk_free_bytes: int | None = None
    detail: str = ""
    not_kept: NotKept = field(default_factory=NotKept)


class SessionFeed(Protocol):
    """A session as the screen sees it."""

    @property
    def info(self) -> FeedInfo: ...

    @property
    def running(self) -> bool:
        """Whether somebody still records it."""
        ...

    def poll(self) -> Sequence[Event]:
        """Events since the call before, in order; readings that ``readings`` gave are not repeated."""
        ...

    def readings(self, from_s: float, to_s: float) -> Readings:
        """All readings so far with ``from_s < t <= to_s``; asked once, when the screen opens."""
        ...

    def labels(self) -> Sequence[SpikeLabel]:
        """Labels given so far; a later one for the same onset replaces the one before."""
        ...

    def add_mark(self, mark: Mark) -> None:
        """Keep a mark; it comes back from ``poll`` like any other. Raises ``MomentumError`` where it can't be kept."""
        ...

    def label_spike(self, label: SpikeLabel) -> None:
        """Keep what a person said. Raises ``MomentumError`` where it can't be kept."""
        ...

    def unlabel_spike(self, label: SpikeLabel) -> None:
        """Take back what was said of a spike. Raises ``MomentumError`` where that can't be kept."""
        ...

    @property
    def writable(self) -> bool:
        """Whether marks and labels can be kept."""
        ...

    def has_sound(self, onset: float) -> bool:
        """Whether sound was kept around ``onset``, so that ``clip`` has something to write."""
        ...

    def vitals(self) -> Vitals:
        """How the recording does right now; cheap."""
        ...

    def spectrum(self) -> NDArray[np.float32] | None:
        """The newest mel frame in dB, of shape (mel bands,), or None where the feed does not carry the sound."""
        ...

    def set_threshold(self, threshold: float) -> bool:
        """Move the alarm threshold of the listening; False where only its own process may do that."""
        ...

    def export(self, kind: str, folder: Path) -> Path:
        """Write the session as ``kind`` (``spikes``, ``readings``, ``json``, ``labels``) into ``folder`` and return
        the file. May be called from a thread of its own, as ``clip`` may.
        """
        ...

    def clip(self, onset: float, folder: Path) -> Path:
        """Write the sound around ``onset`` into ``folder`` and return the file; raises where there is no sound."""
        ...

    def explain(self, moment: float | Spike | Rejected, wanted: Wanted, tell: Tell) -> "Explanation":
        """Say why the index stood where it did at a moment (seconds of sound), a spike or a rejected candidate.

        It takes seconds: called from a thread of its own, in which ``tell`` is called with what is known so far, first
        within a second or two. Raises ``MomentumError`` where its sound was not kept, and when ``wanted`` says that
        nobody waits any more.
        """
        ...

    def close(self) -> None:
        """Let go of the session; harmless when done twice."""
        ...
