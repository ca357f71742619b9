"""The recorder's side of a session: every event and every block, on disk within half a second.

Over 300 lines, since what is written when decides what a kill costs, and that is to be read in one place.
"""

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from engine.core.durable_writes import empty_drive_cache
from engine.core.errors import MomentumError
from engine.core.signals import AudioBlock, End, Event, Reading
from engine.session.clocks import Clocks, iso
from engine.session.disk_space import DiskKeeper
from engine.session.event_rows import DeviceReports, event_body, reading_row
from engine.session.file_lock import HeldLock, Holder
from engine.session.folder import DATABASE, LOCK, SOUND, new_folder
from engine.session.recording_problems import NotKept
from engine.session.schema import create_database
from engine.session.session_journal import note
from engine.session.sound_files import SoundWriter
from engine.session.unwritten_rows import Waiting

COMMIT_EVERY_S: Final = 0.02
"""By the clock: a reading that comes this long after the last commit is committed at once."""
COMMIT_SOUND_S: Final = 0.5
"""In sound, which may come much faster than real time: never more than this waits in memory."""
SYNC_EVERY_S: Final = 0.9
"""How often the disk itself is waited for: a kill loses nothing of this, a power cut up to this much and a reading."""
RETRY_EVERY_S: Final = 1.0
PATIENCE_S: Final = 2.0
"""How long another process may hold the store before anybody is told."""
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
        waiting: Waiting,
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
        self._waiting = waiting
        self._heard_s = 0.0
        self._committed_heard_s = 0.0
        self._committed_s = self._saved_s = self._synced_s = self._beaten_s = self._started_s
        self._failing_since_s: float | None = None
        self._refusal = ""
        self._told = NotKept()
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
        spills: Sequence[Path] = (),
        venue: str = "",
    ) -> "SessionWriter":
        """Begin a session in a new folder under ``root``. Raises ``MomentumError`` where that can't be done.

        ``keep_sound``: the sound too, and not the readings alone. ``disk`` looks after the room; without it nobody
        does. ``settings`` and ``weights`` are kept as they are given (JSON), so that a session says what made it.
        ``spills`` are folders for what the session's own disk does not take, see ``spill_folders``. ``venue``: where
        it is heard, as a person calls that.
        """
        clocks = clocks or Clocks()
        started_at = clocks.utc()
        try:
            folder = new_folder(root, started_at)
            try:
                sound = SoundWriter(folder / SOUND) if keep_sound else None
                meta = {"settings": settings, "weights": weights, **({"venue": venue} if venue else {})}
                return cls._begin(folder, source, sound, disk, meta, clocks, Waiting(folder.name, spills))
            except (OSError, sqlite3.Error):
                shutil.rmtree(folder, ignore_errors=True)
                raise
        except (OSError, sqlite3.Error) as error:
            raise MomentumError(
                f"no session can be kept in {root}: {getattr(error, 'strerror', None) or error}",
                "make room or give rights there, choose another place (MOMENTUM_HOME), or 'momentum live --no-record'",
            ) from error

    @classmethod
    def _begin(
        cls,
        folder: Path,
        source: str,
        sound: SoundWriter | None,
        disk: DiskKeeper | None,
        meta: Mapping[str, Mapping[str, Any] | str | None],
        clocks: Clocks,
        waiting: Waiting,
    ) -> "SessionWriter":
        holder = Holder(os.getpid(), iso(clocks.utc()), source, folder.name)
        lock = HeldLock.take(folder / LOCK, holder)
        if lock is None:
            raise OSError(f"{folder.name} is held by another process")
        try:
            database = create_database(folder)
            writer = cls(folder, database, lock, sound, disk, clocks, waiting)
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

    @property
    def elapsed_s(self) -> float:
        """Seconds since the session began, by the recorder's clock."""
        return self._clocks.monotonic() - self._started_s

    def write(self, event: Event) -> None:
        """Keep an event: on disk within half a second, and at once where it is no reading."""
        elapsed_s = self.elapsed_s
        if isinstance(event, Reading):
            self._heard_s = event.t
            self._waiting.add_reading(reading_row(self._waiting.count + 1, event, elapsed_s))
            self._commit_when_due()
        else:
            self._ended = isinstance(event, End)
            kind, body = event_body(event)
            self._waiting.add_event((self._waiting.count, kind, elapsed_s, body))
            self._commit_when_due(now=True)

    def sound(self, block: AudioBlock) -> None:
        """Keep the sound, where the session keeps any."""
        now_s = self._clocks.monotonic()
        self._reports = DeviceReports(block.overruns, block.overloads)
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
        where = "a spill file" if self._waiting.files else "memory: make room"
        readings = f"{self._refusal}; they wait in {where}" if self.failing else ""
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
        if not self._waiting:
            # A lock file that nobody holds says that the session was cut off.
            self._lock.path.unlink(missing_ok=True)
        self._lock.release()
        if self._waiting:
            self._notices.append(self._waiting.leave(self._refusal))

    def _commit_when_due(self, now: bool = False) -> None:
        clock_s = self._clocks.monotonic()
        if clock_s - self._beaten_s >= 0.5:
            self._beaten_s = clock_s
            self._lock.beat()
        if not self._waiting:
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
            lost = self._waiting.insert(database)
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
            told = f"{lost} readings did not fit into memory and are lost" if lost else "nothing was lost"
            self._notices.append(f"writing again after {clock_s - self._failing_since_s:.0f} s; {told}")
            self._failing_since_s = None
        self._committed_reports = self._reports
        self._saved_s = clock_s
        self._committed_heard_s = self._heard_s
        self._waiting.written()

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
        spilled = self._waiting.spill()
        if self._failing_since_s is None:
            self._failing_since_s = clock_s
            where = f" and in {self._waiting.files[0]}" if spilled else ""
            self._notices.append(f"nothing can be written ({error}); listening goes on, readings wait in memory{where}")

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
