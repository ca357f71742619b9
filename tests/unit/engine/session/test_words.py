"""What a commentator said, kept with a session: in order, through every rescue, and in nobody's way."""

import csv
import io
import json
import shutil
import sqlite3
from collections import deque
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.signals import End, Hearing, Mark, Spike, Words, WordsEvent, WordsState, to_json
from engine.publish.messages import Numbered, message
from engine.publish.wanted_events import Choice, Wishes
from engine.session import SessionReader
from engine.session.event_rows import event_body, reading_row
from engine.session.export import columns, document, json_lines, rows, write_csv
from engine.session.follow_rows import Position
from engine.session.repair import repair
from engine.session.schema import SCHEMA
from engine.session.spill import Spill, take_back
from engine.session.summary import all_of
from tests.unit.engine.session.helpers import STARTED_AT, FakeTime, reading, recorder, start

SAID = Words(1.5, 0.5, 1.5, 'and "there" it is, 2:0', "en")
GOAL = WordsEvent(2.0, 1.25, 0.75, "goal", 0.83, "there, it")
EVENTS = [
    WordsState(0.1, Hearing.STARTING, 0.0, "match.srt"),
    reading(1.0),
    Mark(1.0, "goal"),
    SAID,
    replace(reading(2.0), fused=0.4375),
    WordsState(2.0, Hearing.LATE, 12.25),
    Spike(1.0, 1.5, 2.0, 0.75, 2.0),
    GOAL,
    End(2.0, "end_of_file"),
]


@pytest.fixture
def session(root: Path, time: FakeTime) -> Path:
    return recorded(root, time, EVENTS)


def recorded(root: Path, time: FakeTime, events: list) -> Path:
    writer = recorder(root, time)
    for event in events:
        writer.write(event)
        writer.flush()
        time.pass_s(0.1)
    writer.close()
    return writer.folder


def test_a_session_tells_words_in_the_order_in_which_they_came(session: Path):
    lines = [to_json(event) for event in (start(session.name), *EVENTS)]
    with SessionReader.open(session) as reader:
        assert sorted(map(json.dumps, map(json.loads, json_lines(reader)))) == sorted(map(json.dumps, lines))
        kinds = [type(event).__name__ for event in reader.poll(limit=1)]
        while portion := reader.poll(limit=1):
            kinds += [type(event).__name__ for event in portion]
        assert kinds.index("Words") < [n for n, kind in enumerate(kinds) if kind == "Reading"][1]
        assert reader.words() == [EVENTS[0], SAID, EVENTS[5]] and reader.said() == [GOAL]
        assert json.loads(json.dumps(to_json(SAID))) == {
            "type": "words", "t": 1.5, "start": 0.5, "end": 1.5, "text": 'and "there" it is, 2:0', "language": "en",
        }  # fmt: skip


def test_a_program_from_before_there_were_words_reads_all_the_rest(session: Path):
    """It knows schema 2 and looks for no other table."""
    database = sqlite3.connect(session / "session.db")
    assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA,) == (2,)
    kinds = {kind for (kind,) in database.execute("SELECT DISTINCT type FROM events")}
    database.close()
    assert kinds == {"start", "mark", "spike", "end"}
    with SessionReader.open(session) as reader:
        assert [type(event).__name__ for event in reader.events()] == ["Start", "Mark", "Spike", "End"]


def test_a_session_from_before_there_were_words_is_read_marked_and_repaired(session: Path, time: FakeTime):
    database = sqlite3.connect(session / "session.db", isolation_level=None)
    database.executescript("DROP TABLE words; DROP TABLE said; ALTER TABLE readings DROP COLUMN fused")
    database.close()
    with SessionReader.open(session) as reader:
        assert len(reader.poll()) == 6 and reader.of_commentary() == [] and list(rows(reader, "words")) == []
        assert [len(row) for row in rows(reader, "readings")] == [7, 7] and list(rows(reader, "said")) == []
        reader.add_mark(Mark(1.7, "corner"))
        assert [mark.label for mark in reader.marks()] == ["goal", "corner"]
    assert repair(session, time.clocks, 1).lost_readings == 0


def test_a_follower_sees_words_as_they_come_and_begins_after_those_that_were(root: Path, time: FakeTime):
    writer = recorder(root, time)
    writer.write(SAID)
    with SessionReader.open(writer.folder) as reader:
        reader.skip_to_end()
        assert reader.poll() == []
        later = [Words(4.0, 3.0, 4.0, "another"), GOAL]
        for event in later:
            writer.write(event)
        assert reader.poll() == later and reader.poll() == []
    writer.close()


def test_a_repair_keeps_what_was_said(session: Path, time: FakeTime):
    data = bytearray((session / "session.db").read_bytes())
    data[:100] = bytes(100)
    (session / "session.db").write_bytes(data)
    done = repair(session, time.clocks, 1)
    assert (done.lost_readings, done.events["words"], done.events["words_state"]) == (0, 1, 2)
    with SessionReader.open(session) as reader:
        assert reader.words() == [EVENTS[0], SAID, EVENTS[5]] and reader.said() == [GOAL]
        assert [row[-1] for row in rows(reader, "readings")] == [None, 0.4375]


def test_words_come_back_from_a_spill_once_however_often_it_is_taken_back(session: Path, tmp_path: Path):
    late = [(2, *event_body(event)) for event in (Words(3.0, 2.0, 3.0, "late words"), replace(GOAL, kind="corner"))]
    spill = Spill(session.name, [tmp_path / "spill"])
    spill.keep(
        deque([reading_row(3, replace(reading(3.0), fused=0.5), 9.0)]),
        [(after, kind, 9.0, body) for after, kind, body in late],
    )
    (file,) = spill.files
    kept = tmp_path / "kept"
    shutil.copy(file, kept)
    take_back(session, [tmp_path / "spill"])
    shutil.copy(kept, file)
    take_back(session, [tmp_path / "spill"])
    with SessionReader.open(session) as reader:
        assert [event.text for event in reader.words() if isinstance(event, Words)] == [SAID.text, "late words"]
        assert [event.kind for event in reader.said()] == ["goal", "corner"]
        assert [row[-1] for row in rows(reader, "readings")] == [None, 0.4375, 0.5]


def test_a_spill_finds_its_place_in_a_session_from_before_there_were_words(session: Path, tmp_path: Path):
    database = sqlite3.connect(session / "session.db", isolation_level=None)
    database.executescript("DROP TABLE words; DROP TABLE said; ALTER TABLE readings DROP COLUMN fused")
    database.close()
    spill = Spill(session.name, [tmp_path / "spill"])
    kind, body = event_body(GOAL)
    spill.keep(deque([reading_row(3, replace(reading(3.0), fused=0.5), 9.0)]), [(2, kind, 9.0, body)])
    assert take_back(session, [tmp_path / "spill"]) == 1
    with SessionReader.open(session) as reader:
        assert reader.said() == [GOAL] and [row[-1] for row in reader.reading_rows()] == [None, None, 0.5]


def test_words_are_a_table_to_export(session: Path):
    out = io.StringIO()
    with SessionReader.open(session) as reader:
        assert write_csv(out, reader, "words") == 1
        made = document(reader)
        assert made["words"][0]["text"] == SAID.text
    assert list(csv.reader(io.StringIO(out.getvalue()))) == [
        ["t", "start", "end", "text", "language"], ["1.5", "0.5", "1.5", SAID.text, "en"],
    ]  # fmt: skip


def test_what_a_commentator_says_never_leaves_the_machine(session: Path):
    assert not any(Choice(Wishes()).wants(event) for event in (SAID, GOAL, EVENTS[0]))
    assert all(message(Numbered(event, 1, STARTED_AT), "venue", "s") is None for event in (SAID, GOAL))
    with SessionReader.open(session) as reader:
        published = reader.rows_after(Position()).new(1000)
    assert [type(row.event).__name__ for row in published] == ["Start", "Reading", "Mark", "Reading", "Spike", "End"]
    assert [row.number for row in published if type(row.event).__name__ != "Reading"] == [1, 2, 3, 4]


def test_a_spike_that_words_confirm_says_so_wherever_spikes_are_listed(session: Path):
    with SessionReader.open(session) as reader:
        made, out = document(reader), io.StringIO()
        write_csv(out, reader, "spikes")
    (spike,) = made["spikes"]
    assert (spike["said"], spike["said_probability"]) == ("goal", 0.83)
    assert out.getvalue().splitlines()[1].endswith(",goal,0.83")
    assert all_of(session, [])["spikes"][0]["said"] == to_json(GOAL)
    assert made["said"] == [
        {"t": 2.0, "at": 1.25, "said": 0.75, "kind": "goal", "probability": 0.83, "words": "there, it"}
    ]


def test_what_crowd_and_words_say_together_is_a_field_of_its_own(session: Path):
    with SessionReader.open(session) as reader:
        lines = [json.loads(line) for line in json_lines(reader)]
        table = [dict(zip(columns(reader, "readings"), row, strict=True)) for row in rows(reader, "readings")]
    readings = [line for line in lines if line["type"] == "reading"]
    assert [(line["pressure"], line.get("fused")) for line in readings] == [(0.25, None), (0.25, 0.4375)]
    assert "fused" not in readings[0] and [row["fused"] for row in table] == [None, 0.4375]
