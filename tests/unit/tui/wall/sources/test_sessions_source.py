"""The sessions that are recorded on this machine, as venues."""

from pathlib import Path

import pytest

from engine.core.errors import MomentumError
from engine.core.signals import End, Mark, Start
from engine.session import SessionWriter
from tests.unit.tui.monitor.fake_feed import make_events
from tests.unit.tui.wall.made_up import reading
from tui.wall.board import Board
from tui.wall.sources.sessions import SessionsSource
from tui.wall.standing import State


def recorder(root: Path, source: str, length_s: float = 150.0) -> SessionWriter:
    """A session that goes on: its writer holds it."""
    writer = SessionWriter.create(root, source)
    writer.write(Start(writer.name, source, "default", True, 22050, "2026-11-21T15:00:00Z", 0.7, "danger"))
    for event in make_events(length_s):
        writer.write(event)
    writer.flush()
    return writer


class Look:
    """A board on the source, whose thread's work is done by hand."""

    def __init__(self, root: Path) -> None:
        self.clock = [0.0]
        self.source = SessionsSource(root, clock=lambda: self.clock[0])
        self.board = Board()

    def __call__(self, passed_s: float = 0.0) -> dict[str, State]:
        self.clock[0] += passed_s
        self.source.look()
        self.board.take(self.source.poll())
        self.board.look(self.clock[0])
        return {key: self.board.standing(venue).state for key, venue in self.board.venues.items()}


def test_running_sessions_are_venues_with_their_last_two_minutes(tmp_path: Path) -> None:
    writer = recorder(tmp_path, "mic:north")
    finished = recorder(tmp_path, "mic:south")
    finished.write(End(150.0, "quit"))
    finished.close()
    look = Look(tmp_path)
    assert look() == {"mic:north": State.WAITING}
    venue = look.board.venues["mic:north"]
    assert venue.threshold == 0.7
    assert len(venue.ring.columns()) > 50
    writer.write(reading(151.0, 0.3))
    writer.flush()
    assert look(0.2) == {"mic:north": State.CALM}
    assert look(2.6) == {"mic:north": State.NO_SIGNAL}
    writer.close()


def test_two_recorders_of_one_device_are_two_venues_and_a_new_one_takes_the_old_place(tmp_path: Path) -> None:
    first, second = recorder(tmp_path, "mic"), recorder(tmp_path, "mic")
    look = Look(tmp_path)
    assert len(look()) == 2
    assert {key.partition(" ")[0] for key in look()} == {"mic"}
    for writer in (first, second):
        writer.write(End(150.0, "quit"))
        writer.close()
    assert set(look(1.5).values()) == {State.ENDED}
    third = recorder(tmp_path, "mic")
    third.write(reading(151.0, 0.3))
    third.flush()
    look(1.5)
    third.write(reading(152.0, 0.3))
    third.flush()
    assert look(0.1)["mic"] is State.CALM
    third.close()


def test_a_recorder_that_is_gone_without_a_word_is_an_end(tmp_path: Path) -> None:
    writer = recorder(tmp_path, "mic")
    look = Look(tmp_path)
    look()
    writer.close()
    assert look(0.2) == {"mic": State.ENDED}


def test_a_session_opened_from_the_wall_can_not_be_written_to(tmp_path: Path) -> None:
    writer = recorder(tmp_path, "mic")
    look = Look(tmp_path)
    look()
    feed = look.source.feed("mic")
    assert not feed.writable
    with pytest.raises(MomentumError, match="only looks"):
        feed.add_mark(Mark(1.0, "goal"))
    assert len(feed.readings(0.0, 1e9).t) > 1000
    feed.close()
    writer.close()


def test_a_folder_that_is_not_there_has_no_venues(tmp_path: Path) -> None:
    assert Look(tmp_path / "nothing")() == {}
