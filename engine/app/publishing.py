"""Who is told of a run while it goes on, as the settings say, and what is left of former runs for them."""

import logging
import platform
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from engine.core.errors import MomentumError
from engine.core.publish_settings import PublishSettings
from engine.core.run_protocols import ReadingSink
from engine.core.telling import Tell
from engine.core.text import plain
from engine.publish.backlog import Backlog, Backlogs, Place, StoredBacklog
from engine.publish.memory_backlog import MemoryBacklog
from engine.publish.secret_places import needs_extra
from engine.publish.sender import Sender
from engine.publish.wanted_events import Wishes
from engine.session import list_sessions
from engine.session.clocks import utc_now
from engine.session.file_lock import is_held
from engine.session.folder import LOCK
from engine.session.follow_rows import Position

if TYPE_CHECKING:
    from engine.session import SessionWriter

log = logging.getLogger(__name__)

LAST_S: Final = 2.0
"""How long the end of a run waits for receivers; what they have not taken by then goes with the next start."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is told. ``key`` names its position files; ``make`` makes what sends to it."""

    key: str
    wishes: Wishes
    make: Callable[[Backlogs], Sender]


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """What goes on beside a run: ``sinks`` are told its events."""

    sinks: list[ReadingSink] = field(default_factory=list)
    senders: list[Sender] = field(default_factory=list)

    def take_notices(self) -> list[str]:
        """What a person should know of it, each told once."""
        return [notice for sender in self.senders for notice in sender.take_notices()]


def venue_of(settings: PublishSettings) -> str:
    """The venue that the settings name, else this computer."""
    return settings.venue or platform.node() or "venue"


def check_packages(settings: PublishSettings) -> None:
    """Raises ``UsageError`` where a package that the settings need is missing."""
    receivers(settings, venue_of(settings))


MQTT: Final = "mqtt"


def receivers(settings: PublishSettings, venue: str) -> list[Receiver]:
    """All of the settings. Raises ``UsageError`` where a package that one needs is missing."""
    found: list[Receiver] = []
    if settings.mqtt is not None:
        mqtt = settings.mqtt
        _need("paho", "paho-mqtt")

        def to_broker(backlogs: Backlogs) -> Sender:
            from engine.publish.mqtt import MqttSender

            return MqttSender(mqtt, settings.prefix, venue, backlogs)

        found.append(Receiver(MQTT, Wishes(readings_hz=mqtt.readings_hz), to_broker))
    for webhook in settings.webhooks:
        _need("httpx", "httpx")

        def to_webhook(backlogs: Backlogs, webhook=webhook) -> Sender:  # type: ignore[no-untyped-def]
            from engine.publish.webhook import WebhookSender

            return WebhookSender(webhook, backlogs)

        key = f"webhook-{sha256(webhook.url.encode()).hexdigest()[:8]}"
        found.append(Receiver(key, Wishes(frozenset(webhook.events), only_changes=True), to_webhook))
    if settings.metrics is not None:
        _need("prometheus_client", "prometheus-client")
    return found


@contextmanager
def publishing(
    settings: PublishSettings,
    writer: "SessionWriter | None",
    root: Path,
    tell: Tell,
    venue: str | None = None,
) -> Iterator[Published]:
    """Tell everybody of a run while inside; at the end they have ``LAST_S`` to take the rest.

    A receiver that is not there holds up nothing: of a run that ``writer`` keeps all is sent later, in this run or
    with the next start.

    Args:
        settings: who is told.
        writer: keeps the session; None where none is kept.
        root: where sessions lie; what is left there for the receivers is sent first.
        tell: hears at the end what has not been sent.
        venue: of this run, where several go on in this process: only what is left of it is sent then.

    Raises:
        MomentumError: a package that is needed is missing.
    """
    mine = venue or venue_of(settings)
    everybody = receivers(settings, mine)
    run = _Run(writer, mine)
    pairs = [(receiver, *run.backlog(receiver)) for receiver in everybody]
    senders: list[Sender] = []
    sinks: list[ReadingSink] = []
    for receiver, present, memory in pairs:
        left = left_over(root, receiver.key, venue, writer.folder if writer else None)
        senders.append(receiver.make(Backlogs(left, receiver.wishes, present)))
        if memory is not None:
            sinks.append(memory)
    with ExitStack() as opened:
        if settings.metrics is not None:
            from engine.publish.metrics import RunFigures, served

            figures = RunFigures(plain(mine), time.time, senders)
            try:
                opened.enter_context(served(settings.metrics, figures))
                sinks.append(figures)
            except MomentumError as error:  # a port that is taken is no reason not to listen
                tell(error.in_one_line)
                log.warning("%s %s", error.message, error.hint)
        for sender in senders:
            sender.start()
        try:
            yield Published(sinks, senders)
        finally:
            _end(senders)
            for (receiver, _, memory), sender in zip(pairs, senders, strict=True):
                run.tell_the_rest(receiver, memory, sender, tell)


def left_over(root: Path, key: str, venue: str | None, present: Path | None) -> list[Place]:
    """Sessions that a receiver has not all of, the oldest first; not ``present``, nor what another process records."""
    found: list[Place] = []
    for folder in sorted(list_sessions(root), key=lambda folder: folder.name):
        place = Place(folder, key)
        if folder == present or not place.file.exists() or is_held(folder / LOCK):
            continue
        try:
            if venue is None or place.read()[1] == venue:
                found.append(place)
        except MomentumError as error:
            log.warning("%s %s", error.message, error.hint)
    return found


class _Run:
    """The present run as the backlogs see it."""

    def __init__(self, writer: "SessionWriter | None", venue: str) -> None:
        self._writer = writer
        self._venue = venue
        started = utc_now().strftime("%Y%m%dT%H%M%SZ")
        self._session = writer.name if writer else f"unrecorded-{started}-{secrets.token_hex(3)}"

    def backlog(self, receiver: Receiver) -> "tuple[Callable[[], Backlog], MemoryBacklog | None]":
        """Opens what a receiver has not confirmed; where nothing is kept, the sink that remembers it."""
        writer = self._writer
        if writer is None:
            memory = MemoryBacklog(self._venue, self._session, receiver.wishes, monotonic)
            return lambda: memory, memory
        place = Place(writer.folder, receiver.key)
        # At once: whoever starts after a kill finds that this run was to be published.
        try:
            place.write(Position(), self._venue)
        except OSError as error:  # a full disk is no reason not to listen
            log.warning("publish: nothing is sent to %s: %s", receiver.key, error)
        return lambda: StoredBacklog(place, receiver.wishes, lambda: writer.elapsed_s), None

    def tell_the_rest(self, receiver: Receiver, memory: MemoryBacklog | None, sender: Sender, tell: Tell) -> None:
        """Say what a receiver has not taken; forget the position of a session that it has all of."""
        if memory is not None:
            lost = memory.dropped + memory.waiting()
            if lost:
                tell(f"publish: {lost} messages never reached {sender.receiver}, and this run is not kept")
            return
        assert self._writer is not None
        place = Place(self._writer.folder, receiver.key)
        try:
            waiting = StoredBacklog(place, receiver.wishes)
            count = waiting.waiting()
            if count:
                waiting.close()
                why = f" ({sender.fault})" if sender.fault else ""
                tell(f"publish: {count} messages wait for {sender.receiver}{why}; the next start sends them")
            elif waiting.ended:
                waiting.finish()
            else:
                waiting.close()
        except (MomentumError, OSError) as error:
            tell(f"publish: what waits for {sender.receiver} can't be told: {error}")


_GOODBYES_S: Final = 0.5


def _end(senders: list[Sender]) -> None:
    """Give all of them the same time to end."""
    for sender in senders:
        sender.ask_to_end(LAST_S)
    until_s = monotonic() + LAST_S + _GOODBYES_S
    for sender in senders:
        if not sender.close(max(0.0, until_s - monotonic())):
            log.warning("publish: %s does not answer; it is left alone", sender.receiver)


def _need(module: str, package: str) -> None:
    if find_spec(module) is None:
        raise needs_extra(package)
