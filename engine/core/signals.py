"""The immutable values that flow from source to screen, and their JSON form.

Times are seconds of sound since the start of the source, unless a name ends in ``_at`` with another meaning given.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core.heard_tags import Heard

SCHEMA_VERSION = 1
ALARM_LINE: Final = "alarm-line"
"""Label of the mark that notes a new alarm line; its note is the threshold."""
Samples: TypeAlias = NDArray[np.float32]


class Health(StrEnum):
    """State of the listening; a reading has a number only while ``LISTENING`` or ``CLIPPED``."""

    WARMING_UP = "warming_up"
    LISTENING = "listening"
    SILENT = "silent"
    CLIPPED = "clipped"
    STALLED = "stalled"
    LOST = "lost"
    RECOVERING = "recovering"


TROUBLE: Final = (Health.SILENT, Health.STALLED, Health.LOST)
"""States of the listening in which no sound comes that a number could be told of."""


class Hearing(StrEnum):
    """State of the commentary that is heard beside the crowd; it says nothing about the readings."""

    STARTING = "starting"
    LISTENING = "listening"
    SILENT = "silent"
    """Nobody has said anything for a while."""
    LATE = "late"
    LOST = "lost"
    OVER = "over"
    """It has come to its own end."""


@dataclass(frozen=True, slots=True, eq=False)
class AudioBlock:
    """A stretch of mono sound at 22050 Hz.

    ``samples`` is float32 of shape (n,), full scale 1; n may be 0: a heartbeat of a live source that has heard
    nothing new. ``start`` is the index of the first sample since the start of the source; a start beyond the end of
    the block before means that sound was lost in between. ``captured_at`` is the source's monotonic clock, in
    seconds, when the last sample was heard; None where the sound is not live. ``overruns`` counts, since the start,
    how often a live source came faster than it was taken and lost sound, ``overloads`` how often its device said so
    and nothing was lost. ``frames`` are the log-mel frames that lie
    wholly within ``samples``, the first beginning with the first sample, where somebody has computed them already.
    """

    samples: Samples
    start: int
    captured_at: float | None = None
    overruns: int = 0
    frames: NDArray[np.float32] | None = None
    overloads: int = 0

    @property
    def end(self) -> int:
        """Index one past the last sample."""
        return self.start + len(self.samples)


@dataclass(frozen=True, slots=True)
class Reading:
    """The index at one moment; ``t`` is the end of the last sample it has seen.

    ``level_db`` and ``peak_db`` are RMS and peak in dBFS of the sound since the reading before. ``heard`` is what was
    heard in the window that ends here, about once a second and only with weights that tell tags. ``tags`` is the same
    some five times a second, for whoever decides at that moment; it is neither written nor kept.
    ``fused`` is what crowd and commentary say together, see ``engine.commentary.crowd_and_words``; None without a
    commentary, and where there is no ``pressure``, which is the crowd's alone.
    """

    t: float
    pressure: float | None
    level_db: float
    peak_db: float
    health: Health
    compute_ms: float = field(default=0.0, compare=False)
    heard: Heard | None = field(default=None, hash=False)
    tags: Heard | None = field(default=None, compare=False, repr=False)
    fused: float | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A spike that has just been decided and goes on; the ``Spike`` with the same onset follows when it has ended.

    ``pressure`` is the highest since the onset: at the moment of decision it may have fallen below the alarm line.
    ``what`` is what it sounded like up to then, one of ``engine.core.heard_tags.CAUSES``, and ``what_probability`` how
    likely that is; None with weights that tell no tags.
    """

    onset: float
    decided_at: float
    pressure: float
    what: str | None = None
    what_probability: float | None = None


@dataclass(frozen=True, slots=True)
class Spike:
    """A stretch of high pressure, complete. ``decided_at`` is when it was certain enough to be reported.

    ``what`` and ``what_probability`` are those of its alarm: what raised it, not what followed.
    """

    onset: float
    peak: float
    end: float
    peak_pressure: float
    decided_at: float
    what: str | None = None
    what_probability: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A candidate that did not become a spike of its own, and why."""

    onset: float
    peak_pressure: float
    reason: str
    decided_at: float


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person noted at a moment."""

    t: float
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class HealthChange:
    """The listening went into another state."""

    t: float
    health: Health
    detail: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a commentator said from ``start`` to ``end``; ``t`` is when it was known, which is never before ``end``.

    ``language`` is a code such as ``es``; empty where nobody has found out.
    """

    t: float
    start: float
    end: float
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class WordsState:
    """The commentary went into another state; ``late_s`` is how far its words are behind what is said."""

    t: float
    state: Hearing
    late_s: float = 0.0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WordsEvent:
    """An event that a commentator spoke of, as the model of words tells it; each is told once.

    ``t`` is how far the sound was heard when it was told, ``said`` when its strongest word was said, ``at`` the moment
    near which the event lies, by the weights' ``within_s``. ``kind`` is one of ``engine.core.said_events.KINDS``;
    ``words`` are those that moved ``probability`` most, the strongest first.
    """

    t: float
    at: float
    said: float
    kind: str
    probability: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """The first line of a run. ``started_at`` is UTC in ISO 8601; ``trained`` False means the index means nothing.

    ``engine`` is what computed the network: ``mlx`` or ``onnx``; sessions from before there was a choice have none.
    ``separation`` is what took voices out of the sound before it was heard; None where nothing did.
    """

    session: str
    source: str
    weights: str
    trained: bool
    sample_rate: int
    started_at: str
    threshold: float
    label_rule: str
    schema: int = SCHEMA_VERSION
    engine: str = ""
    separation: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The last line of a run; ``t`` is how far the sound was heard."""

    t: float
    reason: str
    detail: str = ""


RareEvent: TypeAlias = Start | Alarm | Spike | Rejected | Mark | HealthChange | Words | WordsState | WordsEvent | End
Event: TypeAlias = RareEvent | Reading
OfCommentary: TypeAlias = Words | WordsState | WordsEvent
"""What comes from a commentary beside the crowd."""

TYPE_NAMES: Final[dict[type, str]] = {
    Start: "start",
    Reading: "reading",
    Alarm: "alarm",
    Spike: "spike",
    Rejected: "rejected",
    Mark: "mark",
    HealthChange: "health",
    Words: "words",
    WordsState: "words_state",
    WordsEvent: "words_event",
    End: "end",
}
"""What each is called in lines, messages and stores."""
UNKEPT: Final = ("tags",)
"""Fields that are for the moment alone: in no line and in no store."""
OF_TAGS: Final = ("heard", "what", "what_probability")
"""Fields that only weights with tags fill."""
LEFT_OUT: Final = (*OF_TAGS, "fused", "separation")
"""Fields that are left out where they are None, so that lines of a run without tags, commentary or separation are as
ever."""
_DIGITS = {"pressure": 6, "peak_pressure": 6, "fused": 6, "level_db": 2, "peak_db": 2, "compute_ms": 3, "late_s": 1}


def to_json(event: Event) -> dict[str, Any]:
    """The JSON object of an event: its type first, numbers rounded to what they mean, times to the tenth of a ms."""
    row: dict[str, Any] = {"type": TYPE_NAMES[type(event)]}
    for name, value in written(event).items():
        if isinstance(value, float):
            value = round(value, _DIGITS.get(name, 4))
        elif name == "heard":
            value = rounded(value)
        row[name] = value
    return row


def written(event: Event) -> dict[str, Any]:
    """The fields of an event that are written and kept, in their order, not rounded."""
    fields = {name: getattr(event, name) for name in event.__slots__ if name not in UNKEPT}
    return {name: value for name, value in fields.items() if value is not None or name not in LEFT_OUT}


def rounded(heard: Heard) -> dict[str, float]:
    """What was heard as it is written: probabilities to the fourth digit."""
    return {name: round(probability, 4) for name, probability in heard.items()}
