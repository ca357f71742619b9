"""The recorder's side of a session: every event and every block, on disk within half a second."""

import contextlib
import json
import os
import shutil
import sqlite3
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from engine.durable import empty_drive_cache
from engine.errors import MomentumError
from engine.session.clocks import Clocks, iso
from engine.session.disk import DiskKeeper
from engine.session.folder import DATABASE, LOCK, SOUND, new_folder
from engine.session.lock import HeldLock, Holder
from engine.session.rows import DeviceReports, ReadingRow, event_body, reading_row
from engine.session.schema import INSERT_EVENT, INSERT_READING, create_database
from engine.session.sound import SoundWriter
from engine.signals import AudioBlock, End, Event, Reading

COMMIT_EVERY_S: Final = 0.02
"""By the clock: a reading that comes this long after the last commit is committed at once."""
COMMIT_SOUND_S: Final = 0.5
"""In sound, which may come much faster than real time: never more than this waits in memory."""
SYNC_EVERY_S: Final = 0.9
"""How often the disk itself is waited for: a kill loses nothing of this, a power cut up to this much and a reading."""
RETRY_EVERY_S: Final = 1.0
PATIENCE_S: Final = 2.0
"""How long another process may hold the store before anybody is told."""
WAITING_READINGS: Final = 40_000
"""About an hour of readings is kept in memory while nothing can be written."""
LAST_PATIENCE_S: Final = 5.0
CLOCK_JUMP_S: Final = 1.0


class SessionWriter:
    """The sink that records. Used by one thread; ``close`` ends the session, and so does the end of the process.

    A disk that refuses is no reason to stop listening: rows wait in memory, are tried again every second, and
    ``take_notices`` has a sentence for whoever watches.
    """

    def __init__(
        self,
        folder: Path,
        database: sqlite3.Connection,
        lock: HeldLock,
        sound: SoundWriter | None,
        disk: DiskKeeper | None,
        clocks: Clocks,
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
        self._reports = self._committed_reports = DeviceReports()
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
    ) -> "SessionWriter":
        """Begin a session in a new folder under ``root``. Raises ``MomentumError`` where that can't be done.

        ``keep_sound``: the sound too, and not the readings alone. ``disk`` looks after the room; without it nobody
        does. ``settings`` and ``weights`` are kept as they are given (JSON), so that a session says what made it.
        """
        clocks = clocks or Clocks()
        started_at = clocks.utc()
        try:
            folder = new_folder(root, started_at)
            try:
                sound = SoundWriter(folder / SOUND) if keep_sound else None
                meta = {"settings": settings, "weights": weights}
                return cls._begin(folder, source, sound, disk, meta, clocks)
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
    ) -> "SessionWriter":
        holder = Holder(os.getpid(), iso(clocks.utc()), source, folder.name)
        lock = HeldLock.take(folder / LOCK, holder)
        if lock is None:
            raise OSError(f"{folder.name} is held by another process")
        try:
            database = create_database(folder)
            writer = cls(folder, database, lock, sound, disk, clocks)
            rows = {**meta, "source": source, "started_unix_s": writer._started_unix_s}
            values = [(key, json.dumps(value, default=str)) for key, value in rows.items()]
            database.executemany("INSERT INTO meta VALUES (?,?)", values)
        except (OSError, sqlite3.Error):
            lock.release()
            raise
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
        self._reports = DeviceReports(block.overruns, block.overloads)
        if self._disk is not None:
            self._notices += self._disk.look(now_s, self._sound)
        if self._sound is not None:
            self._sound.write(block, now_s)
            self._notices += self._sound.take_notices()

    def flush(self) -> None:
        """Everything of a block has been written: a chance to commit it."""
        self._commit_when_due()

    def take_notices(self) -> list[str]:
        """What a person should know about the keeping, each told once."""
        notices, self._notices = self._notices, []
        return notices

    @property
    def failing(self) -> bool:
        """Whether nothing can be written at the moment."""
        return self._failing_since_s is not None

    def close(self) -> None:
        """Write all that waits and let go; harmless when done twice."""
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
        if not self.failing:
            # A lock file that nobody holds says that the session was cut off.
            self._lock.path.unlink(missing_ok=True)
        self._lock.release()

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
            if self._reports != self._committed_reports:
                database.execute("INSERT OR REPLACE INTO meta VALUES ('device_reports', ?)", [self._reports.to_json()])
            if jump:
                database.execute("INSERT INTO clock (elapsed_s, unix_s, jump_s) VALUES (?,?,?)", jump)
            database.execute("COMMIT")
        except sqlite3.Error as error:
            self._refused(clock_s, error)
            return
        if sync:
            empty_drive_cache(self.folder / f"{DATABASE}-wal")
            self._synced_s = clock_s
        if jump:
            self._clock_off_s += jump[2]
            self._notices.append(f"the computer's clock jumped by {jump[2]:+.0f} s; the session's times go on unmoved")
        if self._failing_since_s is not None:
            self._notices.append(f"writing again after {clock_s - self._failing_since_s:.0f} s; {self._lost()}")
            self._failing_since_s = None
        self._committed_reports = self._reports
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
        busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
        if self._failing_since_s is None and not (busy and clock_s - self._saved_s < PATIENCE_S):
            self._failing_since_s = clock_s
            self._notices.append(f"nothing can be written ({error}); listening goes on, readings wait in memory")

    def _lost(self) -> str:
        lost = self._readings[0][0] - self._committed_count - 1 if self._readings else 0
        return f"{lost} readings did not fit into memory and are lost" if lost else "nothing was lost"

    def _clock_jump(self, clock_s: float) -> tuple[float, float, float] | None:
        """(elapsed, UTC, jump) where the computer's clock has moved against the monotonic one."""
        elapsed_s = clock_s - self._started_s
        unix_s = self._clocks.utc().timestamp()
        jump_s = unix_s - self._started_unix_s - elapsed_s - self._clock_off_s
        return (elapsed_s, unix_s, jump_s) if abs(jump_s) >= CLOCK_JUMP_S else None
