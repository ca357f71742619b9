"""Reading a session while it is written, and after."""

import subprocess
import sys

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.core.signals import Alarm, End, Health, Mark, Spike, Start
from engine.session import Review, SessionReader
from tests.unit.engine.session.helpers import EVENTS, listen, reading, recorder, start


def test_a_follower_sees_every_event_in_the_order_it_was_recorded(root, time):
    writer = recorder(root, time)
    *most, end = EVENTS
    sent = [*most, Mark(5.0, "goal", "Grüße"), end]
    with SessionReader.open(writer.folder) as follower:
        seen = follower.poll()
        for event in sent:
            writer.write(event)
            time.pass_s(0.1)
            seen += follower.poll()
        writer.close()
        seen += follower.poll()
    assert seen == [start(writer.name), *sent]


def test_a_late_reader_gets_the_same_order_in_small_portions(root, time):
    writer = recorder(root, time)
    sent = [start(writer.name)]
    for number in range(1, 40):
        sent.append(reading(number / 10))
        if number % 7 == 0:
            sent += [Alarm(number / 10, number / 10, 0.9), Mark(number / 10, "corner")]
    sent.append(End(3.9, "end_of_file"))
    for event in sent[1:]:
        writer.write(event)
    writer.close()
    with SessionReader.open(writer.folder) as late:
        seen = []
        while portion := late.poll(limit=4):
            seen += portion
    assert seen == sent


def test_polling_costs_no_query_of_the_tables_where_nothing_is_new(root, time):
    writer = recorder(root, time)
    listen(writer, time, 1.0)
    with SessionReader.open(writer.folder) as follower:
        assert follower.poll()
        statements = []
        follower._database.set_trace_callback(statements.append)
        assert follower.poll() == []
    assert statements == ["PRAGMA data_version"]


def test_a_follower_can_begin_with_what_comes_next(root, time):
    writer = recorder(root, time)
    listen(writer, time, 5.0)
    with SessionReader.open(writer.folder) as follower:
        follower.skip_to_end()
        assert follower.poll() == []
        time.pass_s(1)
        writer.write(reading(6.0))
        assert follower.poll() == [reading(6.0)]


@pytest.mark.parametrize(("from_s", "to_s"), [(0.0, float("inf")), (2.0, 3.0), (2.05, 2.96), (9.0, 99.0), (3.0, 2.0)])
def test_readings_come_as_arrays_between_two_times(root, time, from_s, to_s):
    writer = recorder(root, time)
    listen(writer, time, 5.0)
    writer.close()
    with SessionReader.open(writer.folder) as reader:
        everything, part = reader.readings(), reader.readings(from_s, to_s)
    wanted = (everything.t >= from_s) & (everything.t < to_s)
    assert len(everything.t) == 50
    for column, all_rows in zip(part, everything, strict=True):
        np.testing.assert_array_equal(column, all_rows[wanted])


def test_a_reading_without_a_number_is_nan_in_the_arrays(root, time):
    writer = recorder(root, time)
    writer.write(reading(0.1, None, Health.LOST))
    writer.close()
    with SessionReader.open(writer.folder) as reader:
        assert np.isnan(reader.readings().pressure).all()


def test_anybody_may_mark_a_running_session_and_all_see_it_once(root, time):
    writer = recorder(root, time)
    listen(writer, time, 1.0)
    time.pass_s(1)
    writer.write(reading(2.0))
    with SessionReader.open(writer.folder) as visitor, SessionReader.open(writer.folder) as other:
        other.poll()
        visitor.add_mark(Mark(1.0, "goal", "[red]\x1b[31m"))
        assert other.poll() == [Mark(1.0, "goal", "[red]\x1b[31m")]
        listen(writer, time, 1.0, from_s=2.0)
        assert len(other.poll()) == 10
        assert other.marks() == visitor.marks() == [Mark(1.0, "goal", "[red]\x1b[31m")]


def test_a_reader_beside_the_recorder_does_not_lose_it_its_locks(root, time):
    """Closing a file drops a process's locks on it; without them a visitor's last look would take the log away."""
    writer = recorder(root, time)
    listen(writer, time, 2.0)
    SessionReader.open(writer.folder).close()
    visit = f"""
from pathlib import Path
from engine.session.schema import open_to_write
open_to_write(Path({str(writer.folder)!r})).close()
"""
    subprocess.run([sys.executable, "-c", visit], check=True)
    assert (writer.folder / "session.db-wal").exists()
    listen(writer, time, 2.0, from_s=2.0)
    writer.close()
    with SessionReader.open(writer.folder) as reader:
        assert len(reader.readings().t) == 40


def test_a_follower_that_stops_looking_does_not_make_the_log_grow(root, time):
    writer = recorder(root, time)
    with SessionReader.open(writer.folder) as idle:
        idle.poll()
        listen(writer, time, 300.0, live=False)
        assert (writer.folder / "session.db-wal").stat().st_size < 3_000_000


def test_a_follower_that_is_stopped_in_the_middle_of_a_look_hurts_nobody(root, time):
    writer = recorder(root, time)
    with SessionReader.open(writer.folder) as stuck, SessionReader.open(writer.folder) as other:
        stuck._database.execute("BEGIN")
        stuck._database.execute("SELECT * FROM readings").fetchone()
        listen(writer, time, 60.0)
        assert len(other.poll()) == 601
        assert writer.take_notices() == []
        stuck._database.execute("COMMIT")
        assert len(stuck.poll()) == 601


def test_the_last_review_of_a_spike_counts(root, time):
    writer = recorder(root, time)
    writer.close()
    with SessionReader.open(writer.folder) as reader:
        reader.label_spike(Review("spike", 71.2, "right", "goal"))
        reader.label_spike(Review("rejected", 71.2, "wrong", "chant"))
        reader.label_spike(Review("spike", 71.2, "wrong", "music", "PA"))
        assert reader.reviews() == [
            Review("rejected", 71.2, "wrong", "chant"),
            Review("spike", 71.2, "wrong", "music", "PA"),
        ]


def test_running_means_that_the_recorder_lives_and_its_heartbeat_that_it_moves(root, time):
    writer = recorder(root, time)
    with SessionReader.open(writer.folder, clock=lambda: time.now_s) as visitor:
        listen(writer, time, 2.0)
        assert visitor.running
        assert visitor.heartbeat_age_s == 0
        time.pass_s(61)
        assert visitor.heartbeat_age_s == 61
        writer.write(reading(2.1))
        assert visitor.heartbeat_age_s == 0
        writer.close()
        assert not visitor.running


def test_info_tells_the_session_as_a_whole(root, time):
    writer = recorder(root, time)
    listen(writer, time, 3.0)
    writer.write(Spike(1.0, 1.5, 2.0, 0.9, 1.2))
    with SessionReader.open(writer.folder) as reader:
        running = reader.info
        writer.write(End(3.0, "end_of_file"))
        writer.close()
        ended = reader.info
    assert isinstance(running.start, Start)
    assert (running.running, running.end, running.readings, running.spikes) == (True, None, 30, 1)
    assert (ended.running, ended.end, ended.heard_s) == (False, End(3.0, "end_of_file"), pytest.approx(3.0))
    assert ended.settings == {"spike_on": 0.5}


def test_a_closed_reader_says_so(root, time):
    writer = recorder(root, time)
    reader = SessionReader.open(writer.folder)
    reader.close()
    with pytest.raises(InputError, match="closed"):
        reader.poll()
