"""Rows with their numbers, for whoever must be able to say how far it has read."""

from engine.core.signals import Mark, Reading
from engine.session import SessionReader
from engine.session.follow_rows import Position
from tests.unit.engine.session.helpers import listen, reading, recorder


def test_whoever_reads_on_from_a_position_misses_nothing_and_gets_nothing_twice(root, time):
    writer = recorder(root, time)
    listen(writer, time, 3.0)
    writer.write(Mark(3.0, "goal"))
    listen(writer, time, 3.0, from_s=3.0)
    writer.close()
    with SessionReader.open(writer.folder) as session:
        whole = session.rows_after(Position()).new(100_000)
        for upto in range(len(whole)):
            rest = session.rows_after(whole[upto].position).new(100_000)
            assert rest == whole[upto + 1 :]


def test_a_mark_from_elsewhere_has_the_moment_of_the_reading_before_it(root, time):
    writer = recorder(root, time)
    listen(writer, time, 2.0)
    with SessionReader.open(writer.folder) as session:
        session.add_mark(Mark(1.0, "goal"))
        for readings in (True, False):
            *_, last = session.rows_after(Position(), readings).new(100)
            assert last.event == Mark(1.0, "goal")
            assert 1.9 < last.elapsed_s < 2.1
    writer.close()


def test_whoever_wants_no_readings_gets_all_the_rest(root, time):
    writer = recorder(root, time)
    listen(writer, time, 2.0)
    writer.write(Mark(2.0, "goal"))
    writer.write(reading(2.1))
    writer.close()
    with SessionReader.open(writer.folder) as session:
        rows = session.rows_after(Position(), readings=False).new(100)
        assert not [row for row in rows if isinstance(row.event, Reading)]
        assert [row.event for row in rows] == session.events()
