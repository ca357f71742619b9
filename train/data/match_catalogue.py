"""The library's catalogue: one line a match in SQLite, so that thousands are listed without opening their folders.

It holds nothing that the folders do not say; it is brought up to date from them and made anew when it is damaged.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.core.errors import InputError, MomentumError
from engine.core.files import PRIVATE_FILE
from train.data.match_folder import FEATURES, MANIFEST, StoredMatch, read_manifest

_SCHEMA_VERSION = 2
_BUSY_TIMEOUT_S = 10.0
_TABLE = """
CREATE TABLE matches (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, date TEXT NOT NULL, duration_s REAL NOT NULL, frames INTEGER NOT NULL,
  bytes INTEGER NOT NULL, goals INTEGER NOT NULL, source TEXT NOT NULL, shots TEXT NOT NULL, aligned TEXT NOT NULL,
  confidence REAL, sound_sha256 TEXT NOT NULL, added_at TEXT NOT NULL, fault TEXT NOT NULL, reviews INTEGER NOT NULL,
  stamp INTEGER NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the catalogue. ``aligned`` is ``measured``, ``by hand`` or ``no``; ``fault`` says why it can't be used.

    ``reviews`` counts the reviewed spikes of a session; a match has none.
    """

    id: str
    title: str = ""
    date: str = ""
    duration_s: float = 0.0
    frames: int = 0
    bytes: int = 0
    goals: int = 0
    source: str = ""
    shots: str = ""
    aligned: str = "no"
    confidence: float | None = None
    sound_sha256: str = ""
    added_at: str = ""
    fault: str = ""
    reviews: int = 0

    @property
    def usable(self) -> bool:
        """Whether training can take it as it is."""
        return (self.aligned != "no" or self.reviews > 0) and not self.fault


class Catalogue:
    """The catalogue of a library's matches."""

    def __init__(self, path: Path, matches: Path) -> None:
        self._path = path
        self._matches = matches

    def entries(self, where: str = "1", *values: str) -> list[Entry]:
        """Matches by date and title; ``where`` is an SQL condition."""
        columns = ", ".join(Entry.__slots__)
        with self._open() as matches:
            rows = matches.execute(f"SELECT {columns} FROM matches WHERE {where} ORDER BY date, title, id", values)
            return [Entry(*row) for row in rows]

    def follow(self) -> None:
        """Bring the catalogue up to date with the folders, reading again only those whose manifest changed."""
        try:
            self._follow()
        except sqlite3.DatabaseError:
            # Locked or unwritable files were turned into MomentumError; what is left is a damaged file.
            self._path.unlink()
            self._follow()

    def _follow(self) -> None:
        stamps = {folder.name: _stamp(folder) for folder in self._matches.iterdir() if folder.is_dir()}
        with self._open() as matches:
            known = dict(matches.execute("SELECT id, stamp FROM matches").fetchall())
            matches.executemany("DELETE FROM matches WHERE id = ?", [(name,) for name in known.keys() - stamps.keys()])
            for name, stamp in stamps.items():
                if known.get(name) != stamp:
                    row = asdict(_entry(name, self._matches / name)) | {"stamp": stamp}
                    marks = ", ".join("?" * len(row))
                    matches.execute(
                        f"INSERT OR REPLACE INTO matches ({', '.join(row)}) VALUES ({marks})", [*row.values()]
                    )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.touch(mode=PRIVATE_FILE)
            with closing(sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S)) as matches, matches:
                if matches.execute("PRAGMA user_version").fetchone()[0] != _SCHEMA_VERSION:
                    matches.execute("DROP TABLE IF EXISTS matches")
                    matches.execute(_TABLE)
                    matches.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
                yield matches
        except (sqlite3.OperationalError, OSError) as error:
            raise MomentumError(
                f"the library's index can't be used: {error}", f"Check the permissions of {self._path} and the disk."
            ) from error


def _stamp(folder: Path) -> int:
    manifest = folder / MANIFEST
    return manifest.stat().st_mtime_ns if manifest.is_file() else 0


def _entry(name: str, folder: Path) -> Entry:
    size = sum(path.stat().st_size for path in (folder / MANIFEST, folder / FEATURES) if path.is_file())
    try:
        found = read_manifest(folder)
        StoredMatch(name, folder, found).check_size()
    except InputError as error:
        return Entry(name, bytes=size, fault=error.message)
    aligned = found.alignment
    return Entry(
        id=name,
        title=found.events.home if found.is_session else found.events.title,
        date=found.events.date,
        duration_s=found.duration_s,
        frames=found.frames,
        bytes=size,
        goals=len(found.events.goals),
        source=found.events.source,
        shots=str(found.events.shots),
        aligned=aligned.method if aligned else "no",
        confidence=aligned.confidence if aligned else None,
        sound_sha256=found.provenance.media_sha256,
        added_at=found.provenance.added_at,
        reviews=len(found.reviews),
    )
