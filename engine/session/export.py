"""A session in the formats of others: JSON Lines, JSON, CSV, Parquet, and SoccerNet's predictions."""

import csv
import importlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import Any, Final, Literal, TextIO, TypeAlias, get_args

from engine.core.errors import InputError, UsageError
from engine.core.extras import installing
from engine.core.said_events import confirming
from engine.core.signals import Alarm, End, Event, Reading, Rejected, Spike, Start, Words, WordsEvent, to_json
from engine.football.match_clock import MatchClock
from engine.football.soccernet import Spot, predictions
from engine.session.event_rows import heard_of
from engine.session.reader import SessionReader
from engine.session.schema import HEALTH_CODES
from engine.session.spotted_export import LANES, lane_rows, spotted_columns, spotted_lines, spotted_rows

Table: TypeAlias = Literal[
    "readings", "spikes", "rejected", "marks", "reviews", "health", "words", "said", "spotted", "lanes"
]
TABLES: Final[tuple[Table, ...]] = get_args(Table)

_COLUMNS: Final[Mapping[Table, tuple[str, ...]]] = {
    "readings": ("t", "utc", "pressure", "level_db", "peak_db", "health", "compute_ms"),
    "spikes": ("onset", "peak", "end", "peak_pressure", "decided_at", "verdict", "what", "note"),
    "rejected": ("onset", "peak_pressure", "reason", "decided_at", "verdict", "what", "note"),
    "marks": ("t", "label", "note"),
    "reviews": ("kind", "onset", "verdict", "what", "note"),
    "health": ("t", "health", "detail"),
    "words": ("t", "start", "end", "text", "language"),
    "said": ("t", "at", "said", "kind", "probability", "words"),
    "lanes": LANES,
}
_OF_TAGS: Final[dict[Table, tuple[str, ...]]] = {"readings": ("heard",), "spikes": ("cause", "cause_probability")}
"""Further columns of a session that says what was heard. ``what`` of a spike is what its reviewer says."""
_OF_COMMENTARY: Final[dict[Table, tuple[str, ...]]] = {
    "readings": ("fused",),
    "spikes": ("said", "said_probability"),
}
"""Further columns of a session with a commentary: of a spike the event that was said to lie there, if any was."""
_PORTION: Final = 20_000


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds of sound: from_s <= t < to_s."""

    from_s: float = 0.0
    to_s: float = float("inf")

    def holds(self, t: float) -> bool:
        return self.from_s <= t < self.to_s


EVERYTHING: Final = Span()


def json_lines(reader: SessionReader, span: Span = EVERYTHING) -> Iterator[str]:
    """The lines that ``live --json`` printed, without line ends; start and end are there whatever the span.

    What was spotted later stands between them, by time.
    """
    spotted = deque(spotted_lines(reader, span.holds))
    for event in _all_events(reader.folder):
        if span.holds(_time_of(event, span)):
            until_s = event.t if isinstance(event, Reading) else inf if isinstance(event, End) else -inf
            while spotted and spotted[0][0] <= until_s:
                yield spotted.popleft()[1]
            yield json.dumps(to_json(event), separators=(",", ":"), allow_nan=False)
    yield from (line for _, line in spotted)


def rows(reader: SessionReader, table: Table, span: Span = EVERYTHING) -> Iterator[tuple[Any, ...]]:
    """The rows of one table, in the columns that ``columns`` names; ``heard`` is an object by tag, or None."""
    tagged = reader.tells_tags
    if table == "readings":
        return _reading_rows(reader, span, tagged, reader.has_commentary)
    reviews = {(r.kind, r.onset): (r.verdict, r.what, r.note) for r in reader.reviews()}
    nothing = ("", "", "")
    found: Iterable[tuple[Any, ...]]
    if table == "spikes":
        spikes = (s for s in reader.spikes() if span.holds(s.onset))
        said = reader.said() if reader.has_commentary else None
        found = (
            (
                *(s.onset, s.peak, s.end, s.peak_pressure, s.decided_at),
                *reviews.get(("spike", s.onset), nothing),
                *((s.what, s.what_probability) if tagged else ()),
                *(() if said is None else _confirmed(s, said)),
            )
            for s in spikes
        )
    elif table == "rejected":
        rejected = (r for r in reader.rejected() if span.holds(r.onset))
        found = (
            (r.onset, r.peak_pressure, r.reason, r.decided_at, *reviews.get(("rejected", r.onset), nothing))
            for r in rejected
        )
    elif table == "marks":
        found = ((m.t, m.label, m.note) for m in reader.marks() if span.holds(m.t))
    elif table == "health":
        found = ((h.t, h.health.value, h.detail) for h in reader.health_changes() if span.holds(h.t))
    elif table == "words":
        words = (w for w in reader.words() if isinstance(w, Words) and span.holds(w.t))
        found = ((w.t, w.start, w.end, w.text, w.language) for w in words)
    elif table == "spotted":
        found = spotted_rows(reader, span.holds)
    elif table == "lanes":
        found = lane_rows(reader, span.holds)
    elif table == "said":
        events = (e for e in reader.said() if span.holds(e.t))
        found = (tuple(to_json(e)[name] for name in _COLUMNS["said"]) for e in events)
    else:
        found = ((r.kind, r.onset, r.verdict, r.what, r.note) for r in reader.reviews() if span.holds(r.onset))
    return iter(found)


def columns(reader: SessionReader, table: Table) -> tuple[str, ...]:
    """The names of a table's columns: some more at the end where the session says what was heard, and where it had a
    commentary; of spotted events one for each channel's share."""
    if table == "spotted":
        return spotted_columns(reader)
    of_tags = _OF_TAGS.get(table, ()) if reader.tells_tags else ()
    return _COLUMNS[table] + of_tags + (_OF_COMMENTARY.get(table, ()) if reader.has_commentary else ())


def write_csv(out: TextIO, reader: SessionReader, table: Table, span: Span = EVERYTHING) -> int:
    """One table as CSV with a line of names; a missing number is empty. Returns the number of rows.

    What was heard is a JSON object in its cell.
    """
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns(reader, table))
    count = 0
    for row in rows(reader, table, span):
        writer.writerow(json.dumps(value) if isinstance(value, dict) else value for value in row)
        count += 1
    return count


def document(reader: SessionReader, span: Span = EVERYTHING) -> dict[str, Any]:
    """The whole session as one JSON document: what it is, and every table as a list of objects."""
    info = reader.info
    names = {table: columns(reader, table) for table in TABLES}
    return {
        "session": info.name,
        "source": info.source,
        "started_at": info.started_at.isoformat(),
        "start": to_json(info.start) if info.start else None,
        "end": to_json(info.end) if info.end else None,
        "settings": info.settings,
        "weights": info.weights,
        **{t: [dict(zip(names[t], row, strict=True)) for row in rows(reader, t, span)] for t in TABLES},
    }


def write_parquet(path: Path, reader: SessionReader, table: Table, span: Span = EVERYTHING) -> int:
    """One table as Parquet. Returns the number of rows. Raises ``UsageError`` where pyarrow is not installed."""
    try:
        arrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed", f"{installing('parquet')}, or export CSV"
        ) from error
    all_rows = list(rows(reader, table, span))
    names = columns(reader, table)
    values = zip(*all_rows, strict=True) if all_rows else ([] for _ in names)
    made = arrow.table(dict(zip(names, map(list, values), strict=True)))
    parquet.write_table(made, path)
    return len(all_rows)


def soccernet(
    reader: SessionReader,
    clock: MatchClock,
    label: str = "Goal",
    game: str = "",
    ranked: bool = False,
    span: Span = EVERYTHING,
    spotted: bool = False,
) -> dict[str, Any]:
    """SoccerNet's predictions document (``results_spotting.json``) with a prediction at each spike's peak, of the class
    ``label``, or for each spotted event, of its own.

    ``confidence`` is the spike's highest index, or the event's own, or, ``ranked``, its rank among them in (0, 1]: the
    evaluation has 200 equal thresholds, and scores far below 1 would fall between them. What lies before the first half
    is left out. ``halves``, which its readers pass over, says what the times are counted from: where nobody said when
    the first one began, it is ``assumed`` that it did with the sound.
    """
    moments = (
        [(event.t, event.confidence, event.label) for event in reader.spotted() if span.holds(event.t)]
        if spotted
        else [(spike.peak, spike.peak_pressure, label) for spike in reader.spikes() if span.holds(spike.onset)]
    )
    spots = []
    for rank, (t, confidence, what) in enumerate(sorted(moments, key=lambda moment: moment[1]), start=1):
        half, at_s = clock.played_s(t)
        if at_s >= 0:
            spots.append((t, Spot(half, int(at_s * 1000), what, rank / len(moments) if ranked else confidence)))
    spots.sort(key=lambda spot: spot[0])
    first_s, second_s = clock.kick_off_s.get(1), clock.kick_off_s.get(2)
    halves = {"first_s": first_s or 0.0, "second_s": second_s, "assumed": first_s is None}
    return {**predictions(game, [spot for _, spot in spots]), "halves": halves}


@dataclass(frozen=True, slots=True)
class Labels:
    """What the reviews teach: stretches [onset, end) that were danger, and such that only sounded like it."""

    positives: list[dict[str, Any]] = field(default_factory=list)
    hard_negatives: list[dict[str, Any]] = field(default_factory=list)


def labels(reader: SessionReader, candidate_s: float = 10.0) -> Labels:
    """Reviews as training labels.

    A spike reviewed ``right`` is a positive, ``wrong`` a hard negative; with a rejected candidate it is the other
    way round, since there the verdict is on the rejection. A candidate has no end, so ``candidate_s`` counts. Any other
    verdict, such as one that takes an earlier one back, teaches nothing.
    """
    ends = {("spike", s.onset): s.end for s in reader.spikes()}
    taught = Labels()
    for review in reader.reviews():
        if review.verdict not in ("right", "wrong"):
            continue
        danger = (review.verdict == "right") == (review.kind == "spike")
        end = ends.get((review.kind, review.onset), review.onset + candidate_s)
        row = {"onset": review.onset, "end": end, "what": review.what, "note": review.note, "from": review.kind}
        (taught.positives if danger else taught.hard_negatives).append(row)
    return taught


def _confirmed(spike: Spike, said: Sequence[WordsEvent]) -> tuple[str | None, float | None]:
    event = confirming(spike, said)
    return (None, None) if event is None else (event.kind, event.probability)


def _reading_rows(reader: SessionReader, span: Span, tagged: bool, fused: bool) -> Iterator[tuple[Any, ...]]:
    started_at = reader.info.started_at
    for values in reader.reading_rows(span.from_s, span.to_s):
        t, pressure, level_db, peak_db, health, compute_ms, elapsed_s, heard, together = values
        try:
            at = (started_at + timedelta(seconds=elapsed_s)).isoformat(timespec="milliseconds")
            state = HEALTH_CODES[health]
        except (IndexError, TypeError, OverflowError) as error:
            raise InputError(
                f"a reading of session {reader.name} makes no sense", "'momentum sessions repair' saves what is whole"
            ) from error
        row = to_json(Reading(t, pressure, level_db, peak_db, state, compute_ms, heard_of(heard), fused=together))
        known = row["t"], at, row["pressure"], row["level_db"], row["peak_db"], state.value, row["compute_ms"]
        yield (*known, *([row.get("heard")] if tagged else []), *([row.get("fused")] if fused else []))


def _all_events(folder: Path) -> Iterator[Event]:
    """From a reader of its own, so that the caller's place in the session stays where it is."""
    with SessionReader.open(folder) as reader:
        while portion := reader.poll(limit=_PORTION):
            yield from portion


def _time_of(event: Event, span: Span) -> float:
    if isinstance(event, Start | End):
        return span.from_s
    return event.onset if isinstance(event, Alarm | Spike | Rejected) else event.t
