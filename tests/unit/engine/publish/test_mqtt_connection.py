"""A broker that is not what it should be: what is said of it, and that it ends the connection and nothing else."""

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from engine.core.errors import UsageError
from engine.core.publish_settings import MqttSettings
from engine.publish.mqtt_connection import Connection, Lost, Note, tls_context

CONNACK = b"\x20\x03\x00\x00\x00"
WILL = Note("momentum/v/state", b"offline")


@contextmanager
def broker(behave: Callable[[socket.socket], None]) -> Iterator[MqttSettings]:
    """A listener that does ``behave`` with whoever connects."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                accepted, _ = listener.accept()
                with accepted, suppress(OSError):
                    accepted.recv(4096)
                    behave(accepted)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield MqttSettings(broker=f"127.0.0.1:{listener.getsockname()[1]}")
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def hold(accepted: socket.socket) -> None:
    accepted.recv(4096)


def answer(*data: bytes) -> Callable[[socket.socket], None]:
    def behave(accepted: socket.socket) -> None:
        for each in data:
            accepted.sendall(each)
        while accepted.recv(4096):
            pass

    return behave


def turn_until_lost(connection: Connection) -> Lost:
    with pytest.raises(Lost) as raised:
        for _ in range(200):
            connection.turn()
    return raised.value


@pytest.mark.parametrize(
    ("behave", "said"),
    [
        (lambda accepted: None, "closed the connection before it answered"),
        (hold, "does not answer"),
        (answer(b"\x20\x03\x00\x87\x00"), "refuses us: Not authorized"),
        (answer(b"\x20\x03\x00\x84\x00"), "refuses us: Unsupported protocol version"),
    ],
)
def test_a_broker_that_does_not_take_us_says_or_shows_why(
    behave: Callable[[socket.socket], None], said: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.publish.mqtt_connection.ANSWER_S", 0.3)
    with broker(behave) as settings, pytest.raises(Lost) as raised:
        Connection(settings, "c", WILL)
    assert said in raised.value.message
    assert raised.value.hint


def test_nobody_at_the_port_is_said_to_be_nobody():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Lost, match="can't be reached: Connection refused"):
        Connection(MqttSettings(broker=f"127.0.0.1:{port}"), "c", WILL)


def test_a_broker_that_takes_fewer_at_once_is_sent_fewer():
    with broker(answer(b"\x20\x06\x00\x00\x03\x21\x00\x05")) as settings:
        connection = Connection(settings, "c", WILL)
        assert connection.window == 5
        connection.drop()


@pytest.mark.parametrize("seed", range(30))
def test_whatever_a_hostile_broker_sends_costs_the_connection_at_most(seed: int):
    source = random.Random(seed)
    heard: list[str] = []
    junk = [bytes([kind]) + source.randbytes(source.randrange(1, 60)) for kind in source.sample(range(16, 256), 20)]
    topic = source.randbytes(5)
    junk.insert(source.randrange(3), b"\x30" + bytes([2 + len(topic) + 1 + 3]) + b"\0\x05" + topic + b"\0" + b"abc")
    with broker(lambda accepted: [accepted.sendall(each) for each in (CONNACK, *junk)] and None) as settings:
        try:
            connection = Connection(settings, "c", WILL, ("a",), lambda topic, payload: heard.append(topic))
        except Lost:
            return
        turn_until_lost(connection)
        connection.drop()


def test_a_packet_of_any_length_is_announced_and_never_waited_for(monkeypatch: pytest.MonkeyPatch):
    with broker(lambda accepted: accepted.sendall(CONNACK + b"\x30\xff\xff\xff\x7f")) as settings:
        turn_until_lost(Connection(settings, "c", WILL))


def test_a_certificate_that_can_not_be_used_is_named(tmp_path):
    (tmp_path / "no.pem").write_text("nothing")
    for files, said in (
        ({"ca_file": str(tmp_path / "gone.pem")}, "gone.pem can't be read"),
        ({"ca_file": str(tmp_path / "no.pem")}, "no.pem holds no certificates"),
        ({"certificate_file": str(tmp_path / "no.pem")}, "no.pem and its key can't be used"),
    ):
        with pytest.raises(UsageError, match=said):
            tls_context(MqttSettings(broker="desk", tls=True, **files))
