"""The recorder's side of a session: every event and every block, on disk within half a second."""

import contextlib
import json
import os
import shutil
import sqlite3
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from engine.errors import MomentumError
from engine.session.clocks import Clocks, iso
from engine.session.disk import DiskKeeper
from engine.session.folder import LOCK, SOUND, new_folder
from engine.session.keeping import NotKept
from engine.session.lock import HeldLock, Holder
from engine.session.order import note
from engine.session.rows import ReadingRow, event_body, reading_row
from engine.session.schema import INSERT_EVENT, INSERT_READING, create_database
from engine.session.sound import SoundWriter
from engine.session.spill import Spill
from engine.signals import AudioBlock, End, Event, Reading

COMMIT_EVERY_S: Final = 0.02
"""By the clock: a reading that comes this long after the last commit is committed at once."""
COMMIT_SOUND_S: Final = 0.5
"""In sound, which may come much faster than real time: never more than this waits in memory."""
SYNC_EVERY_S: Final = 1.0
"""How often the disk itself is waited for: a kill loses nothing of this, a power cut up to this much."""
RETRY_EVERY_S: Final = 1.0
PATIENCE_S: Final = 2.0
"""How long another process may hold the store before anybody is told."""
WAITING_READINGS: Final = 40_000
"""About an hour of readings is kept in memory while nothing can be written; a spill holds the earlier ones."""
LAST_PATIENCE_S: Final = 5.0
CLOCK_JUMP_S: Final = 1.0


class SessionWriter:
    """The sink that records. Used by one thread; ``close`` ends the session, and so does the end of the process.

    A disk that refuses is no reason to stop listening: rows wait in memory and in a spill, are tried again every
    second, ``take_notices`` has a sentence for whoever watches, and ``not_kept`` says so while it lasts.
    """

    def __init__(
        self,
        folder: Path,
        database: sqlite3.Connection,
        lock: HeldLock,
        sound: SoundWriter | None,
        disk: DiskKeeper | None,
        clocks: Clocks,
        spill: Spill,
    ) -> None:
        self.folder = folder
        self._database = database
        self._lock = lock
        self._sound = sound
        self._disk = disk
        self._clocks = clocks
        self._started_s = clocks.monotonic()
        self._started_unix_s = clocks.utc().timestamp()
        self._clock_off_s = 0.0
        self._readings: deque[ReadingRow] = deque(maxlen=WAITING_READINGS)
        self._events: list[tuple[int, str, float, str]] = []
        self._count = self._committed_count = 0
        self._heard_s = 0.0
        self._committed_heard_s = 0.0
        self._committed_s = self._saved_s = self._synced_s = self._beaten_s = self._started_s
        self._failing_since_s: float | None = None
        self._refusal = ""
        self._spill = spill
        self._told = NotKept()
        self._notices: list[str] = []
        self._ended = self._closed = False

    @classmethod
    def create(
        cls,
        root: Path,
        source: str,
        *,
        keep_sound: bool = False,
        disk: DiskKeeper | None = None,
        settings: Mapping[str, Any] | None = None,
        weights: Mapping[str, Any] | None = None,
        clocks: Clocks | None = None,
        spills: Sequence[Path] = (),
    ) -> "SessionWriter":
        """Begin a session in a new folder under ``root``. Raises ``MomentumError`` where that can't be done.

        ``keep_sound``: the sound too, and not the readings alone. ``disk`` looks after the room; without it nobody
        does. ``settings`` and ``weights`` are kept as they are given (JSON), so that a session says what made it.
        ``spills`` are folders for what the session's own disk does not take, see ``spill_folders``.
        """
        clocks = clocks or Clocks()
        started_at = clocks.utc()
        try:
            folder = new_folder(root, started_at)
            try:
                sound = SoundWriter(folder / SOUND) if keep_sound else None
                meta = {"settings": settings, "weights": weights}
                return cls._begin(folder, source, sound, disk, meta, clocks, Spill(folder.name, spills))
            except (OSError, sqlite3.Error):
                shutil.rmtree(folder, ignore_errors=True)
                raise
        except (OSError, sqlite3.Error) as error:
            raise MomentumError(
                f"no session can be kept in {root}: {error}",
                "make room or give rights there, choose another place (MOMENTUM_HOME), or listen with --no-record",
            ) from error

    @classmethod
    def _begin(
        cls,
        folder: Path,
        source: str,
        sound: SoundWriter | None,
        disk: DiskKeeper | None,
        meta: dict[str, Mapping[str, Any] | None],
        clocks: Clocks,
        spill: Spill,
    ) -> "SessionWriter":
        holder = Holder(os.getpid(), iso(clocks.utc()), source, folder.name)
        lock = HeldLock.take(folder / LOCK, holder)
        if lock is None:
            raise OSError(f"{folder.name} is held by another process")
        try:
            database = create_database(folder)
            writer = cls(folder, database, lock, sound, disk, clocks, spill)
            rows = {**meta, "source": source, "started_unix_s": writer._started_unix_s}
            values = [(key, json.dumps(value, default=str)) for key, value in rows.items()]
            database.executemany("INSERT INTO meta VALUES (?,?)", values)
        except (OSError, sqlite3.Error):
            lock.release()
            raise
        note(folder.parent, folder.name)
        # At once: whoever asks for the sound and has no room for it hears so before the match.
        writer._look_at_disk(clocks.monotonic())
        writer._tell_onlookers()
        return writer

    @property
    def name(self) -> str:
        """What the session is called."""
        return self.folder.name

    def write(self, event: Event) -> None:
        """Keep an event: on disk within half a second, and at once where it is no reading."""
        elapsed_s = self._clocks.monotonic() - self._started_s
        if isinstance(event, Reading):
            self._count += 1
            self._heard_s = event.t
            self._readings.append(reading_row(self._count, event, elapsed_s))
            self._commit_when_due()
        else:
            self._ended = isinstance(event, End)
            kind, body = event_body(event)
            self._events.append((self._count, kind, elapsed_s, body))
            self._commit_when_due(now=True)

    def sound(self, block: AudioBlock) -> None:
        """Keep the sound, where the session keeps any."""
        now_s = self._clocks.monotonic()
        self._look_at_disk(now_s)
        if self._sound is not None:
            self._sound.write(block, now_s)
            self._notices += self._sound.take_notices()

    def flush(self) -> None:
        """Everything of a block has been written: a chance to commit it."""
        self._commit_when_due()
        self._tell_onlookers()

    def take_notices(self) -> list[str]:
        """What a person should know about the keeping, each told once."""
        notices, self._notices = self._notices, []
        return notices

    @property
    def failing(self) -> bool:
        """Whether nothing can be written at the moment."""
        return self._failing_since_s is not None

    @property
    def not_kept(self) -> NotKept:
        """What does not get onto the disk at the moment, and why; whoever follows the session is told the same."""
        where = f"; they wait in {'a spill file' if self._spill.files else 'memory'}"
        readings = self._refusal + where if self._failing_since_s is not None else ""
        return NotKept(readings, self._sound.trouble if self._sound is not None else "")

    def close(self) -> None:
        """Write all that waits and let go; harmless when done twice.

        What the store does not take at last goes into the spill, and a notice says so. Raises ``MomentumError`` where
        that does not take it either: how much is lost.
        """
        if self._closed:
            return
        self._closed = True
        if not self._ended:
            self.write(End(self._heard_s, "fault", "the recorder ended without saying why"))
        if self._sound is not None:
            self._sound.close()
            self._notices += self._sound.take_notices()
        # There is no later try: whoever adds a mark just now is waited for.
        self._database.execute(f"PRAGMA busy_timeout={round(LAST_PATIENCE_S * 1000)}")
        self._commit(self._clocks.monotonic(), sync=True)
        # A finished session is one plain file, which can be read where nothing can be written; while somebody follows
        # it stays as it is.
        with contextlib.suppress(sqlite3.Error):
            self._database.execute("PRAGMA journal_mode=DELETE")
        self._database.close()
        note(self.folder.parent, self.name)
        whole = not self._readings and not self._events
        if whole:
            # A lock file that nobody holds says that the session was cut off.
            self._lock.path.unlink(missing_ok=True)
        self._lock.release()
        if not whole:
            self._leave_in_spill()

    def _commit_when_due(self, now: bool = False) -> None:
        clock_s = self._clocks.monotonic()
        if clock_s - self._beaten_s >= 0.5:
            self._beaten_s = clock_s
            self._lock.beat()
        if not self._readings and not self._events:
            return
        if self._failing_since_s is not None:
            due = clock_s - self._committed_s >= RETRY_EVERY_S
        else:
            due = (
                now
                or clock_s - self._committed_s >= COMMIT_EVERY_S
                or self._heard_s - self._committed_heard_s >= COMMIT_SOUND_S
            )
        if due:
            self._commit(clock_s, sync=clock_s - self._synced_s >= SYNC_EVERY_S)

    def _commit(self, clock_s: float, sync: bool) -> None:
        self._committed_s = clock_s
        jump = self._clock_jump(clock_s)
        database = self._database
        try:
            # FULL waits for the disk, and for everything that was written before it.
            database.execute(f"PRAGMA synchronous={'FULL' if sync else 'NORMAL'}")
            database.execute("BEGIN IMMEDIATE")
            database.executemany(INSERT_READING, self._readings)
            database.executemany(INSERT_EVENT, self._events)
            # Last: a disk that is still full has said so by now, mostly, and the spill need not be read.
            earlier = self._in_spill_alone()
            database.executemany(INSERT_READING, earlier)
            if jump:
                database.execute("INSERT INTO clock (elapsed_s, unix_s, jump_s) VALUES (?,?,?)", jump)
            database.execute("COMMIT")
        except sqlite3.Error as error:
            self._refused(clock_s, error)
            return
        if sync:
            self._synced_s = clock_s
        if jump:
            self._clock_off_s += jump[2]
            self._notices.append(f"the computer's clock jumped by {jump[2]:+.0f} s; the session's times go on unmoved")
        if self._failing_since_s is not None:
            self._notices.append(f"writing again after {clock_s - self._failing_since_s:.0f} s; {self._lost(earlier)}")
            self._failing_since_s = None
            self._spill.drop()
        self._saved_s = clock_s
        self._committed_heard_s = self._heard_s
        self._committed_count = self._count
        self._readings.clear()
        self._events.clear()

    def _refused(self, clock_s: float, error: sqlite3.Error) -> None:
        # SQLite may have rolled back by itself, as it does when the disk is full.
        with contextlib.suppress(sqlite3.Error):
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
        # Another process adding a mark holds the store for a moment; that is no trouble, only a later try.
        name = getattr(error, "sqlite_errorname", "")
        self._refusal = "the disk is full" if name == "SQLITE_FULL" else str(error)
        if self._failing_since_s is None and name.startswith("SQLITE_BUSY") and clock_s - self._saved_s < PATIENCE_S:
            return
        # Written elsewhere at every try and not at the end alone: a recorder that is killed now loses a second.
        spilled = self._spill.keep(self._readings, self._events)
        if self._failing_since_s is None:
            self._failing_since_s = clock_s
            where = f" and in {self._spill.files[0]}" if spilled else ""
            self._notices.append(f"nothing can be written ({error}); listening goes on, readings wait in memory{where}")

    def _in_spill_alone(self) -> list[ReadingRow]:
        """Readings that memory had no more room for."""
        if not self._readings or self._readings[0][0] == self._committed_count + 1:
            return []
        return self._spill.reading_rows(self._committed_count + 1, self._readings[0][0])

    def _lost(self, earlier: Sequence[ReadingRow]) -> str:
        lost = self._readings[0][0] - self._committed_count - 1 - len(earlier) if self._readings else 0
        return f"{lost} readings did not fit into memory and are lost" if lost else "nothing was lost"

    def _leave_in_spill(self) -> None:
        kept = self._spill.keep(self._readings, self._events)
        waiting = self._count - self._committed_count
        if self._spill.files:
            files = " and ".join(map(str, self._spill.files))
            self._notices.append(
                f"{self._spill.readings} readings of session {self.name} could not be written ({self._refusal}) and "
                f"wait in {files}: 'momentum sessions repair {self.name}' takes them back when there is room"
            )
        lost = waiting - self._spill.readings
        if lost or not kept:
            what = f"{lost} readings" if lost else "the end"
            raise MomentumError(
                f"{what} of session {self.name} could not be written and {'are' if lost else 'is'} lost: "
                f"{self._refusal}; {self._committed_count} readings are kept",
                "Make room: 'momentum doctor' says how much there is, 'momentum sessions list' what can be deleted.",
            )

    def _look_at_disk(self, now_s: float) -> None:
        if self._disk is not None:
            self._notices += self._disk.look(now_s, self._sound)
            if self._sound is not None:
                self._notices += self._sound.take_notices()

    def _tell_onlookers(self) -> None:
        not_kept = self.not_kept
        if not_kept != self._told:
            self._told = not_kept
            self._lock.tell(not_kept)

    def _clock_jump(self, clock_s: float) -> tuple[float, float, float] | None:
        """(elapsed, UTC, jump) where the computer's clock has moved against the monotonic one."""
        elapsed_s = clock_s - self._started_s
        unix_s = self._clocks.utc().timestamp()
        jump_s = unix_s - self._started_unix_s - elapsed_s - self._clock_off_s
        return (elapsed_s, unix_s, jump_s) if abs(jump_s) >= CLOCK_JUMP_S else None
