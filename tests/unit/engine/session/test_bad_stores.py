"""Broken, foreign and hostile stores: a clear error, and nothing touched."""

import json
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError, MomentumError, UsageError
from engine.session import SessionReader, find_session, list_sessions
from engine.session.event_rows import event_of
from engine.session.folder import running_sessions
from engine.session.schema import SCHEMA, migrate, open_to_write
from engine.session.session_journal import ORDER
from tests.unit.engine.session.helpers import FakeTime, damaged, listen, recorder


@pytest.fixture
def session(root, time) -> Path:
    writer = recorder(root, time)
    listen(writer, time, 60.0, live=False)
    writer.close()
    return writer.folder


def test_a_truncated_database_asks_for_repair(session):
    os.truncate(session / "session.db", 9000)
    with pytest.raises(InputError, match="can't be read") as caught, SessionReader.open(session) as reader:
        reader.readings()
    assert caught.value.hint == f"'momentum sessions repair {session.name}' saves what is left of it"


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 8192, b"SQLite format 3\0" + b"\xff" * 500])
def test_a_file_that_is_no_database_asks_for_repair(session, content):
    (session / "session.db").write_bytes(content)
    with pytest.raises(InputError, match="can't be read"):
        SessionReader.open(session)
    assert (session / "session.db").read_bytes() == content


def test_a_newer_schema_is_left_alone(session):
    database = sqlite3.connect(session / "session.db")
    database.execute(f"PRAGMA user_version={SCHEMA + 1}")
    database.close()
    before = (session / "session.db").read_bytes()
    for use in (SessionReader.open, open_to_write):
        with pytest.raises(InputError, match=f"schema {SCHEMA + 1}, this program knows {SCHEMA}"):
            use(session)
    assert (session / "session.db").read_bytes() == before


def test_an_older_schema_is_brought_up_step_by_step(tmp_path):
    database = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    steps = ("CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y DEFAULT 3")
    migrate(database, steps[:1])
    database.execute("INSERT INTO a VALUES (1)")
    migrate(database, steps)
    assert database.execute("SELECT x, y FROM a").fetchall() == [(1, 3)]
    with pytest.raises(InputError, match="schema 2, this program knows 1"):
        migrate(database, steps[:1])


def test_a_step_that_fails_leaves_the_older_schema_whole(tmp_path):
    database = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    with pytest.raises(sqlite3.Error):
        migrate(database, ("CREATE TABLE a (x)", "CREATE TABLE b (y); CREATE TABLE a (x)"))
    database.close()
    tables = sqlite3.connect(tmp_path / "x.db").execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("a",)]


def test_a_finished_session_can_be_read_where_nothing_can_be_written(session, monkeypatch):
    # Root may write anywhere, so the refusal is brought about by what causes it: no place for shared memory.
    (session / "session.db-shm").mkdir()
    monkeypatch.setattr("engine.session.schema._writable", lambda folder: False)
    with SessionReader.open(session) as reader:
        assert len(reader.readings().t) == 600


@pytest.mark.parametrize(
    "name", ["../etc", "..", "a/b", "/etc", "x\x1b[31m", "a\nb", "", ".hidden", "-x", "a" * 65, "ä"]
)
def test_what_cannot_be_a_name_is_refused_without_a_look_at_the_disk(root, session, name):
    with pytest.raises(UsageError, match="is not the name of a session"):
        find_session(root, name)


def test_a_session_is_found_by_the_start_of_its_name_where_that_is_clear(root, session, time):
    assert find_session(root, session.name[:12]) == session
    assert find_session(root, "latest") == session
    recorder(root, time).close()
    with pytest.raises(UsageError, match="2 sessions begin with"):
        find_session(root, session.name[:12])
    with pytest.raises(InputError, match="there is no session"):
        find_session(root, "20990101")


def test_a_session_started_a_year_ahead_by_a_wrong_clock_is_not_the_latest_for_ever(root):
    ahead = recorder(root, FakeTime(wall_off_s=366 * 86400.0))
    ahead.close()
    assert find_session(root, "latest") == ahead.folder
    right = recorder(root, FakeTime())
    assert find_session(root, "latest") == right.folder
    right.close()
    assert find_session(root, "latest") == right.folder
    assert list_sessions(root) == [right.folder, ahead.folder]


def test_latest_is_one_that_runs_and_else_the_one_that_ended_last(root):
    long, short = recorder(root, FakeTime()), recorder(root, FakeTime(wall_off_s=60.0))
    short.close()
    assert find_session(root, "latest") == long.folder
    again = recorder(root, FakeTime(wall_off_s=120.0))
    again.close()
    long.close()
    assert find_session(root, "latest") == long.folder


def test_sessions_from_before_their_order_was_written_down_come_after_the_others_by_name(root):
    old = [recorder(root, FakeTime(wall_off_s=s)) for s in (500.0, 900.0)]
    for writer in old:
        writer.close()
    (root / ORDER).unlink()
    new = recorder(root, FakeTime())
    new.close()
    assert list_sessions(root) == [new.folder, old[1].folder, old[0].folder]
    (root / ORDER).write_bytes(b"\xff\n\n" + (root / ORDER).read_bytes() + b"\n2026112")
    assert find_session(root, "latest") == new.folder


def test_the_order_of_sessions_is_its_owners_alone(root):
    recorder(root, FakeTime()).close()
    assert (root / ORDER).stat().st_mode & 0o077 == 0


def test_a_session_whose_database_is_gone_is_listed_and_says_what_to_do(root, session, time):
    recorder(root, FakeTime(wall_off_s=-60.0)).close()
    (session / "session.db").unlink()
    assert session in list_sessions(root)
    assert find_session(root, "latest") != session
    with pytest.raises(InputError, match="is damaged: its database") as caught:
        SessionReader.open(session)
    assert f"momentum sessions repair {session.name}" in caught.value.hint


def test_a_folder_that_is_no_session_is_not_listed(root, session):
    (root / "notes").mkdir()
    assert list_sessions(root) == [session]


def test_a_link_is_no_session(root, session, tmp_path):
    (root / "20270101T000000Z-aaaaaa").symlink_to(session)
    assert list_sessions(root) == [session]


def test_a_lock_file_of_a_dead_process_means_nothing(root, session):
    (session / "recorder.lock").write_text('{"pid": 1}')
    assert running_sessions(root) == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_gives_data_or_a_clear_error(session, data):
    path = session / "session.db"
    whole = path.read_bytes()
    path.write_bytes(damaged(whole, data, most=6, longest=64))
    try:
        with SessionReader.open(session) as reader:
            reader.poll()
            reader.readings(10.0, 20.0)
            reader.spikes()
            assert reader.info.name == session.name
    except MomentumError as error:
        assert error.hint
    finally:
        for left_over in session.glob("session.db-*"):
            left_over.unlink()
        path.write_bytes(whole)


@given(
    kind=st.one_of(
        st.text(max_size=9), st.sampled_from(["start", "alarm", "spike", "rejected", "mark", "health", "end"])
    ),
    body=st.one_of(
        st.text(),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.floats(), st.text(), st.integers()),
            lambda inner: st.dictionaries(st.sampled_from(["t", "label", "note", "onset", "health", "reason"]), inner),
        ).map(lambda value: json.dumps(value)),
    ),
)
def test_any_text_in_place_of_an_event_is_an_event_or_a_clear_error(kind, body):
    try:
        event_of(kind, body)
    except InputError as error:
        assert "can't be read" in error.message
