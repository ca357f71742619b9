"""One connection to a broker, from the first byte to the last; whoever loses it makes another one."""

import contextlib
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import MomentumError
from engine.core.publish_settings import MqttSettings
from engine.core.text import plain
from engine.core.tls import context_of
from engine.publish.secret_places import needs_extra, read_secret

if TYPE_CHECKING:
    import paho.mqtt.client as paho

log = logging.getLogger(__name__)

CONNECT_S: Final = 5.0
ANSWER_S: Final = 10.0
"""How long a broker may take for its first answer, and to acknowledge a message."""
IN_FLIGHT: Final = 20
"""Messages on their way at once, fewer where the broker says so; mosquitto takes 20."""
_LARGEST_BYTES: Final = 65_536
"""Nothing that we ask a broker for is larger."""
_LOOK_S: Final = 0.05
_SHORT_S: Final = 0.02


class Lost(MomentumError):
    """The connection is gone, or did not come about."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a broker keeps of us: a topic and what stands there."""

    topic: str
    payload: bytes


class Connection:
    """A connected client. Used by one thread; ``turn`` lets it work.

    Raises ``Lost`` where the broker can't be reached or refuses us, ``UsageError`` where the settings can't be used.

    Args:
        settings: of the broker.
        client_id: tells the broker who we are.
        will: what the broker publishes for us when we are gone.
        listen_to: topics that we want to hear.
        heard: called in ``turn`` with topic and payload of what came there.
    """

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        will: Note,
        listen_to: tuple[str, ...] = (),
        heard: Callable[[str, bytes], None] = lambda topic, payload: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._listen_to = listen_to
        self._heard = heard
        self._answer: Any = None
        self._gone = ""
        self._acknowledged: dict[int, str] = {}
        self._client = self._made(client_id, will)
        self.window = IN_FLIGHT
        try:
            self._connect()
        except BaseException:
            self.drop()
            raise

    def publish(self, topic: str, payload: bytes, retain: bool) -> int:
        """Send with QoS 1; returns the number that ``take_acknowledged`` will have. Raises ``Lost``."""
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        if sent.rc != 0:
            raise Lost(self._gone or "the connection broke while a message was sent", _HINT)
        return sent.mid

    def turn(self, wait_s: float = _LOOK_S) -> None:
        """Send and receive for as long as nothing is to be received, at most ``wait_s``. Raises ``Lost``."""
        # A broker may send anything: what paho stumbles over ends this connection, and nothing else.
        try:
            code = self._client.loop(wait_s)
        except Exception as error:
            log.debug("the broker sent what can't be read", exc_info=error)
            raise Lost(f"the broker sent what can't be read ({type(error).__name__})", _HINT) from error
        if self._gone or code != 0:
            import paho.mqtt.client as paho

            raise Lost(self._gone or f"the connection is gone: {paho.error_string(code)}", _HINT)

    def take_acknowledged(self) -> dict[int, str]:
        """Numbers of messages that the broker has answered; with why, where it did not take them."""
        taken, self._acknowledged = self._acknowledged, {}
        return taken

    def leave(self, last: Note | None = None, wait_s: float = 0.4) -> None:
        """Publish a last word and say goodbye, so that the broker publishes no will, and let go."""
        until_s = self._clock() + wait_s
        with contextlib.suppress(Lost, OSError, ValueError):
            if last is not None:
                number = self.publish(last.topic, last.payload, retain=True)
                # A broker that is left in the middle of an exchange takes us for lost: we hear our own last word, too.
                while self._clock() < until_s and number not in self._acknowledged:
                    self.turn(_SHORT_S)
                self.turn(_SHORT_S)
            self._client.disconnect()
            while self._clock() < until_s:
                self.turn(_SHORT_S)
        self.drop()

    def drop(self) -> None:
        """Let go without a word; harmless when done twice."""
        self._client.on_disconnect = None
        socket = self._client.socket()
        if socket is not None:
            with contextlib.suppress(OSError):
                socket.close()

    def _made(self, client_id: str, will: Note) -> "paho.Client":
        try:
            import paho.mqtt.client as paho
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError as error:
            raise needs_extra("paho-mqtt") from error
        settings = self._settings
        protocol = paho.MQTTv5 if settings.protocol == "5" else paho.MQTTv311
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=protocol)
        client.connect_timeout = CONNECT_S
        client.max_inflight_messages_set(IN_FLIGHT)
        client.will_set(will.topic, will.payload, qos=1, retain=True)
        if settings.user is not None:
            password = read_secret(settings.password_from) if settings.password_from else None
            client.username_pw_set(settings.user, password)
        if settings.tls:
            client.tls_set_context(tls_context(settings))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _connect(self) -> None:
        settings = self._settings
        where = f"{settings.host}:{settings.port}"
        more: dict[str, Any] = {}
        if settings.protocol == "5":
            from paho.mqtt.packettypes import PacketTypes
            from paho.mqtt.properties import Properties

            more["properties"] = properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.MaximumPacketSize = _LARGEST_BYTES
        try:
            self._client.connect(settings.host, settings.port, settings.keepalive_s, **more)
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or error.reason or str(error)
            raise Lost(f"the broker {where} and we don't agree on TLS: {reason}", _TLS_HINT) from error
        except OSError as error:
            raise Lost(f"the broker {where} can't be reached: {error.strerror or error}", _HINT) from error
        until_s = self._clock() + ANSWER_S
        while self._answer is None:
            try:
                self.turn()
            except Lost as error:
                if self._answer is not None:  # told why, and then closed
                    break
                raise Lost(f"the broker {where} closed the connection before it answered", _OLD) from error
            if self._clock() > until_s:
                raise Lost(f"the broker {where} does not answer", _OLD)
        if self._answer.is_failure:
            raise Lost(f"the broker {where} refuses us: {plain(self._answer, 100)}", _REFUSED)
        if self._listen_to:
            self._client.subscribe([(topic, 1) for topic in self._listen_to])

    def _on_connect(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._answer = reason
        most = getattr(properties, "ReceiveMaximum", None)
        if isinstance(most, int):
            self.window = max(1, min(IN_FLIGHT, most))

    def _on_disconnect(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._gone = f"the connection is gone: {plain(reason, 100)}"

    def _on_publish(self, client: Any, data: Any, mid: int, reason: Any, properties: Any) -> None:
        self._acknowledged[mid] = plain(reason, 100) if getattr(reason, "is_failure", False) else ""

    def _on_message(self, client: Any, data: Any, message: Any) -> None:
        # ``topic`` is decoded when it is asked for, and a broker may send what is no text.
        with contextlib.suppress(UnicodeDecodeError):
            self._heard(message.topic, bytes(message.payload[:_LARGEST_BYTES]))


def tls_context(settings: MqttSettings) -> ssl.SSLContext:
    """What the settings say of certificates. Raises ``UsageError`` naming the file that can't be used."""
    named_by = "The table [publish.mqtt] names it."
    return context_of(settings.ca_file, settings.certificate_file, settings.key_file, named_by)


_HINT: Final = "'momentum publish test' tries it again; what is recorded waits in the session."
_TLS_HINT: Final = "Give the broker's own authority with ca_file, and its host name as the certificate says it."
_REFUSED: Final = "Look at user, password_from and certificate_file in [publish.mqtt]."
_OLD: Final = 'It may want TLS (tls = true), a certificate, or know only an older MQTT: protocol = "3.1.1".'
