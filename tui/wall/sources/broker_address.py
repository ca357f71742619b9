"""Where the broker is whose venues the wall shows: from an address that a person writes, or from the settings."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from engine.core.errors import UsageError
from engine.core.publish_settings import PublishSettings
from engine.core.text import plain

PREFIX: Final = "momentum"
SCHEMES: Final = ("mqtt", "mqtts")
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_ADDRESS_HINT: Final = "such as mqtt://broker.example, or mqtts://user@broker.example:8883/prefix"


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker is and how it is entered. ``ca``, ``certificate`` and ``key`` are PEM files."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    prefix: str = PREFIX
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    protocol: Literal["5", "3.1.1"] = "5"

    @property
    def title(self) -> str:
        """The address without its secrets."""
        scheme = "mqtts" if self.tls else "mqtt"
        usual = self.port == _PORTS[scheme]
        host = f"[{self.host}]" if ":" in self.host else self.host
        under = "" if self.prefix == PREFIX else f"/{self.prefix}"
        return plain(f"{scheme}://{host}{'' if usual else f':{self.port}'}{under}", 60)


def read_address(text: str, ca: Path | None = None) -> BrokerAddress:
    """``mqtt://[user:password@]host[:port][/prefix]``, ``mqtts`` for TLS. Raises ``UsageError`` for anything else."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError("the address of the broker can't be read", _ADDRESS_HINT) from error
    if parts.scheme not in SCHEMES or not parts.hostname or parts.query or parts.fragment:
        raise UsageError("that is no address of a broker", _ADDRESS_HINT)
    prefix = unquote(parts.path).strip("/") or PREFIX
    if any(sign in prefix for sign in "+#\0"):
        raise UsageError(f"the prefix {prefix!r} has signs that stand for any topic", _ADDRESS_HINT)
    return BrokerAddress(
        parts.hostname,
        port or _PORTS[parts.scheme],
        parts.scheme == "mqtts",
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        prefix,
        ca,
    )


def address_of(publish: PublishSettings, password: str | None) -> BrokerAddress | None:
    """The broker that this machine's recorder publishes to by its settings; None where it does to none."""
    mqtt = publish.mqtt
    if mqtt is None:
        return None
    ca, certificate, key = (
        Path(file).expanduser() if file else None for file in (mqtt.ca_file, mqtt.certificate_file, mqtt.key_file)
    )
    return BrokerAddress(
        mqtt.host, mqtt.port, mqtt.tls, mqtt.user, password, publish.prefix, ca, certificate, key, mqtt.protocol
    )
