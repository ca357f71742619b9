"""What the recorder promises about the disk."""

import sqlite3
import stat
import threading

import pytest

from engine.core.errors import MomentumError
from engine.core.signals import End, Health, Mark
from engine.session import SessionReader, SessionWriter
from engine.session.file_lock import holder_of
from engine.session.schema import HEALTH_CODES
from tests.unit.engine.session.helpers import STARTED_AT, listen, reading, recorder


def on_disk(writer: SessionWriter) -> int:
    with SessionReader.open(writer.folder) as reader:
        return reader.info.readings


def test_a_session_is_named_by_its_start_and_is_its_owners_alone(tmp_path, time):
    root = tmp_path / "data" / "sessions"
    writer = recorder(root, time, keep_sound=True)
    listen(writer, time, 2.0)
    writer.close()
    assert writer.name.startswith("20261120T150000Z-")
    paths = [root.parent, root, writer.folder, *writer.folder.rglob("*")]
    assert len(paths) > 4
    assert [p for p in paths if stat.S_IMODE(p.stat().st_mode) & 0o077] == []


def test_live_every_reading_is_on_disk_at_once(root, time):
    writer = recorder(root, time)
    for number in range(20):
        time.pass_s(0.093)
        writer.write(reading(number * 0.093))
        assert on_disk(writer) == number + 1


def test_however_fast_the_sound_comes_never_more_than_half_a_second_of_it_waits(root, time):
    writer = recorder(root, time)
    for number in range(1, 100):
        writer.write(reading(number / 10))
        assert number - on_disk(writer) <= 5


def test_readings_that_wait_are_written_when_only_heartbeats_come(root, time):
    writer = recorder(root, time)
    writer.write(reading(0.1))
    assert on_disk(writer) == 0
    time.pass_s(0.25)
    writer.flush()
    assert on_disk(writer) == 1


def test_an_alarm_does_not_wait(root, time):
    writer = recorder(root, time)
    writer.write(reading(0.1))
    writer.write(Mark(0.1, "goal"))
    with SessionReader.open(writer.folder) as reader:
        assert reader.poll()[1:] == [reading(0.1), Mark(0.1, "goal")]


def test_the_lock_says_who_records(root, time):
    writer = recorder(root, time)
    holder = holder_of(writer.folder / "recorder.lock")
    assert holder is not None
    assert (holder.source, holder.session, holder.since_at) == ("demo:7", writer.name, "2026-11-20T15:00:00Z")
    writer.close()
    assert holder_of(writer.folder / "recorder.lock") is None


@pytest.mark.parametrize("jump_s", [3600.0, -86400.0])
def test_a_jump_of_the_computers_clock_moves_no_time(root, time, jump_s):
    writer = recorder(root, time)
    listen(writer, time, 5.0)
    time.wall_off_s = jump_s
    listen(writer, time, 5.0, from_s=5.0)
    writer.close()
    rows = _rows(writer, "SELECT t, elapsed_s FROM readings")
    assert all(elapsed_s == pytest.approx(t - 0.05) for t, elapsed_s in rows)
    assert _rows(writer, "SELECT jump_s FROM clock") == [(pytest.approx(jump_s),)]
    assert [n for n in writer.take_notices() if "clock jumped" in n] != []
    with SessionReader.open(writer.folder) as reader:
        assert reader.info.started_at == STARTED_AT
        assert reader.info.clock_jumps == 1


def test_a_store_that_refuses_loses_nothing_and_says_so_once(root, time):
    writer = recorder(root, time)
    blocker = sqlite3.connect(writer.folder / "session.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    listen(writer, time, 8.0)
    assert writer.failing
    assert [n for n in writer.take_notices() if "nothing can be written" in n] != []
    assert writer.take_notices() == []
    blocker.execute("ROLLBACK")
    listen(writer, time, 2.0, from_s=8.0)
    assert not writer.failing
    assert ["nothing was lost" in n for n in writer.take_notices()] == [True]
    assert on_disk(writer) == 100


def test_what_does_not_fit_into_memory_is_counted_when_writing_is_possible_again(root, time, monkeypatch):
    monkeypatch.setattr("engine.session.unwritten_rows.WAITING_READINGS", 30)
    writer = recorder(root, time)
    listen(writer, time, 1.0)
    time.pass_s(1)
    writer.write(reading(1.1))
    blocker = sqlite3.connect(writer.folder / "session.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    listen(writer, time, 8.0, from_s=1.1)
    blocker.execute("ROLLBACK")
    listen(writer, time, 1.0, from_s=9.1)
    writer.close()
    count = on_disk(writer)
    assert [n for n in writer.take_notices() if f"{101 - count} readings did not fit" in n] != []


def test_a_recorder_that_ends_without_a_word_leaves_an_end(root, time):
    writer = recorder(root, time)
    listen(writer, time, 1.0)
    writer.close()
    with SessionReader.open(writer.folder) as reader:
        assert reader.info.end == End(pytest.approx(1.0), "fault", "the recorder ended without saying why")


def test_a_finished_session_is_one_plain_file(root, time):
    writer = recorder(root, time)
    writer.close()
    with SessionReader.open(writer.folder) as reader:
        reader.poll()
        assert [path.name for path in writer.folder.iterdir()] == ["session.db"]


def test_the_end_waits_for_whoever_holds_the_store(root, time):
    writer = recorder(root, time)
    blocker = sqlite3.connect(writer.folder / "session.db", isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    writer.write(reading(0.1))
    release = threading.Timer(0.2, lambda: blocker.execute("ROLLBACK"))
    release.start()
    writer.close()
    release.join()
    assert on_disk(writer) == 1


def test_no_session_where_no_folder_can_be_made(tmp_path, time):
    (tmp_path / "sessions").write_text("a file")
    with pytest.raises(MomentumError, match="no session can be kept") as caught:
        SessionWriter.create(tmp_path / "sessions", "demo:7", clocks=time.clocks)
    assert "Errno" not in caught.value.message, "a reason in words, without the system's number"


def test_every_state_of_the_listening_has_a_code():
    assert set(HEALTH_CODES) == set(Health)


def test_the_store_explains_itself_to_whoever_opens_it_by_hand(root, time):
    writer = recorder(root, time)
    writer.write(Mark(0.1, "goal", "header"))
    writer.close()
    assert _rows(writer, "SELECT t, label, note FROM marks") == [(0.1, "goal", "header")]


def _rows(writer: SessionWriter, statement: str) -> list[tuple]:
    database = sqlite3.connect(writer.folder / "session.db")
    try:
        return database.execute(statement).fetchall()
    finally:
        database.close()
