"""Following a session that somebody else records."""

import pytest

from engine.app.follow import follow, others_running, running_session
from engine.core.errors import MomentumError
from engine.core.run_protocols import Stop
from engine.core.signals import End, Event, Health, HealthChange
from engine.session import SessionReader, SessionWriter
from engine.session.recording_problems import NotKept
from engine.session.summary import row_of
from tests.unit.engine.session.helpers import FakeTime, listen, reading, recorder, start


class Paper:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def write(self, event: Event) -> None:
        self.events.append(event)

    def flush(self) -> None: ...


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def writer(tmp_path, time):
    return recorder(tmp_path / "sessions", time)


def followed(writer, time, *steps, from_start=False):
    """What a follower sees while the steps are done, one each time it waits."""
    paper, left = Paper(), iter(steps)
    with SessionReader.open(writer.folder, clock=lambda: time.now_s) as reader:
        reason = follow(reader, paper, Stop(), from_start=from_start, wait=lambda seconds: next(left)())
    return reason, paper.events


def test_a_follower_sees_the_first_line_the_state_and_then_what_is_new(writer, time):
    listen(writer, time, 5.0)
    writer.write(HealthChange(5.0, Health.CLIPPED, "loud"))

    def ends() -> None:
        writer.write(reading(5.1))
        writer.write(End(5.1, "end_of_file"))
        writer.close()

    reason, events = followed(writer, time, lambda: None, ends)
    assert reason == "ended"
    assert events == [
        start(writer.name),
        HealthChange(5.0, Health.CLIPPED, "loud"),
        reading(5.1),
        End(5.1, "end_of_file"),
    ]


def test_a_follower_may_begin_at_the_beginning(writer, time):
    listen(writer, time, 5.0)
    writer.write(End(5.0, "end_of_file"))
    writer.close()
    assert len(followed(writer, time, from_start=True)[1]) == 52


def test_a_recorder_that_is_killed_is_an_end_and_an_error(writer, time):
    paper = Paper()
    with SessionReader.open(writer.folder) as reader, pytest.raises(MomentumError, match="is gone"):
        follow(reader, paper, Stop(), from_start=False, wait=lambda seconds: writer._lock.release())
    assert paper.events[-1] == End(0.0, "killed", "the recorder ended without a word")


def test_a_recorder_that_is_stopped_is_told_about_and_so_is_its_return(writer, time):
    def moves() -> None:
        time.pass_s(1.0)
        writer.write(reading(1.0))
        writer.flush()

    def ends() -> None:
        writer.write(End(1.0, "interrupted"))
        writer.close()

    _, events = followed(writer, time, lambda: time.pass_s(60.0), lambda: None, moves, ends)
    states = [(event.health, event.detail) for event in events if isinstance(event, HealthChange)]
    assert states == [
        (Health.STALLED, "the recorder has not moved for 60 s"),
        (Health.RECOVERING, "the recorder moves again"),
    ]


def test_leaving_leaves_the_recording_alone(writer, time):
    stop = Stop()
    with SessionReader.open(writer.folder) as reader:
        assert (
            follow(reader, Paper(), stop, from_start=False, wait=lambda s: stop.request("interrupted")) == "interrupted"
        )
        assert reader.running


def test_a_recording_is_found_by_its_venue_among_several(tmp_path, time):
    root = tmp_path / "sessions"
    north = SessionWriter.create(root, "USB 1", clocks=time.clocks, venue="North Park")
    south = SessionWriter.create(root, "USB 2", clocks=time.clocks)
    assert running_session(root, "North Park") == north.folder
    assert running_session(root, south.name) == south.folder
    assert others_running(root, south.folder) == ["North Park"]
    assert others_running(root, north.folder) == [south.name]
    north.close()
    with pytest.raises(MomentumError):
        running_session(root, "North Park")
    assert row_of(north.folder)["venue"] == "North Park"
    south.close()


def test_what_is_not_kept_is_said_at_the_time_and_in_the_state_of_now(writer, time, monkeypatch):
    listen(writer, time, 5.0)
    writer.write(HealthChange(5.0, Health.LISTENING, ""))
    writer.flush()
    monkeypatch.setattr(SessionReader, "not_kept", property(lambda _: NotKept(readings="readings are not written")))

    def ends() -> None:
        writer.write(End(5.1, "end_of_file"))
        writer.close()

    _, events = followed(writer, time, ends)
    (told,) = [event for event in events if isinstance(event, HealthChange) and "not written" in event.detail]
    assert told.health is Health.LISTENING and told.t > 4.0
