"""The readers' side of a session: live from another process, or long finished.

Over 300 lines, since all that is asked of a session is asked of one object over one connection.
"""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.core.heard_tags import Heard
from engine.core.signals import End, Event, HealthChange, Mark, OfCommentary, Rejected, Spike, Start, WordsEvent
from engine.core.spotted import Lane, Spotted
from engine.session.event_rows import DeviceReports, event_body, event_of, heard_of
from engine.session.file_lock import holder_of, is_held
from engine.session.folder import DATABASE, LOCK, SOUND
from engine.session.follow_rows import (
    NO_HEARD,
    READING_COLUMNS,
    Position,
    RowsInOrder,
    fused_column,
    heard_column,
    tables_of_commentary,
    unreadable,
)
from engine.session.recording_problems import NotKept
from engine.session.schema import ADD_EVENT, explained, open_to_read, open_to_write
from engine.session.sound_files import Segment, segments
from engine.session.spotted_lane_rows import read_lanes
from engine.session.spotted_rows import read_spotted
from engine.session.state import SessionState, state_of


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What is known of a session as a whole. ``end`` is None while it runs, and where its recorder was killed."""

    name: str
    folder: Path
    source: str
    started_at: datetime
    running: bool
    start: Start | None
    end: End | None
    heard_s: float
    readings: int
    spikes: int
    marks: int
    settings: dict[str, Any]
    weights: dict[str, Any]
    clock_jumps: int
    reports: DeviceReports
    venue: str = ""
    """Where it was heard, as its recorder was told; empty where it was not."""

    @property
    def state(self) -> SessionState:
        """What has become of it."""
        return state_of(self.end, self.running)


class ReadingArrays(NamedTuple):
    """Readings as columns, each of shape (n,).

    ``pressure`` is NaN where there was none; ``health`` is an index into ``engine.session.schema.HEALTH_CODES``.
    """

    t: NDArray[np.float64]
    pressure: NDArray[np.float32]
    level_db: NDArray[np.float32]
    peak_db: NDArray[np.float32]
    health: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Review:
    """What a person says of a spike or a rejected candidate: ``right`` or ``wrong``, and what it was."""

    kind: Literal["spike", "rejected"]
    onset: float
    verdict: Literal["right", "wrong", "unsure"]
    what: str = ""
    note: str = ""


_ARRAYS = np.dtype([("t", "f8"), ("pressure", "f4"), ("level_db", "f4"), ("peak_db", "f4"), ("health", "u1")])


class SessionReader:
    """Reads one session; never in the recorder's way. Used by one thread at a time.

    Methods raise ``InputError`` where the store is damaged.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._clock = clock
        self._database = open_to_read(folder)
        self._heard = heard_column(self._database)
        self._fused = fused_column(self._database)
        self._beside = tables_of_commentary(self._database)
        self._rows_in_order = RowsInOrder(self._database, folder, words=True)
        self._beat_ns = 0
        self._beat_seen_s = clock()

    @classmethod
    def open(cls, folder: Path, clock: Callable[[], float] = time.monotonic) -> "SessionReader":
        """Open the session in ``folder``. Raises ``InputError`` for one that is missing, damaged or too new."""
        return cls(folder, clock)

    def __enter__(self) -> "SessionReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; harmless when done twice."""
        self._database.close()

    @property
    def name(self) -> str:
        """What the session is called."""
        return self.folder.name

    @property
    def running(self) -> bool:
        """Whether the recorder's process lives."""
        return is_held(self.folder / LOCK)

    @property
    def heartbeat_age_s(self) -> float:
        """Seconds since the recorder was last seen to do anything; grows while its process is stopped.

        By this process's own clock and from its own looks (at most as old as the first), so ask often.
        """
        try:
            beat_ns = (self.folder / LOCK).stat().st_mtime_ns
        except OSError:
            beat_ns = 0
        if beat_ns != self._beat_ns:
            self._beat_ns = beat_ns
            self._beat_seen_s = self._clock()
        return self._clock() - self._beat_seen_s

    @property
    def not_kept(self) -> NotKept:
        """What its recorder says that it can't keep at the moment; nothing where there is none any more."""
        holder = holder_of(self.folder / LOCK)
        return holder.not_kept if holder is not None else NotKept()

    @property
    def info(self) -> SessionInfo:
        """The session as a whole, as it is now."""
        meta = dict(self._rows("SELECT key, value FROM meta"))
        values = {key: _json(value, self.folder) for key, value in meta.items()}
        bodies = dict(self._rows(_START_AND_END))
        start = event_of("start", bodies["start"]) if "start" in bodies else None
        end = event_of("end", bodies["end"]) if "end" in bodies else None
        counts = dict(self._rows("SELECT type, count(*) FROM events GROUP BY type"))
        last = self._rows("SELECT t FROM readings ORDER BY id DESC LIMIT 1")
        try:
            started_at = datetime.fromtimestamp(values["started_unix_s"], UTC)
            settings, weights = dict(values.get("settings") or {}), dict(values.get("weights") or {})
            reports = DeviceReports.of(values.get("device_reports"))
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise unreadable(self.folder) from error
        return SessionInfo(
            name=self.name,
            folder=self.folder,
            source=str(values.get("source", "")),
            started_at=started_at,
            running=self.running,
            start=start if isinstance(start, Start) else None,
            end=end if isinstance(end, End) else None,
            heard_s=max(last[0][0] if last else 0.0, end.t if isinstance(end, End) else 0.0),
            readings=self._rows("SELECT count(*) FROM readings")[0][0],
            spikes=counts.get("spike", 0),
            marks=counts.get("mark", 0),
            settings=settings,
            weights=weights,
            clock_jumps=self._rows("SELECT count(*) FROM clock")[0][0],
            reports=reports,
            venue=str(values.get("venue") or ""),
        )

    def poll(self, limit: int = 100_000) -> list[Event]:
        """Events since the last call, at most about ``limit``, in the order they were recorded; the first begins at
        the beginning. Costs next to nothing where nothing is new.
        """
        return [row.event for row in self._rows_in_order.new(limit)]

    def rows_after(self, position: Position, readings: bool = True) -> RowsInOrder:
        """The rows after ``position`` as they come, for one more follower in the thread that uses this reader. What a
        commentator said is not among them."""
        return RowsInOrder(self._database, self.folder, position, readings)

    def skip_to_end(self) -> None:
        """Let ``poll`` begin with what comes after now."""
        with explained(self.folder):
            self._rows_in_order.skip_to_end()

    def readings(self, from_s: float = 0.0, to_s: float = float("inf")) -> ReadingArrays:
        """The readings with ``from_s`` <= t < ``to_s``, by time."""
        first, last = self._reading_at(from_s), self._reading_at(to_s)
        with explained(self.folder):
            rows = self._database.execute(_ARRAY_ROWS, (first, last))
            try:
                with np.errstate(over="ignore"):
                    table = np.fromiter(rows, dtype=_ARRAYS)
            except (ValueError, TypeError, OverflowError) as error:
                # A damaged row may hold text or a number of any size.
                raise unreadable(self.folder) from error
        return ReadingArrays(*(np.ascontiguousarray(table[name]) for name in ReadingArrays._fields))

    def reading_rows(self, from_s: float = 0.0, to_s: float = float("inf")) -> Iterator[tuple[Any, ...]]:
        """The same readings row by row, with all there is: t, pressure, level_db, peak_db, health code, compute_ms,
        the recorder's monotonic seconds since the start of the session, what was heard as JSON, or None, and what crowd
        and words say together, or None.
        """
        first, last = self._reading_at(from_s), self._reading_at(to_s)
        while first < last:
            portion = self._rows(self._select(_ROWS), (first, last, _PORTION))
            if not portion:
                return
            yield from (row[1:] for row in portion)
            first = portion[-1][0] + 1

    @property
    def tells_tags(self) -> bool:
        """Whether it says of any moment what was heard, which takes weights with tags."""
        if self._heard == NO_HEARD:
            return False
        return bool(self._rows("SELECT 1 FROM readings WHERE heard IS NOT NULL LIMIT 1"))

    def heard(self, from_s: float = 0.0, to_s: float = float("inf")) -> list[tuple[float, Heard]]:
        """What was heard at ``from_s`` <= t < ``to_s``, about once a second, by time; nothing without tags."""
        if self._heard == NO_HEARD:
            return []
        rows = self._rows(_HEARD_ROWS, (self._reading_at(from_s), self._reading_at(to_s)))
        return [(t, heard) for t, text in rows if (heard := heard_of(text)) is not None]

    def spikes(self) -> list[Spike]:
        """All spikes so far, by time of decision."""
        return [event for event in self._events("spike") if isinstance(event, Spike)]

    def rejected(self) -> list[Rejected]:
        """All candidates that were not reported, with their reasons."""
        return [event for event in self._events("rejected") if isinstance(event, Rejected)]

    def marks(self) -> list[Mark]:
        """What people noted, in the order they did."""
        return [event for event in self._events("mark") if isinstance(event, Mark)]

    def health_changes(self) -> list[HealthChange]:
        """The states the listening went through, and what was told meanwhile."""
        return [event for event in self._events("health") if isinstance(event, HealthChange)]

    def words(self) -> list[OfCommentary]:
        """What a commentator said, and the states of hearing that, in order; nothing where there was no commentary."""
        return self._of_commentary("words")

    def said(self) -> list[WordsEvent]:
        """The events that a commentator spoke of, as they were told; nothing where there was no commentary."""
        return [event for event in self._of_commentary("said") if isinstance(event, WordsEvent)]

    def of_commentary(self) -> list[OfCommentary]:
        """Words, states and events that were spoken of."""
        return [*self.words(), *self.said()]

    @property
    def has_commentary(self) -> bool:
        """Whether a commentary was to be heard beside the crowd."""
        return "words" in self._beside and bool(self._rows("SELECT 1 FROM words LIMIT 1"))

    def _of_commentary(self, table: str) -> list[OfCommentary]:
        rows = self._rows(f"SELECT type, body FROM {table} ORDER BY id") if table in self._beside else []
        return [event for row in rows if isinstance(event := event_of(*row), OfCommentary)]

    def spotted(self) -> list[Spotted]:
        """What was spotted in its recording, in the order of time."""
        with explained(self.folder):
            return read_spotted(self._database)

    def lanes(self) -> list[Lane]:
        """How sure the channels were that something was to be spotted; none where that was not kept."""
        with explained(self.folder):
            return read_lanes(self._database)

    def events(self) -> list[Event]:
        """All events but readings and what comes of a commentary, in order."""
        return [event_of(kind, body) for kind, body in self._rows("SELECT type, body FROM events ORDER BY id")]

    def reviews(self) -> list[Review]:
        """The newest review of each spike and rejected candidate, by onset."""
        return [Review(*row) for row in self._rows(_REVIEWS, (_WITHDRAWN,))]

    def segments(self) -> list[Segment]:
        """The sound that was kept."""
        return segments(self.folder / SOUND)

    def add_mark(self, mark: Mark) -> None:
        """Note something in the session, running or not; every follower sees it. Raises ``InputError``."""
        kind, body = event_body(mark)
        self._add(ADD_EVENT, (kind, body))

    def label_spike(self, review: Review) -> None:
        """Keep what a person says of a spike or a rejected candidate; a later review of it counts instead."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._add(_ADD_REVIEW, (review.kind, review.onset, review.verdict, review.what, review.note, at))

    def withdraw_review(self, kind: Literal["spike", "rejected"], onset: float) -> None:
        """Take back what was said of a spike or a rejected candidate. Raises ``InputError``."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._add(_ADD_REVIEW, (kind, onset, _WITHDRAWN, "", "", at))

    @property
    def writable(self) -> bool:
        """Whether this process may add marks and reviews."""
        return os.access(self.folder, os.W_OK) and os.access(self.folder / DATABASE, os.W_OK)

    def _add(self, statement: str, values: tuple[Any, ...]) -> None:
        database = open_to_write(self.folder)
        try:
            with explained(self.folder):
                database.execute(statement, values)
        finally:
            database.close()

    def _events(self, kind: str) -> list[Event]:
        rows = self._rows("SELECT body FROM events WHERE type = ? ORDER BY id", (kind,))
        return [event_of(kind, body) for (body,) in rows]

    def _reading_at(self, t: float) -> int:
        """The number of the first reading at ``t`` or later: numbers grow with time, so no index is needed."""
        low = self._rows("SELECT ifnull(min(id), 0) FROM readings")[0][0]
        high = int(self._rows("SELECT ifnull(max(id), -1) FROM readings")[0][0]) + 1
        while low < high:
            middle = (low + high) // 2
            number, at = self._rows("SELECT id, t FROM readings WHERE id >= ? ORDER BY id LIMIT 1", (middle,))[0]
            low, high = (number + 1, high) if at < t else (low, middle)
        return int(low)

    def _select(self, statement: str) -> str:
        """A statement about readings for this store's schema."""
        return statement.replace("{heard}", self._heard).replace("{fused}", self._fused)

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with explained(self.folder):
            try:
                return self._database.execute(statement, values).fetchall()
            except sqlite3.ProgrammingError as error:
                raise InputError(f"session {self.name} is closed", "open it again") from error


_ARRAY_ROWS = "SELECT t, pressure, level_db, peak_db, health FROM readings WHERE id >= ? AND id < ? ORDER BY id"
_HEARD_ROWS = "SELECT t, heard FROM readings WHERE id >= ? AND id < ? AND heard IS NOT NULL ORDER BY id"
_ROWS = f"""SELECT id, {READING_COLUMNS}, elapsed_s, {{heard}}, {{fused}} FROM readings
    WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"""
_PORTION = 20_000
_START_AND_END = "SELECT type, body FROM events WHERE type IN ('start', 'end') ORDER BY id"
_REVIEWS = """SELECT kind, onset, verdict, what, note FROM reviews
    WHERE id IN (SELECT max(id) FROM reviews GROUP BY kind, onset) AND verdict <> ? ORDER BY onset"""
_WITHDRAWN: Final = "withdrawn"
"""In place of a verdict: nothing is deleted from a session, so what is taken back is said so."""
_ADD_REVIEW = "INSERT INTO reviews (kind, onset, verdict, what, note, written_at) VALUES (?,?,?,?,?,?)"


def _json(text: str, folder: Path) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise unreadable(folder) from error
