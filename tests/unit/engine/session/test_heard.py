"""What was heard, kept with a session: as it was told, in sessions from before too, and through every rescue."""

import csv
import io
import json
import sqlite3
from collections import deque
from pathlib import Path

import pytest

from engine.core.errors import InputError
from engine.core.signals import Alarm, End, Health, Reading, Spike, to_json
from engine.session import Review, SessionReader
from engine.session.event_rows import heard_of, reading_row
from engine.session.export import document, json_lines, labels, rows, write_csv
from engine.session.repair import repair
from engine.session.schema import MIGRATIONS, SCHEMA
from engine.session.spill import Spill, take_back
from tests.unit.engine.session.helpers import FakeTime, reading, recorder, start

HEARD = {"chant": 0.81234567, "speech": 0.22, "cheer": 0.0}
EVENTS = [
    Reading(0.1, None, -23.0, -9.0, Health.WARMING_UP, 1.5),
    Reading(1.0, 0.4, -23.0, -9.0, Health.LISTENING, 1.5, HEARD, HEARD),
    Reading(1.1, 0.8, -23.0, -9.0, Health.LISTENING, 1.5, None, {"chant": 1.0}),
    Alarm(1.0, 1.5, 0.8, "chant", 0.77),
    Reading(2.0, 0.9, -23.0, -9.0, Health.LISTENING, 1.5, {**HEARD, "chant": 1.0}),
    Spike(1.0, 2.0, 3.0, 0.9, 1.5, "chant", 0.77),
    End(5.0, "end_of_file"),
]


@pytest.fixture
def session(root: Path, time: FakeTime) -> Path:
    writer = recorder(root, time)
    for event in EVENTS:
        writer.write(event)
    writer.close()
    return writer.folder


@pytest.fixture
def old_session(root: Path, time: FakeTime) -> Path:
    """A session as a program from before there were tags left it."""
    writer = recorder(root, time)
    for event in (reading(1.0), reading(2.0), Spike(1.0, 2.0, 3.0, 0.9, 1.5), End(2.0, "end_of_file")):
        writer.write(event)
    writer.close()
    database = sqlite3.connect(writer.folder / "session.db", isolation_level=None)
    database.executescript("ALTER TABLE readings DROP COLUMN heard; DROP VIEW spikes;")
    view = "CREATE VIEW spikes " + MIGRATIONS[0].partition("CREATE VIEW spikes ")[2].partition(";")[0]
    database.executescript(f"{view}; PRAGMA user_version=1; VACUUM;")
    database.close()
    return writer.folder


def test_a_session_says_what_was_heard_as_it_was_told(session: Path):
    with SessionReader.open(session) as reader:
        assert [json.loads(line) for line in json_lines(reader)] == [to_json(e) for e in (start(session.name), *EVENTS)]
        assert reader.tells_tags
        assert [t for t, _ in reader.heard()] == [1.0, 2.0]
        assert reader.heard(1.5, 9.0) == [(2.0, {"chant": 1.0, "speech": 0.22, "cheer": 0.0})]
        (spike,) = reader.spikes()
        assert (spike.what, spike.what_probability) == ("chant", 0.77)


def test_lines_without_tags_do_not_mention_them():
    plain = [reading(1.0), Alarm(1.0, 1.5, 0.8), Spike(1.0, 2.0, 3.0, 0.9, 1.5)]
    assert [set(to_json(event)) & {"heard", "tags", "what", "what_probability"} for event in plain] == [set()] * 3


def test_a_session_from_before_there_were_tags_is_read_and_not_touched(old_session: Path):
    before = (old_session / "session.db").read_bytes()
    with SessionReader.open(old_session) as reader:
        assert len(reader.poll()) == 5
        assert not reader.tells_tags and reader.heard() == []
        assert reader.spikes() == [Spike(1.0, 2.0, 3.0, 0.9, 1.5)]
        assert len(list(rows(reader, "readings"))) == 2
    assert (old_session / "session.db").read_bytes() == before


def test_a_review_brings_an_older_session_up_and_loses_nothing(old_session: Path):
    with SessionReader.open(old_session) as reader:
        events = reader.poll()
        reader.label_spike(Review("spike", 1.0, "right"))
        assert reader.reviews() == [Review("spike", 1.0, "right")]
    with SessionReader.open(old_session) as reader:
        assert reader.poll() == events
    database = sqlite3.connect(old_session / "session.db")
    assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
    assert database.execute("SELECT onset, what FROM spikes").fetchall() == [(1.0, None)]
    database.close()


@pytest.mark.parametrize("which", ["session", "old_session"])
def test_a_repair_keeps_what_was_heard(which: str, request: pytest.FixtureRequest, time: FakeTime):
    folder = request.getfixturevalue(which)
    with SessionReader.open(folder) as reader:
        before = reader.poll()
    data = bytearray((folder / "session.db").read_bytes())
    data[:100] = bytes(100)
    (folder / "session.db").write_bytes(data)
    assert repair(folder, time.clocks, 1).lost_readings == 0
    with SessionReader.open(folder) as reader:
        assert reader.poll() == before


def test_tags_that_are_garbled_cost_a_repair_nothing_but_themselves(session: Path, time: FakeTime):
    database = sqlite3.connect(session / "session.db")
    database.execute("UPDATE readings SET heard = '{\"chant\": 7}' WHERE t = 1.0")
    database.commit()
    database.close()
    with SessionReader.open(session) as reader, pytest.raises(InputError, match="tags"):
        reader.poll()
    repair(session, time.clocks, 1)
    with SessionReader.open(session) as reader:
        assert [t for t, _ in reader.heard()] == [2.0] and reader.info.readings == 4


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "7", '{"a": true}', '{"a": NaN}', '{"a": -1}', '{"\\u001b[1m": 0.5}', 5]
)
def test_tags_that_make_no_sense_are_refused(text: object):
    with pytest.raises(InputError, match="tags"):
        heard_of(text)


def test_what_was_heard_comes_back_from_a_spill_and_a_spill_from_before_does_too(session: Path, tmp_path: Path):
    spill = Spill(session.name, [tmp_path / "spill"])
    new = Reading(6.0, 0.5, -23.0, -9.0, Health.LISTENING, 1.5, {"boo": 0.5})
    spill.keep(deque([reading_row(5, new, 9.0)]), [])
    (file,) = spill.files
    old = json.dumps(["reading", *reading_row(6, reading(7.0), 9.1)[:8]])
    file.write_text(file.read_text() + old + "\n")
    assert take_back(session, [tmp_path / "spill"]) == 2
    with SessionReader.open(session) as reader:
        assert reader.heard(5.0) == [(6.0, {"boo": 0.5})]
        assert reader.info.readings == 6


def test_csv_has_what_was_heard_in_new_columns_at_the_end(session: Path, old_session: Path):
    tables = {}
    for folder in (session, old_session):
        with SessionReader.open(folder) as reader:
            for table in ("readings", "spikes"):
                out = io.StringIO()
                write_csv(out, reader, table)  # type: ignore[arg-type]
                tables[folder, table] = list(csv.reader(io.StringIO(out.getvalue())))
    assert tables[session, "readings"][0] == [*tables[old_session, "readings"][0], "heard"]
    assert json.loads(tables[session, "readings"][2][-1]) == {"chant": 0.8123, "speech": 0.22, "cheer": 0.0}
    assert tables[session, "readings"][3][-1] == ""
    assert tables[session, "spikes"][0] == [*tables[old_session, "spikes"][0], "cause", "cause_probability"]
    assert tables[session, "spikes"][1][-2:] == ["chant", "0.77"]


def test_the_document_holds_what_was_heard_as_objects(session: Path):
    with SessionReader.open(session) as reader:
        whole = document(reader)
        assert labels(reader).positives == []
    assert [row["heard"] for row in whole["readings"]][1]["chant"] == 0.8123
    assert whole["spikes"][0]["cause"] == "chant" and whole["spikes"][0]["what"] == ""
