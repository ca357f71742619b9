"""The wall on a real broker: what comes, what goes, and a broker that means harm."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.functional.terminal import needs_tmux, terminal
from tests.publishing.brokers import Mosquitto, needs_mosquitto
from tui.wall.board import MOST_VENUES, Board
from tui.wall.messages import MOST_BYTES
from tui.wall.sources.broker import BrokerSource
from tui.wall.sources.broker_address import read_address
from tui.wall.sources.source import LinkState
from tui.wall.standing import State

mqtt = pytest.importorskip("paho.mqtt.client", reason="needs the extra 'publish'")
pytestmark = needs_mosquitto
SESSION = "20261121T150000Z-0000aa"
_PATIENCE_S = 20.0


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as made:
        yield made


def address(desk: Mosquitto) -> str:
    return f"mqtt://127.0.0.1:{desk.port}"


class Sender:
    """A program at the venues."""

    def __init__(self, desk: Mosquitto, will: str = "") -> None:
        from paho.mqtt.enums import CallbackAPIVersion

        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        if will:
            self.client.will_set(f"momentum/{will}/state", b"offline", 1, True)
        self.client.connect("127.0.0.1", desk.port)
        self.client.loop_start()
        self.t = 100.0

    def raw(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self.client.publish(f"momentum/{topic}", payload, 1, retain).wait_for_publish(_PATIENCE_S)

    def send(self, venue: str, kind: str, retain: bool = False, **body: Any) -> None:
        known = {"v": 1, "id": "s/r1", "venue": venue, "session": SESSION, "at": "2026-11-21T15:00:00.000Z"}
        self.raw(f"{venue}/{kind}", json.dumps(known | body).encode(), retain)

    def reading(self, venue: str, pressure: float = 0.2) -> None:
        self.t += 0.5
        self.send(
            venue, "reading", type="reading", t=self.t, pressure=pressure, level_db=-30, peak_db=-20, health="listening"
        )


class Watched:
    """A board on a source, looked at until something is so."""

    def __init__(self, source: BrokerSource) -> None:
        self.source, self.board = source, Board()

    def until(self, true: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            meanwhile()
            self.board.take(self.source.poll())
            self.board.look(time.monotonic(), self.source.link.state is LinkState.UP)
            if true():
                return
            assert time.monotonic() < deadline, (self.source.link, list(self.board.venues), self.source.lost)
            Event().wait(0.05)

    def state(self, venue: str) -> State | None:
        known = self.board.venues.get(venue)
        return None if known is None else self.board.standing(known).state


@pytest.fixture
def watched(desk: Mosquitto) -> Iterator[Watched]:
    source = BrokerSource(read_address(address(desk)))
    source.open()
    made = Watched(source)
    made.until(lambda: source.link.state is LinkState.UP)
    yield made
    source.close()


def test_a_broker_that_is_killed_is_said_at_once_and_its_venues_are_back_when_it_is(
    desk: Mosquitto, watched: Watched
) -> None:
    sender = Sender(desk)
    watched.until(lambda: watched.state("oldham") is State.CALM, lambda: sender.reading("oldham"))
    desk.kill()
    watched.until(lambda: watched.state("oldham") is State.UNKNOWN)
    assert watched.source.link.state is LinkState.LOST
    assert watched.source.link.detail
    sender.client.loop_stop()
    desk.start()
    again = Sender(desk)
    again.t = sender.t
    watched.until(lambda: watched.state("oldham") is State.CALM, lambda: again.reading("oldham"))
    again.client.loop_stop()


def test_the_last_will_of_a_killed_recorder_shows_at_once(desk: Mosquitto, watched: Watched) -> None:
    sender = Sender(desk, will="oldham")
    watched.until(lambda: watched.state("oldham") is State.CALM, lambda: sender.reading("oldham"))
    sender.client.loop_stop()
    sender.client.socket().close()  # as the system does for a process that is killed
    watched.until(lambda: watched.state("oldham") is State.NO_SIGNAL)
    assert watched.board.standing(watched.board.venues["oldham"]).word in ("GONE", "NO SIGNAL")


def test_a_hostile_broker_neither_stops_nor_misleads_the_wall(desk: Mosquitto, watched: Watched) -> None:
    honest, enemy = Sender(desk), Sender(desk)
    watched.until(lambda: watched.state("oldham") is State.CALM, lambda: honest.reading("oldham"))
    enemy.raw("oldham/reading", b"x" * 10_000_000)
    enemy.raw("oldham/reading", b"x" * (MOST_BYTES + 1))
    for payload in (b"[" * 10_000, b'{"v":1,"pressure":NaN}', b"\xff\x00\x1b[2J", b'"' * 999, b"{}", b"null"):
        enemy.raw("oldham/reading", payload)
    for name in ("[bold red]x[/]", "\u202eevil", "a" * 5000):
        enemy.reading(name, 0.9)
    for number in range(10_000):
        enemy.client.publish(f"momentum/ghost{number}/state", b"online", 0)
    watched.until(lambda: watched.board.left_out > 9_000, lambda: honest.reading("oldham"))
    assert len(watched.board.venues) == MOST_VENUES
    # On a busy machine the flood takes longer than a venue may say nothing; its next readings are heard all the same.
    watched.until(lambda: watched.state("oldham") is State.CALM, lambda: honest.reading("oldham"))
    assert all(len(venue.name) <= 40 and venue.name.isprintable() for venue in watched.board.venues.values())
    said = " ".join(watched.source.lost)
    assert "not understood" in said
    assert "too long" in said
    for sender in (honest, enemy):
        sender.client.loop_stop()


def test_a_broker_that_wants_a_password_is_said_to_have_refused(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "broker", "allow_anonymous false") as desk:
        source = BrokerSource(read_address(address(desk)))
        source.open()
        watched = Watched(source)
        watched.until(lambda: source.link.state is LinkState.LOST)
        assert "refused" in source.link.detail
        source.close()


@needs_tmux
def test_the_command_shows_a_venue_of_a_broker_in_a_terminal(desk: Mosquitto, tmp_path: Path) -> None:
    sender = Sender(desk)
    sender.send("oldham", "session", True, type="start", t=0, source="mic", weights="default", trained=True,
                sample_rate=22050, started_at="2026-11-21T15:00:00Z", threshold=0.7, label_rule="danger")  # fmt: skip
    command = [sys.executable, "-m", "tui", "wall", address(desk)]
    with terminal(tmp_path, command, environ={"MOMENTUM_HOME": str(tmp_path / "home")}) as pane:
        pane.until("oldham")
        deadline = time.monotonic() + _PATIENCE_S
        while "CALM" not in pane.screen() and time.monotonic() < deadline:
            sender.reading("oldham", 0.3)
        assert "0.30" in pane.screen()
        sender.send("oldham", "spike", type="alarm", t=sender.t, onset=sender.t, decided_at=sender.t, pressure=0.93)
        sender.reading("oldham", 0.9)
        pane.until("ALARM oldham 0.93")
        pane.until("NO SIGNAL")
        pane.keys("q")
        pane.until("EXIT 0")
    sender.client.loop_stop()
