"""The tables of a session, and how to open them.

Readings are a table of their own, for speed; everything rarer is a row of ``events`` with its values as JSON, and the
views ``spikes``, ``rejected``, ``marks`` and ``health`` show them as columns to whoever opens the file by hand. An
event's ``after_reading`` is the reading it came after, which gives all rows one order. ``elapsed_s`` is the recorder's
monotonic clock since the start; UTC is ``started_unix_s`` of ``meta`` plus that, so a jump of the computer's clock
moves nothing; jumps themselves are noted in ``clock``.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from engine.core.errors import InputError, MomentumError
from engine.core.files import open_private
from engine.core.signals import Health
from engine.session.folder import DATABASE

HEALTH_CODES: tuple[Health, ...] = (
    Health.WARMING_UP,
    Health.LISTENING,
    Health.SILENT,
    Health.CLIPPED,
    Health.STALLED,
    Health.LOST,
    Health.RECOVERING,
)
"""``readings.health`` is an index into this. Append only: the order is written in every session ever recorded."""

_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE readings (
    id INTEGER PRIMARY KEY, t REAL NOT NULL, pressure REAL, level_db REAL, peak_db REAL,
    health INTEGER NOT NULL, compute_ms REAL, elapsed_s REAL NOT NULL);
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, after_reading INTEGER NOT NULL, type TEXT NOT NULL,
    elapsed_s REAL, body TEXT NOT NULL);
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, onset REAL NOT NULL, verdict TEXT NOT NULL,
    what TEXT NOT NULL, note TEXT NOT NULL, written_at TEXT NOT NULL);
CREATE TABLE clock (id INTEGER PRIMARY KEY, elapsed_s REAL NOT NULL, unix_s REAL NOT NULL, jump_s REAL NOT NULL);
CREATE VIEW spikes AS SELECT id, json_extract(body, '$.onset') AS onset, json_extract(body, '$.peak') AS peak,
    json_extract(body, '$.end') AS "end", json_extract(body, '$.peak_pressure') AS peak_pressure,
    json_extract(body, '$.decided_at') AS decided_at FROM events WHERE type = 'spike';
CREATE VIEW rejected AS SELECT id, json_extract(body, '$.onset') AS onset,
    json_extract(body, '$.peak_pressure') AS peak_pressure, json_extract(body, '$.reason') AS reason
    FROM events WHERE type = 'rejected';
CREATE VIEW marks AS SELECT id, json_extract(body, '$.t') AS t, json_extract(body, '$.label') AS label,
    json_extract(body, '$.note') AS note FROM events WHERE type = 'mark';
CREATE VIEW health AS SELECT id, json_extract(body, '$.t') AS t, json_extract(body, '$.health') AS health,
    json_extract(body, '$.detail') AS detail FROM events WHERE type = 'health';
"""

_HEARD = """
ALTER TABLE readings ADD COLUMN heard TEXT;
DROP VIEW spikes;
CREATE VIEW spikes AS SELECT id, json_extract(body, '$.onset') AS onset, json_extract(body, '$.peak') AS peak,
    json_extract(body, '$.end') AS "end", json_extract(body, '$.peak_pressure') AS peak_pressure,
    json_extract(body, '$.decided_at') AS decided_at, json_extract(body, '$.what') AS what,
    json_extract(body, '$.what_probability') AS what_probability FROM events WHERE type = 'spike';
"""
"""``readings.heard``: about once a second the probability of each tag by its name, as JSON; NULL in between, and always
with weights that tell none."""

_WORDS = """
CREATE TABLE IF NOT EXISTS words (
    id INTEGER PRIMARY KEY, after_reading INTEGER NOT NULL, type TEXT NOT NULL, elapsed_s REAL, body TEXT NOT NULL);
"""
"""What a commentator said, as events of a table of their own: programs from before there was one do not look into it,
and read all the rest. So it is in every new store and makes no other schema number; older stores go without."""

_SAID = _WORDS.replace("words", "said")
"""Events that the commentator spoke of, in the same way."""

_FUSED = "ALTER TABLE readings ADD COLUMN fused REAL"
"""What crowd and words say together; NULL without a commentary. Older programs name the columns that they know."""

MIGRATIONS: tuple[str, ...] = (_FIRST, _HEARD)
"""Script *n* brings a session from schema *n* to *n* + 1; what was released is never edited."""
SCHEMA = len(MIGRATIONS)
WITH_HEARD = 2
"""The first schema whose readings have ``heard``."""

PAGE_BYTES = 1024
"""Each reading is committed by itself and writes its whole page to the log: small pages are a quarter of the usual
traffic, and of the log's growth while a follower that was stopped in the middle of a look holds it open."""

INSERT_READING = (
    "INSERT INTO readings (id, t, pressure, level_db, peak_db, health, compute_ms, elapsed_s, heard, fused)"
    " VALUES (?,?,?,?,?,?,?,?,?,?)"
)
EVENT_TABLES = ("events", "words", "said")
"""Tables of events of one shape; the last two hold what comes of a commentary."""
INSERT_EVENT = {
    table: f"INSERT INTO {table} (after_reading, type, elapsed_s, body) VALUES (?,?,?,?)" for table in EVENT_TABLES
}
"""By the table."""
ADD_EVENT = "INSERT INTO events (after_reading, type, body) VALUES ((SELECT ifnull(max(id), 0) FROM readings),?,?)"
"""For an event that does not come from the recorder: after all that is there."""

_COPY = "copy the session's folder to a place where you may write, and look at it there."
_NO_DAMAGE = {
    "READONLY": ("its folder can't be written", _COPY),
    "CANTOPEN": ("its recorder was killed, and to read it its folder must be writable", _COPY),
    "FULL": ("the disk is full", "make room: 'momentum sessions list', 'momentum sessions delete'."),
    "BUSY": ("another process holds it", "try again in a moment."),
}
"""What SQLite may say of a store that is whole, and what a person can do then."""


class NewerSchema(InputError):
    """A session of a later program: whole, and not for this one."""


def schema_of(database: sqlite3.Connection) -> int:
    """The schema number that a database says it has; 0 where it is empty."""
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def migrate(database: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring the tables to the newest schema, each step whole or not at all. Raises ``NewerSchema``."""
    version = schema_of(database)
    _refuse_newer(version, len(migrations))
    for number, script in enumerate(migrations[version:], start=version + 1):
        database.executescript(f"BEGIN IMMEDIATE;{script};PRAGMA user_version={number};COMMIT;")


def create_database(folder: Path) -> sqlite3.Connection:
    """A new, empty store in ``folder``, readable for its owner alone."""
    path = folder / DATABASE
    os.close(open_private(path, os.O_RDWR | os.O_EXCL))
    database = _connect(path, "rw", busy_s=0.02)
    database.execute(f"PRAGMA page_size={PAGE_BYTES}")
    database.execute("PRAGMA journal_mode=WAL")
    migrate(database)
    complete(database)
    return database


def complete(database: sqlite3.Connection) -> None:
    """Give a store what a commentary needs, where it is from before there was any."""
    database.executescript(_WORDS + _SAID)
    if not has_fused(database):
        database.execute(_FUSED)


def has_table(database: sqlite3.Connection, table: str) -> bool:
    """Whether the store has a table for what comes of a commentary: one from before there was any has not."""
    found = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
    return bool(found)


def has_fused(database: sqlite3.Connection) -> bool:
    """Whether the store's readings have ``fused``."""
    return bool(database.execute("SELECT 1 FROM pragma_table_info('readings') WHERE name = 'fused'").fetchone())


def open_to_write(folder: Path, busy_s: float = 5.0) -> sqlite3.Connection:
    """Open a store to add to it, migrated where it is older. Raises ``InputError``."""
    with explained(folder):
        database = _connect(_database_of(folder), "rw", busy_s)
        try:
            if schema_of(database) == 0:
                raise _damaged(folder, "it holds no tables")
            migrate(database)
        except (sqlite3.Error, UnicodeDecodeError, MomentumError):
            database.close()
            raise
        return database


def open_to_read(folder: Path) -> sqlite3.Connection:
    """Open a store that another process may be writing. Raises ``InputError``.

    A store in a folder that can't be written has no place for SQLite's shared memory; nobody records there, so it
    is read as a file that does not change. One of an older schema is read as it is: whoever only looks changes nothing.
    """
    with explained(folder):
        path = _database_of(folder)
        database = _connect(path, "ro", 5.0)
        try:
            version = _first_look(database)
        except sqlite3.OperationalError:
            if _writable(folder) or _unread_wal(path):
                database.close()
                raise
            database.close()
            database = _connect(path, "ro", 5.0, immutable=True)
            version = _first_look(database)
        if not 0 < version <= SCHEMA:
            database.close()
            _refuse_newer(version, SCHEMA)
            raise _damaged(folder, "it holds no tables")
        return database


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what SQLite says of a broken store into two lines that a person can use."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        name = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").partition("_")[0]
        if name not in _NO_DAMAGE:
            raise _damaged(folder, str(error)[:200]) from error
        what, hint = _NO_DAMAGE[name]
        raise InputError(f"session {folder.name}: {what}", hint) from error


def _connect(path: Path, mode: str, busy_s: float, immutable: bool = False) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode={mode}" + ("&immutable=1" if immutable else "")
    # Used by one thread at a time, but not always by the one that opened it.
    database = sqlite3.connect(address, timeout=busy_s, isolation_level=None, check_same_thread=False, uri=True)
    database.execute("PRAGMA trusted_schema=OFF")
    # Only macOS knows a difference: without these a power cut there may take more than the last second.
    database.execute("PRAGMA fullfsync=ON")
    database.execute("PRAGMA checkpoint_fullfsync=ON")
    return database


def _first_look(database: sqlite3.Connection) -> int:
    version = schema_of(database)
    database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return version


def _database_of(folder: Path) -> Path:
    path = folder / DATABASE
    if not path.is_file():
        raise InputError(
            f"session {folder.name} is damaged: its database {DATABASE} is gone",
            f"'momentum sessions repair {folder.name}' saves what is left, 'momentum sessions delete' removes it",
        )
    if path.stat().st_size == 0:
        # SQLite would take it for a new store and delete its log, the last place where rows may be. The file is not
        # opened to look closer: closing it would drop the locks of a recorder in this process.
        raise _damaged(folder, "it is empty")
    return path


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK)


def _unread_wal(path: Path) -> bool:
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def _refuse_newer(version: int, known: int) -> None:
    if version > known:
        raise NewerSchema(
            f"the session has schema {version}, this program knows {known}",
            "it was recorded by a newer momentum: update this one",
        )


def _damaged(folder: Path, what: str) -> InputError:
    return InputError(
        f"the store of session {folder.name} can't be read: {what}",
        f"'momentum sessions repair {folder.name}' saves what is left of it",
    )
