"""From a session and what is wanted of it to the files of others."""

import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from engine.core.clock_text import parse_time
from engine.core.errors import InputError, UsageError
from engine.core.files import whole_file, whole_folder
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.telling import Tell
from engine.football.match_clock import MatchClock
from engine.session import SessionReader
from engine.session import export as exports
from engine.session.export import TABLES, Span, Table
from engine.session.sound_clips import clips_of, read_clip, write_clip

FORMATS: Final = ("jsonl", "json", "csv", "parquet", "soccernet", "chapters", "labels", "clips")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported, and how."""

    form: str
    out: Path | None
    table: Table
    span: Span
    force: bool
    before_s: float
    after_s: float
    wav: bool
    game: str
    label: str
    halves: MatchClock | None
    ranked: bool
    spotted: bool = False
    """SoccerNet: what was spotted, instead of spikes."""


def export(reader: SessionReader, order: Order, stream: TextIO, tell: Tell) -> None:
    """Write what was ordered, text without a file of its own to ``stream``; ``tell`` hears what a person should know.

    Raises ``MomentumError``.
    """
    if order.form == "clips":
        _clips(reader, order, tell)
    elif order.form == "parquet":
        _parquet(reader, order, tell)
    else:
        _write(_texts(reader, order, tell), order, stream)


def table_of(name: str) -> Table:
    """``--table``. Raises ``UsageError``."""
    if name not in TABLES:
        raise UsageError(f"--table {name} is not known", f"There is {', '.join(TABLES)}.")
    return name


def span_of(from_: str, to: str | None) -> Span:
    """``--from`` and ``--to``. Raises ``UsageError``."""
    span = Span(seconds_of(from_), float("inf") if to is None else seconds_of(to))
    if span.from_s >= span.to_s:
        raise UsageError(f"--from {from_} does not lie before --to {to}", "Exchange them.")
    return span


def halves_of(text: str | None) -> MatchClock | None:
    """``--halves``: where the first and the second half begin. Raises ``UsageError``."""
    if text is None:
        return None
    parts = [seconds_of(part) for part in text.split(",")]
    if len(parts) not in (1, 2) or parts != sorted(parts):
        raise UsageError(f"--halves {text} is not understood", "Give one or two rising times, such as 1:30,63:05.")
    return MatchClock(dict(enumerate(parts, start=1)))


def seconds_of(text: str) -> float:
    """Seconds, ``minutes:seconds`` or ``hours:minutes:seconds``. Raises ``UsageError``."""
    seconds = parse_time(text)
    if seconds is None:
        raise UsageError(f"{text} is no time", "Give seconds, 12:34, or 1:02:03.")
    return seconds


def _texts(reader: SessionReader, order: Order, tell: Tell) -> Iterable[str]:
    match order.form:
        case "jsonl":
            return (line + "\n" for line in exports.json_lines(reader, order.span))
        case "json":
            return [_pretty(exports.document(reader, order.span))]
        case "soccernet":
            clock = order.halves or MatchClock.from_marks(reader.marks())
            made = exports.soccernet(reader, clock, order.label, order.game, order.ranked, order.span, order.spotted)
            events, spikes = (
                sum(order.span.holds(each.onset) for each in found) for found in (reader.spotted(), reader.spikes())
            )
            for line in _said_of(clock, (events if order.spotted else spikes) - len(made["predictions"])):
                tell(line)
            if events and not order.spotted:
                tell(f"{events} spotted events are not among the predictions: --spotted takes them, and no spikes")
            return [_pretty(made)]
        case "chapters":
            return [_chapters(reader, order.span)]
        case "labels":
            taught = exports.labels(reader)
            about = {"schema": 1, "session": reader.name, "source": reader.info.source}
            return [_pretty({**about, "positives": taught.positives, "hard_negatives": taught.hard_negatives})]
        case _:
            table = io.StringIO()
            exports.write_csv(table, reader, order.table, order.span)
            return [table.getvalue()]


def _said_of(clock: MatchClock, left_out: int) -> Iterator[str]:
    """What a person should know of the times of SoccerNet's predictions."""
    first_known, second_known = 1 in clock.kick_off_s, 2 in clock.kick_off_s
    if not first_known:
        yield "no kick-off is marked: the first half is taken to begin with the sound"
    if not second_known:
        yield "no second half is marked: everything after the kick-off is put into the first half"
    if not (first_known and second_known):
        yield "mark both with k in the monitor (momentum replay SESSION), or give --halves 1:30,63:05"
    if left_out:
        yield f"left out, since before the first half: {left_out}"


def _chapters(reader: SessionReader, span: Span) -> str:
    from engine.app.write_spotted import chapters

    events = [event for event in reader.spotted() if span.holds(event.t)]
    if not events:
        raise InputError(
            f"nothing was spotted in session {reader.name} there",
            "'momentum spot VIDEO --session' makes one with events.",
        )
    return chapters(((event.t, event.label, event.confidence) for event in events), reader.info.heard_s)


def _write(texts: Iterable[str], order: Order, stream: TextIO) -> None:
    if order.out is None:
        for text in texts:
            stream.write(text)
        return
    with _whole(order.out, order.force) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        for text in texts:
            file.write(text)


def _parquet(reader: SessionReader, order: Order, tell: Tell) -> None:
    if order.out is None:
        raise UsageError("Parquet is no text for the terminal", "Name a file with --out.")
    with _whole(order.out, order.force) as unfinished:
        count = exports.write_parquet(unfinished, reader, order.table, order.span)
    tell(f"{count} rows in {order.out}")


def _clips(reader: SessionReader, order: Order, tell: Tell) -> None:
    folder = order.out or Path(f"{reader.name}-clips")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is no folder", "Name one, or a name that is not taken: each clip is a file in it.")
    with whole_folder(folder):
        _clips_into(folder, reader, order, tell)


def _clips_into(folder: Path, reader: SessionReader, order: Order, tell: Tell) -> None:
    written = missing = 0
    for clip in clips_of(reader, order.before_s, order.after_s, order.span.from_s, order.span.to_s):
        path = folder / f"{clip.name}.{'wav' if order.wav else 'flac'}"
        try:
            pcm, silent = read_clip(reader.folder, clip)
        except InputError as error:
            missing += 1
            tell(f"{clip.name}: {error.message}")
            continue
        write_clip(path, pcm, "wav" if order.wav else "flac", replace=order.force)
        written += 1
        if silent:
            tell(f"{path.name}: {silent / SAMPLE_RATE_HZ:.1f} s of it were not kept and are silent")
    tell(f"{written} clips in {folder}")
    if missing and not written:
        raise InputError(f"session {reader.name} kept no sound around its spikes", "Record with --sound to keep it.")


@contextmanager
def _whole(path: Path, force: bool) -> Iterator[Path]:
    """A new file for its owner alone, which is there when all is written."""
    if path.is_dir():
        raise InputError(f"{path} is a folder", "Name a file.")
    try:
        with whole_file(path, force) as unfinished:
            yield unfinished
    except FileExistsError as error:
        hint = "Name another file." if force else "Add --force to write over it."
        raise InputError(f"{path} exists already", hint) from error


def _pretty(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, allow_nan=False) + "\n"
