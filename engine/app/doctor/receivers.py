"""Checks of who is told: broker, certificate, clock. Where nobody is named, nothing is asked and nobody is called."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from typing import Final

from engine.app.doctor.checks import Finding, Surroundings, Verdict
from engine.core.errors import MomentumError
from engine.core.publish_settings import MqttSettings, PublishSettings, WebhookSettings

_ANSWER_S: Final = 5.0
_FEW_DAYS: Final = 21
_OFF_S: Final = 60.0
"""Receivers refuse signatures that are minutes old."""


def receivers(around: Surroundings) -> Iterator[Finding]:
    """Can everybody be told? None of it would stop the listening but a package that is missing."""
    settings = around.settings.publish
    if not settings.anybody:
        return
    from engine.app.publishing import check_packages

    check_packages(settings)
    if settings.mqtt is not None:
        yield from _broker(settings.mqtt, settings, around)
    for webhook in settings.webhooks:
        yield from _webhook(webhook, around)


def _broker(mqtt: MqttSettings, settings: PublishSettings, around: Surroundings) -> Iterator[Finding]:
    from engine.app.publishing import venue_of
    from engine.publish.messages import OFFLINE, STATE, topic
    from engine.publish.mqtt_connection import Connection, Note

    where = f"{mqtt.host}:{mqtt.port}"
    began_s = monotonic()
    try:
        will = Note(topic(settings.prefix, venue_of(settings), STATE), OFFLINE.encode())
        Connection(mqtt, "", will).leave()
    except MomentumError as error:
        yield Finding("broker", Verdict.WARNING, error.message, error.hint)
    else:
        took_ms = (monotonic() - began_s) * 1e3
        yield Finding("broker", Verdict.OK, f"{where} takes us, MQTT {mqtt.protocol}, {took_ms:.0f} ms")
    if mqtt.user is not None and not mqtt.tls and not _is_here(mqtt.host):
        said = "user and password travel in the clear"
        yield Finding("broker", Verdict.WARNING, said, "Let the broker speak TLS, and set tls = true.")
    yield from _secret_file(mqtt.password_from)
    if mqtt.tls:
        yield from _certificate(mqtt, around)


def _certificate(mqtt: MqttSettings, around: Surroundings) -> Iterator[Finding]:
    """How long the broker's certificate holds; that it holds now the connection has shown, or has said otherwise."""
    from engine.publish.mqtt_connection import tls_context

    context = tls_context(mqtt)
    # What is wrong with it has been said of the connection.
    with suppress(OSError), socket.create_connection((mqtt.host, mqtt.port), _ANSWER_S) as plain_socket:
        with context.wrap_socket(plain_socket, server_hostname=mqtt.host) as connected:
            row = connected.getpeercert() or {}
        until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(row.get("notAfter"))), UTC)
        days = (until - around.now()).days
        detail = f"the broker's certificate holds until {until:%Y-%m-%d}"
        if days < _FEW_DAYS:
            yield Finding("certificate", Verdict.WARNING, f"{detail}, {days} days", "Have the broker's renewed.")
        else:
            yield Finding("certificate", Verdict.OK, detail)


def _webhook(webhook: WebhookSettings, around: Surroundings) -> Iterator[Finding]:
    """Is somebody there, and is it the same time there? Nothing is posted."""
    import httpx

    from engine.publish.webhook import new_client

    yield from _secret_file(webhook.secret_from)
    began_s = time.monotonic()
    try:
        with new_client() as client, client.stream("HEAD", webhook.url, timeout=_ANSWER_S) as answer:
            date, status = answer.headers.get("date", ""), answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        said = f"{webhook.shown} can't be reached ({type(error).__name__})"
        yield Finding("webhook", Verdict.WARNING, said, "Look at url; 'momentum publish test' posts to it.")
        return
    took_ms = (time.monotonic() - began_s) * 1e3
    yield Finding("webhook", Verdict.OK, f"{webhook.shown} is there ({status}), {took_ms:.0f} ms")
    with suppress(ValueError):
        off_s = (around.now() - parsedate_to_datetime(date)).total_seconds()
        if abs(off_s) > _OFF_S:
            detail = f"this clock is {abs(off_s):.0f} s {'ahead of' if off_s > 0 else 'behind'} that of {webhook.shown}"
            yield Finding("clock", Verdict.WARNING, detail, "Let the network set it: signatures grow old in minutes.")


def _secret_file(place: str | None) -> Iterator[Finding]:
    if place is None or not place.startswith("file:"):
        return
    path = Path(place.removeprefix("file:")).expanduser()
    with suppress(OSError):  # that it can't be read is said where it is needed
        if path.stat().st_mode & 0o077:
            yield Finding("secret", Verdict.WARNING, f"others may read {path}", f"chmod 600 '{path}'")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
