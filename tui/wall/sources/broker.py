"""The venues of an MQTT broker. A thread holds the connection and makes it anew when it breaks; the wall never waits.

Whatever the broker sends, it costs bounded memory: long payloads are dropped as they come, and of messages that wait to
be read the oldest go first.
"""

import contextlib
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import MomentumError
from engine.core.extras import installing
from engine.core.text import plain
from engine.core.tls import context_of
from tui.wall.delivery import Delivery
from tui.wall.messages import MOST_BYTES, Refused, read_message, topics
from tui.wall.sources.broker_address import BrokerAddress
from tui.wall.sources.source import FromThread, Link, LinkState

if TYPE_CHECKING:
    import paho.mqtt.client as mqtt

_KEEPALIVE_S: Final = 4
_PATIENCE_S: Final = 5.0
_PAUSES_S: Final = (0.5, 15.0)
"""How long it waits before it connects again: at first, and at most."""
_WAITING: Final = 20_000
"""Messages that may wait to be read."""
_AT_ONCE_S: Final = 0.05
"""Processor time that one look may spend on reading them."""


class BrokerSource(FromThread):
    """The venues under a broker's prefix.

    Args:
        clock: monotonic seconds, by which arrivals are judged.
        today: seconds since 1970, to be compared with the venues' own clocks.
    """

    nothing: str = "no venue has sent anything yet; recorders send with the table [publish] of their settings"

    def __init__(
        self,
        address: BrokerAddress,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(address.title, Link(LinkState.CONNECTING), clock)
        self._address = address
        self._today = today
        self._inbox: deque[tuple[str, bytes, bool, float]] = deque()
        self._overrun = 0
        self._too_long = 0
        self._refused = 0
        self._was_up = False
        self._client: mqtt.Client | None = None

    def open(self) -> None:
        """Begin to connect. Raises ``MomentumError`` where the extra or a certificate is missing."""
        self._client = self._make_client()
        super().open()

    @property
    def lost(self) -> tuple[str, ...]:
        """Messages that were not taken: too many at once, too long, or not to be understood."""
        counted = (
            (self._refused, "not understood"),
            (self._too_long, "too long"),
            (self._overrun, "came too fast"),
        )
        return tuple(f"{count} messages {why}" for count, why in counted if count)

    def poll(self) -> Sequence[Delivery]:
        read: list[Delivery] = []
        until_s = time.thread_time() + _AT_ONCE_S
        behind_s = self._today() - self._clock()
        while self._inbox and time.thread_time() < until_s:
            topic, payload, retained, arrived_s = self._inbox.popleft()
            try:
                read.append(read_message(topic, payload, retained, arrived_s, arrived_s + behind_s))
            except Refused:
                self._refused += 1
        return read

    def feed(self, venue: str) -> None:
        """The broker has no session to read; what it sends is all there is."""

    def close(self) -> None:
        self._leaving.set()
        if self._client is not None:
            self._client.disconnect()
        super().close()

    def _make_client(self) -> "mqtt.Client":
        try:
            import paho.mqtt.client as mqtt
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError as error:
            raise MomentumError(
                "the venues of a broker need the package paho-mqtt, which is not installed",
                f"{installing('publish')}; 'momentum wall demo:12' needs nothing",
            ) from error
        address = self._address
        protocol = mqtt.MQTTv5 if address.protocol == "5" else mqtt.MQTTv311
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=protocol, reconnect_on_failure=False)
        client.connect_timeout = _PATIENCE_S
        if address.user is not None:
            client.username_pw_set(address.user, address.password)
        if address.tls:
            named_by = "--ca or the table [publish.mqtt] names it."
            client.tls_set_context(context_of(address.ca, address.certificate, address.key, named_by))
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        return client

    # On the connection's thread from here on.

    def _read_on(self) -> None:
        """Connect, listen until it breaks, wait longer each time, and again."""
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        client, address = self._client, self._address
        assert client is not None
        limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        limits.MaximumPacketSize = 4 * MOST_BYTES  # a broker that heeds the standard drops what is longer
        limits.ReceiveMaximum = 1000
        first_s, longest_s = _PAUSES_S
        pause_s = first_s
        while not self._leaving.is_set():
            self._was_up = False
            try:
                client.connect(
                    address.host, address.port, _KEEPALIVE_S, properties=limits if address.protocol == "5" else None
                )
                client.loop_forever()
            except (OSError, ValueError) as error:  # no such host, refused, no certificate, or not a broker at all
                self._lose(_reason(error))
            if self._link.state is not LinkState.LOST:
                self._lose("the connection broke")
            pause_s = first_s if self._was_up else min(2 * pause_s, longest_s)
            self._leaving.wait(pause_s)

    def _connected(self, client: "mqtt.Client", _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self._lose(f"it refused us: {plain(code, 80).lower()}")
            client.disconnect()
            return
        client.subscribe(topics(self._address.prefix))
        self._was_up = True
        self._link = Link(LinkState.UP)

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if self._link.state is LinkState.LOST:
            return
        if self._was_up:
            self._lose(f"the connection broke: {plain(code, 80).lower()}")
        else:  # what TLS 1.3 has against a certificate comes when all is agreed, and paho has no word for it
            self._lose(f"it hung up before it answered; it may {_wants(self._address)}")

    def _lose(self, why: str) -> None:
        self._link = Link(LinkState.LOST, why)

    def _arrived(self, _client: Any, _data: Any, message: "mqtt.MQTTMessage") -> None:
        if len(message.payload) > MOST_BYTES:
            self._too_long += 1
            return
        if len(self._inbox) >= _WAITING:
            with contextlib.suppress(IndexError):  # the wall has just taken the last one
                self._inbox.popleft()
            self._overrun += 1
        try:
            topic = message.topic
        except UnicodeDecodeError:
            self._refused += 1
            return
        self._inbox.append((topic, bytes(message.payload), message.retain, self._clock()))


def _wants(address: BrokerAddress) -> str:
    """What a broker may have against us that hangs up without a word."""
    if not address.tls:
        return "want TLS: mqtts://"
    return "not take our certificate" if address.certificate else "want a certificate: [publish.mqtt] names ours"


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {plain(error.verify_message, 80)}"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    words = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return plain(words, 80).lower()
