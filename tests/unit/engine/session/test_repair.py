"""What repair saves of a damaged session, and that its account is exact."""

import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.core.signals import End, Mark, Spike
from engine.session import Review, SessionReader
from engine.session.repair import repair
from engine.session.schema import PAGE_BYTES
from engine.session.state import SessionState
from tests.unit.engine.session.helpers import FakeTime, damaged, listen, recorder

SPIKE = Spike(10.0, 12.0, 15.0, 0.9, 11.0)
MARK = Mark(20.0, "goal", "ü" * 5000)


def recorded(root: Path, time: FakeTime) -> tuple[Path, list[tuple]]:
    writer = recorder(root, time, keep_sound=True)
    listen(writer, time, 90.0, live=False)
    writer.write(SPIKE)
    listen(writer, time, 40.0, from_s=90.0, live=False)
    writer.write(MARK)
    writer.write(End(130.0, "end_of_file"))
    writer.close()
    with SessionReader.open(writer.folder) as reader:
        reader.label_spike(Review("spike", 10.0, "right", "goal"))
    return writer.folder, all_rows(writer.folder)


def all_rows(folder: Path) -> list[tuple]:
    with SessionReader.open(folder) as reader:
        return [*zip(*(column.tolist() for column in reader.readings()), strict=True)]


@pytest.fixture
def session(root, time):
    return recorded(root, time)


@pytest.fixture
def session_folder(session):
    return session[0]


def mend(folder: Path):
    return repair(folder, FakeTime().clocks, pid=os.getpid())


def test_a_whole_session_is_left_as_it_is(session):
    folder, _ = session
    before = (folder / "session.db").read_bytes()
    account = mend(folder)
    assert (account.kept_in, account.lost_readings, account.readings) == (None, 0, 1300)
    assert (folder / "session.db").read_bytes() == before
    assert not (folder / "damaged").exists()


def test_a_destroyed_first_page_costs_no_row_at_all(session):
    folder, before = session
    with (folder / "session.db").open("r+b") as file:
        file.write(os.urandom(PAGE_BYTES))
    account = mend(folder)
    assert (account.readings, account.lost_readings, account.gaps) == (1300, 0, [])
    assert account.events == {"end": 1, "mark": 1, "spike": 1, "start": 1}
    assert all_rows(folder) == before
    with SessionReader.open(folder) as reader:
        assert reader.marks() == [MARK]
        assert reader.reviews() == [Review("spike", 10.0, "right", "goal")]
        assert reader.info.started_at.isoformat() == "2026-11-20T15:00:00+00:00"


def test_the_account_of_a_truncated_store_is_exact(session):
    folder, before = session
    whole = (folder / "session.db").stat().st_size
    os.truncate(folder / "session.db", whole // 2)
    account = mend(folder)
    after = all_rows(folder)
    assert set(after) < set(before)
    assert account.readings == len(after)
    assert account.lost_readings == _holes(after)
    assert (account.kept_in / "session.db").stat().st_size == whole // 2


def test_a_page_in_the_middle_costs_its_own_rows_and_names_the_gap(session):
    folder, before = session
    with (folder / "session.db").open("r+b") as file:
        file.seek(_page_of_readings(folder) * PAGE_BYTES)
        file.write(b"\0" * PAGE_BYTES)
    account = mend(folder)
    after = all_rows(folder)
    assert 0 < account.lost_readings == 1300 - len(after) < 50
    assert len(account.gaps) == 1
    from_s, to_s = account.gaps[0]
    assert [row for row in before if not from_s < row[0] < to_s] == after


def test_a_lost_log_costs_what_was_only_there(root, time):
    writer = recorder(root, time)
    listen(writer, time, 30.0)
    sqlite3.connect(writer.folder / "session.db").execute("PRAGMA wal_checkpoint(TRUNCATE)")
    listen(writer, time, 30.0, from_s=30.0)
    copy = root / "20270101T000000Z-abcdef"
    copy.mkdir()
    (copy / "session.db").write_bytes((writer.folder / "session.db").read_bytes())
    assert mend(copy).readings == pytest.approx(300, abs=1)


def test_the_log_of_a_killed_recorder_is_read_even_where_the_store_itself_is_gone(root, time):
    writer = recorder(root, time)
    listen(writer, time, 30.0)
    copy = root / "20270101T000000Z-abcdef"
    copy.mkdir()
    (copy / "session.db").write_bytes(b"")
    (copy / "session.db-wal").write_bytes((writer.folder / "session.db-wal").read_bytes())
    account = mend(copy)
    assert (account.readings, account.lost_readings) == (300, 0)


def test_of_a_session_whose_database_is_gone_the_sound_is_saved_and_nothing_is_claimed_of_the_readings(session):
    folder, _ = session
    kept = len(list((folder / "sound").glob("*.flac")))
    (folder / "session.db").unlink()
    account = mend(folder)
    assert (account.readings, account.lost_readings) == (0, None)
    with SessionReader.open(folder) as reader:
        assert len(reader.segments()) == kept > 0
        assert reader.info.state is SessionState.CUT_OFF


def test_a_session_of_which_nothing_is_left_is_not_made_up_again(root, time):
    writer = recorder(root, time)
    writer.close()
    (writer.folder / "session.db").unlink()
    with pytest.raises(InputError, match="nothing is left of session") as caught:
        mend(writer.folder)
    assert "sessions delete" in caught.value.hint
    assert list(writer.folder.iterdir()) == []


def test_a_segment_that_does_not_play_is_set_aside_and_named(session):
    folder, _ = session
    segment = sorted((folder / "sound").glob("*.flac"))[1]
    content = bytearray(segment.read_bytes())
    content[len(content) // 2 :] = os.urandom(len(content) // 3)
    segment.write_bytes(content)
    assert mend(folder).broken_segments == [segment.name]
    assert not segment.exists()
    assert len(list((folder / "damaged").rglob("*.flac"))) == 1


def test_a_session_that_is_being_recorded_is_left_alone(root, time):
    writer = recorder(root, time)
    with pytest.raises(InputError, match="is being recorded"):
        mend(writer.folder)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_the_damage_the_result_opens_and_its_readings_are_in_order(session_folder, data):
    folder = session_folder
    path = folder / "session.db"
    whole = path.read_bytes()
    path.write_bytes(damaged(whole, data, most=4, longest=300)[: data.draw(st.integers(1, len(whole)))])
    try:
        account = mend(folder)
        rows = all_rows(folder)
        assert account.readings == len(rows)
        times = np.array([row[0] for row in rows])
        assert (np.diff(times) > 0).all()
    finally:
        for left_over in folder.glob("session.db*"):
            left_over.unlink()
        path.write_bytes(whole)


def _holes(rows: list[tuple]) -> int:
    return round(rows[-1][0] / 0.1) - len(rows) if rows else 0


def _page_of_readings(folder: Path) -> int:
    """Index of a page from the middle of the readings, found by its first bytes: a leaf with many small rows."""
    data = (folder / "session.db").read_bytes()
    starts = range(0, len(data), PAGE_BYTES)
    pages = [n for n, at in enumerate(starts) if data[at] == 13 and data[at + 4] > 10]
    return pages[len(pages) // 2]
