"""A folder of recordings with a table of what happened in each match: a task a recording.

``matches.csv`` in the folder has a line for each recording: its file under ``media``, and in the other columns what the
options of ``momentum ingest`` of the same names take. A match that is in the library is not listened to again.
"""

import csv
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from engine.core.errors import InputError, MomentumError, UsageError
from engine.core.parse_kick_offs import parse_kick_offs
from engine.football.events import MatchEvents
from engine.football.goal_list import load_goals
from engine.football.soccernet import load_labels
from engine.football.statsbomb import load_from_folder, load_online
from train.data.intake.ingest_recording import MatchToIngest, ingest_recording
from train.jobs.task import Result, Task

TABLE: Final = "matches.csv"
COLUMNS: Final = ("media", "statsbomb", "goals", "labels", "kickoff", "second-half", "extra-time")
_MOST_BYTES: Final = 4 << 20
_MOST_DIGITS: Final = 12


def load_events(statsbomb: int | None, open_data: Path | None, goals: str | None, labels: Path | None) -> MatchEvents:
    """Events from the one source that was named. Raises ``UsageError`` for none or several."""
    if sum(source is not None for source in (statsbomb, goals, labels)) != 1:
        raise UsageError("what happened in the match is not clear", "Give one of --statsbomb ID, --goals and --labels.")
    if open_data is not None and statsbomb is None:
        raise UsageError("--open-data needs the id of a match in it", "Give --statsbomb ID as well.")
    if goals is not None:
        return load_goals(goals)
    if labels is not None:
        return load_labels(labels)
    assert statsbomb is not None
    return load_from_folder(open_data, statsbomb) if open_data is not None else load_online(statsbomb)


@dataclass(frozen=True, slots=True)
class RecordingWanted:
    """A line of the table, and where the match goes to. ``now`` is when the job began, for the match's provenance."""

    folder: Path
    row: Mapping[str, str]
    open_data: Path | None
    library: Path
    replace: bool
    program: str
    now: datetime


def recording_tasks(
    folder: Path, open_data: Path | None, library: Path, replace: bool, program: str, now: datetime
) -> list[Task]:
    """A task for each line of the table in ``folder``.

    Raises ``InputError`` where there is no table, or it is no table of recordings.
    """
    folder = folder.absolute()
    tasks = []
    for row in read_table(folder / TABLE):
        given = RecordingWanted(
            folder, row, open_data and open_data.absolute(), library.absolute(), replace, program, now
        )
        tasks.append(Task(row["media"], take_in, given, {**row, "folder": str(folder)}))
    return tasks


def read_table(file: Path) -> list[dict[str, str]]:
    """The lines of the table by column, each with all of ``COLUMNS``. Raises ``InputError`` naming the line."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise InputError(f"{file} is too large", "A line for each recording is all that it holds.")
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, strict=True)
            names = list(reader.fieldnames or ())
            unknown = [name for name in names if name not in COLUMNS]
            if "media" not in names or unknown:
                what = f"an unknown column {unknown[0][:60]!a}" if unknown else "no column 'media'"
                raise InputError(f"{file} has {what}", f"Its first line is {','.join(COLUMNS)} or some of these.")
            found = [_row(file, reader.line_num, row) for row in reader]
    except (OSError, UnicodeError, csv.Error) as fault:
        raise InputError(
            f"{file} can't be read: {fault}", f"A folder of recordings needs a table {TABLE}; see docs/training.md."
        ) from fault
    media = [row["media"] for row in found]
    for name in media:
        if media.count(name) > 1:
            raise InputError(f"{file} names {name[:60]!a} twice", "A recording has one line.")
    if not found:
        raise InputError(f"{file} names no recording", "Give each a line.")
    return found


def _row(file: Path, line: int, row: Mapping[Any, Any]) -> dict[str, str]:
    if None in row or None in row.values():
        raise InputError(
            f"{file}, line {line} has another number of columns than the first", "Quote what holds commas."
        )
    full = {name: str(row.get(name, "")).strip() for name in COLUMNS}
    if not full["media"]:
        raise InputError(f"{file}, line {line} names no recording", "Its file goes under 'media'.")
    return full


def take_in(given: RecordingWanted) -> Result:
    """Bring one recording into the library. Returns its ``id`` there.

    Raises ``MomentumError``; a match whose kick-offs were not found is in the library then, and waits for them.
    """
    row = given.row
    digits = row["statsbomb"]
    if digits and not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise UsageError(f"{digits[:60]!a} is no StatsBomb id", "It is a number, such as 3754050.")
    events = load_events(
        int(digits) if digits else None,
        given.open_data if digits else None,
        row["goals"] or None,
        given.folder / row["labels"] if row["labels"] else None,
    )
    kick_offs = parse_kick_offs(row["kickoff"] or None, row["second-half"] or None, row["extra-time"] or None)
    match = MatchToIngest(given.folder / row["media"], events, kick_offs, given.replace)
    done = ingest_recording(match, given.library, given.program, lambda: given.now)
    if done.refusal is not None:
        raise waits_for_kick_offs(done.match_id, done.refusal)
    return {"id": done.match_id}


def with_already(done: Sequence[Result], before: Set[str], replace: bool) -> list[dict[str, Any]]:
    """Results of ``take_in``, each with whether its sound was there ``already``: among the ids ``before`` the job, or
    from a line above. With ``replace`` all were listened to anew.

    No task can tell: one that is done anew, for its worker died, finds what it had put there itself.
    """
    found: list[dict[str, Any]] = []
    there = set(before)
    for one in done:
        found.append({"id": one["id"], "already": not replace and one["id"] in there})
        there.add(one["id"])
    return found


def waits_for_kick_offs(match_id: str, refusal: MomentumError) -> InputError:
    """What to say of a match that is in the library without its kick-offs."""
    return InputError(
        refusal.message,
        f"It waits in the library for: momentum library align {match_id} --kickoff 12:34 --second-half 1:14:50 "
        "('none' for a half that was not recorded)",
    )
