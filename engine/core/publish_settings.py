"""The table ``[publish]`` of the settings: who is told what is heard. Without it nobody is."""

import re
from typing import Annotated, Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from engine.core.sound_address import HIDDEN
from engine.core.text import plain

EXAMPLE: Final = """[publish]
venue = "Old Trafford"  # unset: this computer's name
prefix = "momentum"
[publish.mqtt]
broker = "desk.example:8883"
tls = true
user = "recorder"
password_from = "file:/etc/momentum/broker-password"  # or env:NAME, or keyring:NAME
readings_hz = 2
home_assistant = false
[[publish.webhooks]]
url = "https://desk.example/momentum"
secret_from = "env:WEBHOOK_SECRET"
events = ["spike", "health", "session"]
[publish.metrics]
port = 9464"""
"""What ``config init`` writes of it."""

SECRET_PLACES: Final = ("env", "file", "keyring")
_SECRET: Final = re.compile(r"(env|file|keyring):.+")
_BROKER: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:@/\[\]?#]+)(?::(\d{1,5}))?")
_HIGHEST_PORT: Final = 65535


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):  # pydantic would take true for 1
        raise ValueError("a number is needed here")
    return value


def _secret_place(value: str) -> str:
    if not _SECRET.fullmatch(value):
        raise ValueError("it names a place: env:NAME, file:PATH or keyring:NAME")
    return value


def _broker(value: str) -> str:
    found = _BROKER.fullmatch(value)
    if not found or int(found[2] or 1) not in range(1, _HIGHEST_PORT + 1):
        raise ValueError("it is a host, or host:port, without user and password")
    return value


def _topic(value: str) -> str:
    bad = value.startswith(("/", "$")) or value.endswith("/") or "//" in value or plain(value) != value
    if bad or not value or set(value) & set("+# ") or len(value) > 100:
        raise ValueError("it is a topic such as momentum or club/momentum: no blanks, +, # or $")
    return value


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole or plain(value) != value or " " in value:
        raise ValueError("it is an address such as https://desk.example/momentum")
    return value


Number: TypeAlias = Annotated[float, BeforeValidator(_no_truth_value), Field(allow_inf_nan=False)]
Port: TypeAlias = Annotated[int, BeforeValidator(_no_truth_value), Field(ge=1, le=_HIGHEST_PORT)]
SecretPlace: TypeAlias = Annotated[str, AfterValidator(_secret_place)]
Topic: TypeAlias = Annotated[str, AfterValidator(_topic)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MqttSettings(_Table):
    """A broker. ``readings_hz`` readings a second are sent; ``protocol`` is what the broker speaks."""

    broker: Annotated[str, AfterValidator(_broker)]
    protocol: Literal["5", "3.1.1"] = "5"
    tls: bool = False
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    user: str | None = None
    password_from: SecretPlace | None = None
    readings_hz: Annotated[Number, Field(ge=1, le=10)] = 2.0
    keepalive_s: Annotated[int, BeforeValidator(_no_truth_value), Field(ge=5, le=600)] = 15
    home_assistant: bool = False
    home_assistant_prefix: Topic = "homeassistant"

    @model_validator(mode="before")
    @classmethod
    def _says_what_belongs_together(cls, values: Any) -> Any:
        if isinstance(values, dict):
            if "password" in values:
                raise ValueError("no password stands in the settings: password_from names where it is kept")
            if ("key_file" in values) > ("certificate_file" in values):
                raise ValueError("key_file goes with a certificate_file")
            if values.get("tls") is not True and {"ca_file", "certificate_file"} & set(values):
                raise ValueError("ca_file and certificate_file go with tls = true")
            if ("password_from" in values) > ("user" in values):
                raise ValueError("password_from goes with a user")
        return values

    @property
    def host(self) -> str:
        """The broker's name or address."""
        return str(self._parts[1]).strip("[]")

    @property
    def port(self) -> int:
        """The broker's port; 1883, or 8883 with TLS, where none is given."""
        return int(self._parts[2] or (8883 if self.tls else 1883))

    @property
    def _parts(self) -> re.Match[str]:
        found = _BROKER.fullmatch(self.broker)
        assert found is not None
        return found


class WebhookSettings(_Table):
    """A receiver of POST requests. ``text`` is the sentence of the chat formats, with ``$venue`` and such in it."""

    url: Annotated[str, AfterValidator(_url)]
    secret_from: SecretPlace | None = None
    events: tuple[Literal["alarm", "spike", "health", "match", "session"], ...] = ("spike", "health", "session")
    format: Literal["standard", "slack", "discord", "teams"] = "standard"
    text: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _keeps_its_secret_elsewhere(cls, values: Any) -> Any:
        if isinstance(values, dict) and "secret" in values:
            raise ValueError("no secret stands in the settings: secret_from names where it is kept")
        return values

    @property
    def shown(self) -> str:
        """The receiver as it may be shown: of many a part of the path is the key."""
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}/{HIDDEN}"


class MetricsSettings(_Table):
    """Where Prometheus may read figures; other machines only where ``address`` says so."""

    port: Port
    address: str = "127.0.0.1"


class PublishSettings(_Table):
    """The whole table."""

    venue: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    prefix: Topic = "momentum"
    mqtt: MqttSettings | None = None
    webhooks: tuple[WebhookSettings, ...] = ()
    metrics: MetricsSettings | None = None

    @property
    def anybody(self) -> bool:
        """Whether anybody is told anything."""
        return bool(self.mqtt or self.webhooks or self.metrics)


def shown_publish(settings: PublishSettings) -> dict[str, Any]:
    """The table as it may be shown and kept: only what was set, without what opens a receiver."""
    values = settings.model_dump(mode="json", exclude_unset=True)
    for row, webhook in zip(values.get("webhooks", ()), settings.webhooks, strict=False):
        row["url"] = webhook.shown
    return values
