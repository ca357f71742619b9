"""What is left of a damaged session, in a new store, with an exact account.

Over 300 lines, since how each part is saved, and what is then missing, is to be read in one place.
"""

import json
import math
import shutil
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from engine.core.errors import InputError, MomentumError
from engine.core.files import private_folder
from engine.core.signals import TYPE_NAMES
from engine.session.added_tables import OwnTable, own_table_of, replace_rows
from engine.session.clocks import Clocks, iso
from engine.session.event_rows import event_of, fused_of, heard_of, table_of
from engine.session.file_lock import HeldLock, Holder
from engine.session.finish_interrupted import not_in_order, put_in_order
from engine.session.folder import DATABASE, LOCK, SOUND
from engine.session.reader import SessionReader
from engine.session.schema import (
    EVENT_TABLES,
    HEALTH_CODES,
    INSERT_READING,
    NewerSchema,
    create_database,
    explained,
    open_to_read,
)
from engine.session.spotted_lane_rows import LANES
from engine.session.spotted_rows import SPOTTED
from engine.session.sqlite_salvage import salvage_rows

DAMAGED: Final = "damaged"
_SIDE_FILES: Final = (DATABASE, DATABASE + "-wal", DATABASE + "-shm")


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair found. ``kept_in`` is where the damaged files went; None where the store was whole.

    ``lost_readings`` is None where nothing is left that could tell. ``waits``: something could not be done yet, which
    ``settled`` names, and the same repair can do later.
    """

    session: str
    kept_in: Path | None
    readings: int
    lost_readings: int | None
    gaps: list[tuple[float, float]]
    events: dict[str, int]
    reviews: int
    settled: str | None
    broken_segments: list[str] = field(default_factory=list)
    waits: bool = False


@dataclass(slots=True)
class _Salvage:
    readings: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    events: dict[str, dict[int, tuple[Any, ...]]] = field(default_factory=lambda: {name: {} for name in EVENT_TABLES})
    reviews: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    added: dict[OwnTable, list[list[Any]]] = field(default_factory=dict)
    clock: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)


def repair(folder: Path, clocks: Clocks, pid: int, spills: Sequence[Path] = ()) -> Repaired:
    """Make a session whole again; a whole one is left as it is. Raises ``InputError`` while it is recorded.

    ``spills`` are the folders where rows may wait that its disk did not take: they are taken back.
    """
    _refuse_empty(folder)
    lock = HeldLock.take(folder / LOCK, Holder(pid, iso(clocks.utc()), "repair", folder.name))
    if lock is None:
        raise InputError(f"session {folder.name} is being recorded", "repair it when it has ended")
    kept_in = None
    lost = _Lost()
    try:
        fault = _fault(folder)
        if fault:
            kept_in = _set_aside(folder, clocks)
            lost = _rebuild(folder, kept_in, clocks)
        broken = _broken_segments(folder, clocks)
    finally:
        lock.release()
    waits = False
    try:
        settled = put_in_order(folder, clocks, pid, spills)
    except (MomentumError, OSError) as error:
        settled, waits = not_in_order(folder, error), True
    with SessionReader.open(folder) as reader:
        events = [*reader.events(), *reader.of_commentary()]
        readings, reviews = reader.info.readings, len(reader.reviews())
    kinds = [TYPE_NAMES[type(event)] for event in events]
    return Repaired(
        folder.name,
        kept_in,
        readings,
        lost.readings,
        lost.gaps,
        {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        reviews,
        settled,
        broken,
        waits,
    )


@dataclass(frozen=True, slots=True)
class _Lost:
    readings: int | None = 0
    gaps: list[tuple[float, float]] = field(default_factory=list)


def _refuse_empty(folder: Path) -> None:
    """What holds nothing would become a session of nothing, which nobody recorded."""
    left = [folder / DATABASE, folder / (DATABASE + "-wal"), folder / DAMAGED]
    if not any(path.exists() for path in left) and not any((folder / SOUND).glob("*")):
        raise InputError(
            f"nothing is left of session {folder.name}: its folder holds neither readings nor sound",
            f"'momentum sessions delete {folder.name}' removes it",
        )


def _fault(folder: Path) -> str | None:
    """What is wrong with the store, or None; nothing is changed. Raises ``NewerSchema``: that is no damage."""
    try:
        with explained(folder):
            database = open_to_read(folder)
            try:
                verdict = str(database.execute("PRAGMA integrity_check").fetchone()[0])
            finally:
                database.close()
        if verdict != "ok":
            return verdict
        with SessionReader.open(folder) as reader:
            while reader.poll(limit=20_000):
                pass
            _ = reader.info, reader.reviews(), reader.of_commentary(), reader.spotted(), reader.lanes()
            if (np.diff(reader.readings().t) <= 0).any():
                return "readings are out of order"
    except NewerSchema:
        raise
    except MomentumError as error:
        return error.message
    return None


def _set_aside(folder: Path, clocks: Clocks) -> Path:
    aside = private_folder(folder / DAMAGED / clocks.utc().astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ"))
    for name in _SIDE_FILES:
        if (folder / name).exists():
            shutil.move(folder / name, aside / name)
    return aside


def _rebuild(folder: Path, aside: Path, clocks: Clocks) -> _Lost:
    found = _sort(aside / DATABASE)
    numbers = _rising(found.readings)
    rows = [(number, *found.readings[number]) for number in numbers]
    meta = {"settings": "null", "weights": "null", "source": '""', **found.meta}
    if not _is_number(meta.get("started_unix_s", "")):
        meta["started_unix_s"] = str(_start_by_name(folder.name))
    database = create_database(folder)
    try:
        database.execute("BEGIN")
        database.executemany("INSERT INTO meta VALUES (?,?)", meta.items())
        database.executemany(INSERT_READING, rows)
        for table, kept in found.events.items():
            database.executemany(
                f"INSERT INTO {table} (id, after_reading, type, elapsed_s, body) VALUES (?,?,?,?,?)",
                [(number, *row) for number, row in sorted(kept.items())],
            )
        database.executemany(
            "INSERT INTO reviews VALUES (?,?,?,?,?,?,?)", [(n, *row) for n, row in sorted(found.reviews.items())]
        )
        database.executemany("INSERT INTO clock VALUES (?,?,?,?)", [(n, *r) for n, r in sorted(found.clock.items())])
        database.execute("COMMIT")
    finally:
        database.close()
    for own, rows_added in found.added.items():
        replace_rows(folder, own, rows_added)
    return _missing(rows)


def _sort(database: Path) -> _Salvage:
    """Rows by the table they must have come from: each has its own number and kinds of columns."""
    found = _Salvage()
    for number, row in salvage_rows(database):
        match row:
            # Seven values where the reading was written before there were tags, eight before there were commentaries.
            case (None, *values) if len(values) in (7, 8, 9) and _is_reading(number, values[:7]):
                t, pressure, level_db, peak_db, health, compute_ms, elapsed_s = values[:7]
                # SQLite stores a REAL without a fraction as an integer.
                numbers = [None if v is None else float(v) for v in (t, pressure, level_db, peak_db)]
                beside = _heard(values[7:]), fused_of(values[8:])
                found.readings[number] = (*numbers, health, float(compute_ms), float(elapsed_s), *beside)
            case (None, int(after), str(kind), None | int() | float() as at_s, str(body)) if _can(event_of, kind, body):
                found.events[table_of(kind)][number] = (after, kind, at_s, body)
            case (None, *added) if own := own_table_of(added, (SPOTTED, LANES)):
                found.added.setdefault(own, []).append(added)
            case (None, str(kind), int() | float() as onset, str(verdict), str(what), str(note), str(at)):
                found.reviews[number] = (kind, float(onset), verdict, what, note, at)
            case (None, int() | float() as at_s, int() | float() as unix_s, int() | float() as jump_s):
                found.clock[number] = (at_s, unix_s, jump_s)
            case (str(key), str(value)) if _can(json.loads, value):
                found.meta[key] = value
    return found


def _is_reading(number: int, values: list[Any]) -> bool:
    t, pressure, level_db, peak_db, health, compute_ms, elapsed_s = values
    numbers = (t, 0.0 if pressure is None else pressure, level_db, peak_db, compute_ms, elapsed_s)
    if number < 1 or not isinstance(health, int) or not 0 <= health < len(HEALTH_CODES):
        return False
    if not all(isinstance(v, int | float) and math.isfinite(v) for v in numbers):
        return False
    return bool(t >= 0 and 0 <= numbers[1] <= 1)


def _heard(values: Sequence[Any]) -> str | None:
    """What was heard, if the row says so and it makes sense: the reading is worth keeping without."""
    try:
        return values[0] if values and heard_of(values[0]) is not None else None
    except InputError:
        return None


def _can(read: Callable[..., object], *values: Any) -> bool:
    """Whether ``read`` makes something of the values."""
    try:
        read(*values)
    except (InputError, ValueError, RecursionError):
        return False
    return True


def _rising(readings: dict[int, tuple[Any, ...]]) -> list[int]:
    """The numbers of the longest run of readings whose time rises with their number: a garbled one stands out of it."""
    numbers = sorted(readings)
    ends: list[float] = []
    at: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        t = readings[number][0]
        place = bisect_left(ends, t)
        before[number] = at[place - 1] if place else None
        if place == len(ends):
            ends.append(t)
            at.append(number)
        else:
            ends[place], at[place] = t, number
    run: list[int] = []
    number_or_end = at[-1] if at else None
    while number_or_end is not None:
        run.append(number_or_end)
        number_or_end = before[number_or_end]
    return run[::-1]


def _missing(rows: list[tuple[Any, ...]]) -> _Lost:
    """Readings are numbered without holes, so what is missing before the last one is known exactly."""
    if not rows:
        return _Lost(None)
    gaps = [(a[1], b[1]) for a, b in pairwise(rows) if b[0] - a[0] > 1]
    if rows[0][0] > 1:
        gaps.insert(0, (0.0, rows[0][1]))
    return _Lost(rows[-1][0] - len(rows), gaps)


def _broken_segments(folder: Path, clocks: Clocks) -> list[str]:
    """Segments that do not play, set aside."""
    broken = []
    for path in sorted((folder / SOUND).glob("*.flac")):
        try:
            with soundfile.SoundFile(path) as file:
                while len(file.read(1 << 16, dtype="int16")):
                    pass
                whole = file.tell() == file.frames
        except soundfile.LibsndfileError:
            whole = False
        if not whole:
            broken.append(path.name)
            aside = private_folder(folder / DAMAGED / clocks.utc().astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ"))
            path.replace(aside / path.name)
    return broken


def _start_by_name(name: str) -> float:
    try:
        return datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
