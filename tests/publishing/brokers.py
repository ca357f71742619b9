"""Real brokers on ports of the loopback that nobody else uses, and a consumer that keeps what it was sent."""

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto (apt install mosquitto)")
PATIENCE_S = 60.0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Mosquitto:
    """Debian's broker; what it has acknowledged outlives ``stop`` (not ``kill``). ``lines`` go into its settings."""

    def __init__(self, folder: Path, *lines: str) -> None:
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self._settings = folder / "mosquitto.conf"
        more = "\n".join(lines) or "allow_anonymous true"
        self._settings.write_text(
            f"listener {self.port} 127.0.0.1\nmax_queued_messages 0\npersistence true\nuser root\n"
            f"persistence_location {folder}/\n{more}\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Mosquitto":
        assert MOSQUITTO is not None
        nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._settings)], **nowhere)
        _until_answering(self.port)
        return self

    def stop(self) -> None:
        """As its service does: it writes down what it has."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        self._end(subprocess.Popen.kill)

    def _end(self, how: "Callable[[subprocess.Popen[bytes]], None]") -> None:
        if self._process is not None:
            how(self._process)
            self._process.wait()
            self._process = None

    def __enter__(self) -> "Mosquitto":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


class Amqtt:
    """A broker in a thread of the test, of MQTT 3.1.1 alone. ``listener`` and ``plugins`` as its settings want them."""

    def __init__(self, listener: Mapping[str, Any] = {}, plugins: Mapping[str, Any] | None = None) -> None:
        self.port = free_port()
        anybody = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
        self._config = {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{self.port}", **listener}},
            "plugins": anybody if plugins is None else dict(plugins),
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Amqtt":
        from amqtt.broker import Broker

        self._thread.start()

        async def begin() -> Broker:
            broker = Broker(self._config)
            await broker.start()
            return broker

        self._broker = asyncio.run_coroutine_threadsafe(begin(), self._loop).result(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        async def end() -> None:
            await self._broker.shutdown()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(PATIENCE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()


class Consumer:
    """Subscribes with QoS 1, stays a client while the broker is away, and keeps all that it is sent, in order."""

    def __init__(
        self,
        port: int,
        topics: str = "momentum/#",
        *,
        old: bool = False,
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        import paho.mqtt.client as paho
        from paho.mqtt.enums import CallbackAPIVersion
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        self.received: list[tuple[str, bytes, bool]] = []
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        more: dict[str, Any] = {"clean_session": False} if old else {}
        protocol = paho.MQTTv311 if old else paho.MQTTv5
        self._client = client = paho.Client(CallbackAPIVersion.VERSION2, f"consumer-{port}", protocol=protocol, **more)
        if login:
            client.username_pw_set(*login)
        if tls:
            client.tls_set_context(tls)
        client.reconnect_delay_set(0.05, 0.5)
        client.on_message = self._heard
        client.on_connect = lambda *_: client.subscribe(topics, 1)
        client.on_subscribe = lambda *_: self._subscribed.set()
        if old:
            client.connect("127.0.0.1", port)
        else:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = 3600
            client.connect("127.0.0.1", port, clean_start=False, properties=properties)
        client.loop_start()
        assert self._subscribed.wait(PATIENCE_S)

    def until(self, enough: Callable[[], bool], what: str = "") -> None:
        """Wait until ``enough`` says so; fails after a minute."""
        with self._changed:
            assert self._changed.wait_for(enough, PATIENCE_S), (what, len(self.received), self.received[-3:])

    def bodies(self, kind: str = "") -> list[dict[str, Any]]:
        """The messages, of one kind or of all, as often as they came; not the state."""
        return [
            json.loads(payload)
            for topic, payload, _ in tuple(self.received)
            if not topic.endswith("/state") and topic.endswith(kind)
        ]

    def once(self, kind: str = "") -> list[dict[str, Any]]:
        """The messages as one who keeps ids sees them: in the order in which they first came."""
        return list({body["id"]: body for body in reversed(self.bodies(kind))}.values())[::-1]

    def ids(self) -> set[str]:
        return {body["id"] for body in self.bodies()}

    def states(self) -> list[str]:
        return [payload.decode() for topic, payload, _ in tuple(self.received) if topic.endswith("/state")]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> "Consumer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _heard(self, client: object, data: object, message: Any) -> None:
        with self._changed:
            self.received.append((message.topic, message.payload, bool(message.retain)))
            self._changed.notify_all()


def _until_answering(port: int) -> None:
    """Wait until somebody at ``port`` answers a client of MQTT 3.1.1, if only by hanging up. Mosquitto's port is open a
    moment before its main loop runs, and a SIGTERM that comes between is forgotten."""
    hello = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01?"
    until_s = monotonic() + PATIENCE_S
    while monotonic() < until_s:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
            with suppress(ConnectionResetError):
                client.sendall(hello)
                client.recv(1)
            return
        threading.Event().wait(0.02)
    raise AssertionError("the broker does not come up")
