"""What a receiver has not confirmed: it is bounded, in order, and outlives the process where it is on disk."""

import tracemalloc
from pathlib import Path

import pytest

from engine.core.errors import InputError
from engine.core.signals import Health, HealthChange, Mark, Reading
from engine.publish.backlog import Backlogs, Place, StoredBacklog
from engine.publish.memory_backlog import MemoryBacklog
from engine.publish.wanted_events import Choice, Wishes
from engine.session.follow_rows import Position
from tests.publishing.recorder import Recorder, expected_ids

WISHES = Wishes(readings_hz=2.0)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    recorder = Recorder(tmp_path)
    recorder.hear(20)
    recorder.end()
    recorder.writer.close()
    made = Place(recorder.writer.folder, "mqtt")
    made.write(Position(), "v")
    return made


def ids(items) -> list[str]:
    return [item.message.id for item in items]


def test_whoever_stops_anywhere_goes_on_with_the_next_message(place: Place, tmp_path: Path):
    wanted = expected_ids(tmp_path, 2)
    for stop in range(0, len(wanted), 5):
        place.write(Position(), "v")
        first = StoredBacklog(place, WISHES)
        taken = first.take(stop) if stop else []
        for item in taken:
            first.acknowledge(item)
        first.take(7)  # on their way when the process was killed
        first.close()
        again = StoredBacklog(place, WISHES)
        assert again.waiting() == len(wanted) - stop
        again.rewind()
        assert ids(taken) + ids(again.take(1000)) == wanted
        again.close()


def test_another_connection_hands_out_again_what_was_not_confirmed_and_calls_it_late(place: Place, tmp_path: Path):
    backlog = StoredBacklog(place, WISHES, elapsed_s=lambda: 0.0)
    items = backlog.take(10)
    assert not any("late" in item.message.body for item in items)
    for item in items[:4]:
        backlog.acknowledge(item)
    backlog.rewind()
    again = backlog.take(12)
    assert ids(again) == expected_ids(tmp_path, 2)[4:16]
    assert ["late" in item.message.body for item in again] == [True] * 6 + [False] * 6
    backlog.close()


def test_former_sessions_come_first_and_are_forgotten_when_they_are_confirmed(place: Place, tmp_path: Path):
    backlogs = Backlogs([place], WISHES, None)
    while items := backlogs.take(20):
        assert place.file.exists()
        for item in items:
            backlogs.acknowledge(item)
    assert backlogs.exhausted
    assert not place.file.exists()


def test_a_position_that_makes_no_sense_is_said_and_holds_up_no_other_session(place: Place, tmp_path: Path):
    place.file.write_text("{")
    with pytest.raises(InputError, match="does not say what was published"):
        place.read()
    backlogs = Backlogs([place], WISHES, None)
    assert backlogs.take(20) == []
    assert backlogs.exhausted


def test_hours_of_an_outage_take_no_memory(tmp_path: Path):
    recorder = Recorder(tmp_path)
    place = Place(recorder.writer.folder, "mqtt")
    place.write(Position(), "v")
    recorder.hear(3600)
    backlog = StoredBacklog(place, WISHES, elapsed_s=lambda: 0.0)
    tracemalloc.start()
    for _ in range(20):
        for item in backlog.take(20):
            backlog.acknowledge(item)
        backlog.rewind()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    backlog.close()
    recorder.writer.close()
    assert most < 2_000_000


def test_a_run_that_is_kept_nowhere_loses_its_oldest_readings_first_and_counts_them():
    memory = MemoryBacklog("v", "s", WISHES, lambda: 0.0, readings=10, others=5)
    for number in range(1, 101):
        memory.write(Reading(number / 2, 0.5, -20.0, -10.0, Health.LISTENING))
        if number % 20 == 0:
            memory.write(Mark(number / 2, "goal"))
    assert memory.dropped == 90
    assert memory.waiting() == 15
    taken = memory.take(100)
    assert ids(taken) == [*(f"s/e{n}" for n in (1, 2, 3, 4)), *(f"s/r{n}" for n in range(91, 101)), "s/e5"]
    memory.rewind()
    again = memory.take(3)
    assert ids(again) == ids(taken)[:3]
    assert all(item.message.body["late"] for item in again)
    for item in again:
        memory.acknowledge(item)
    assert memory.waiting() == 12


def test_a_receiver_of_changes_hears_of_another_health_alone():
    choice = Choice(Wishes(only_changes=True))
    states = [Health.WARMING_UP, Health.WARMING_UP, Health.LISTENING, Health.LISTENING, Health.LOST]
    assert [choice.wants(HealthChange(0.0, state, "")) for state in states] == [True, False, True, False, True]


def test_a_wall_was_never_told_what_is_heard_since_the_first_reading_of_a_second_seldom_says_it():
    choice = Choice(Wishes(readings_hz=1.0))
    heard = {"chant": 0.8}
    readings = [
        Reading(0.1 * i, 0.1, -30.0, -20.0, Health.LISTENING, heard=heard if i == 15 else None) for i in range(1, 31)
    ]
    told = [reading for reading in readings if choice.wants(reading)]
    assert [round(reading.t, 1) for reading in told] == [0.1, 1.0, 1.5, 2.0, 3.0]
    assert told[2].heard == heard
