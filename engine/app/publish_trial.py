"""A trial of everybody who is to be told: one of each message, marked as a test, and what came back."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from engine.app.publishing import check_packages, venue_of
from engine.core.errors import MomentumError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.publish_settings import MetricsSettings, MqttSettings, PublishSettings, WebhookSettings
from engine.core.signals import TYPE_NAMES, Alarm, End, Event, Health, HealthChange, Mark, Reading, Spike, Start
from engine.core.text import plain
from engine.publish.messages import OFFLINE, STATE, Message, Numbered, message, topic
from engine.publish.wanted_events import EVENTS
from engine.session.clocks import utc_now

if TYPE_CHECKING:
    from engine.publish.mqtt_connection import Connection


@dataclass(frozen=True, slots=True)
class Tried:
    """What was sent to whom, whether it arrived, and what came back."""

    receiver: str
    sent: str
    arrived: bool
    came_back: str


def try_everybody(settings: PublishSettings, now: Callable[[], datetime] = utc_now) -> Iterator[Tried]:
    """Send to each receiver in turn. Raises ``UsageError`` where a package is missing."""
    check_packages(settings)
    venue = venue_of(settings)
    messages = trial_messages(venue, now())
    if settings.mqtt is not None:
        yield from _try_broker(settings.mqtt, settings.prefix, venue, messages)
    for webhook in settings.webhooks:
        yield from _try_webhook(webhook, messages)
    if settings.metrics is not None:
        yield _try_metrics(settings.metrics, venue)


def trial_messages(venue: str, at: datetime) -> list[Message]:
    """One of each type of message, by the schema and marked as a test."""
    started, words = at.strftime("%Y-%m-%dT%H:%M:%SZ"), "a test of 'momentum publish test'"
    events: list[Event] = [
        Start("", words, "none", False, SAMPLE_RATE_HZ, started, 0.5, "none"),
        HealthChange(0.0, Health.LISTENING, words),
        Reading(1.0, 0.5, -30.0, -20.0, Health.LISTENING),
        Alarm(1.0, 2.0, 0.6),
        Spike(1.0, 2.0, 3.0, 0.7, 2.0),
        Mark(3.0, "test", words),
        End(4.0, "test", words),
    ]
    session = at.strftime("test-%Y%m%dT%H%M%S%fZ")
    made: list[Message] = []
    for number, event in enumerate(events, start=1):
        found = message(Numbered(event, number, at), venue, session)
        assert found is not None
        made.append(Message(found.kind, found.body | {"id": f"{session}/test{number}", "test": True}))
    return made


def _try_broker(settings: MqttSettings, prefix: str, venue: str, messages: list[Message]) -> Iterator[Tried]:
    from engine.publish.mqtt_connection import Connection, Note

    who = f"broker {settings.host}:{settings.port}"
    began_s = monotonic()
    try:
        connection = Connection(settings, "", Note(topic(prefix, venue, STATE), OFFLINE.encode()))
    except MomentumError as error:
        yield Tried(who, "connection", False, error.in_one_line)
        return
    yield Tried(
        who, "connection", True, f"taken after {(monotonic() - began_s) * 1e3:.0f} ms, MQTT {settings.protocol}"
    )
    try:
        for each in messages:
            where = topic(prefix, str(each.body["venue"]), each.kind)
            arrived, said = _send(connection, where, each)
            yield Tried(who, f"{each.type} to {where}", arrived, said)
    except MomentumError as error:
        yield Tried(who, "the rest", False, error.in_one_line)
        connection.drop()
        return
    connection.leave()


def _send(connection: "Connection", where: str, each: Message) -> tuple[bool, str]:
    from engine.publish.mqtt_connection import ANSWER_S

    began_s = monotonic()
    # Not retained: whoever comes later should not find a test.
    number = connection.publish(where, each.payload(), retain=False)
    while monotonic() - began_s < ANSWER_S:
        connection.turn()
        answers = connection.take_acknowledged()
        if number in answers:
            took = f"acknowledged after {(monotonic() - began_s) * 1e3:.0f} ms"
            return not answers[number], answers[number] or took
    return False, f"not acknowledged within {ANSWER_S:.0f} s"


def _try_webhook(settings: WebhookSettings, messages: list[Message]) -> Iterator[Tried]:
    from engine.publish.webhook import new_client, post

    types = {TYPE_NAMES[of] for name in settings.events for of in EVENTS[name]}
    with new_client() as client:
        for each in messages:
            if each.type not in types:
                continue
            began_s = monotonic()
            try:
                status = post(client, settings, each, time.time())
            except MomentumError as error:
                yield Tried(settings.shown, each.type, False, error.message)
            else:
                signed = "signed" if settings.secret_from else "not signed"
                took_ms = (monotonic() - began_s) * 1e3
                yield Tried(settings.shown, each.type, True, f"{status} after {took_ms:.0f} ms, {signed}")


def _try_metrics(settings: MetricsSettings, venue: str) -> Tried:
    from engine.publish.metrics import RunFigures, served

    who = f"metrics http://{settings.address}:{settings.port}/metrics"
    try:
        with served(settings, RunFigures(plain(venue), time.time)):
            return Tried(who, "port", True, "can be opened; it is while something listens")
    except MomentumError as error:
        return Tried(who, "port", False, error.in_one_line)
