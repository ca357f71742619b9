"""The sender to a broker: a thread of its own, which follows the run and sends until the broker has confirmed."""

import logging
import random
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from engine.core.errors import MomentumError
from engine.core.publish_settings import MqttSettings
from engine.publish import home_assistant
from engine.publish.backlog import SAVE_EVERY_S, Backlogs, Item
from engine.publish.messages import OFFLINE, ONLINE, RETAINED, STATE, topic
from engine.publish.mqtt_connection import ANSWER_S, Connection, Lost, Note
from engine.publish.sender import Sender

log = logging.getLogger(__name__)

RETRY_S: Final = (0.5, 15.0)
"""How long it waits before it connects again: at first, and at most."""
_RENEW_EVERY_S: Final = 1.0


@dataclass(slots=True)
class _Sent:
    item: Item
    at_s: float
    answered: bool = False


class MqttSender(Sender):
    """Publishes a run.

    Args:
        settings: of the broker.
        prefix: the first levels of all topics.
        venue: whose state it is; messages go to the topics of the venue that they name.
        backlogs: what is to be sent.
        clock: monotonic seconds.
        jitter: a number between 0 and 1 for each wait.
    """

    def __init__(
        self,
        settings: MqttSettings,
        prefix: str,
        venue: str,
        backlogs: Backlogs,
        clock: Callable[[], float] = monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(f"the broker {settings.host}:{settings.port}", backlogs, clock)
        self._settings = settings
        self._prefix = prefix
        self._venue = venue
        self._jitter = jitter
        self._client_id = f"momentum-{secrets.token_hex(6)}"
        self._state_topic = topic(prefix, venue, STATE)
        self._assistant_topic = f"{settings.home_assistant_prefix}/status"
        self._sent: dict[int, _Sent] = {}
        self._order: deque[int] = deque()
        self._renew_state = self._announce = False
        self._renewed_s = float("-inf")

    def work(self) -> None:
        """Connect, send, and begin again when the connection is lost, until asked to end."""
        failures = 0
        while not self.leaving:
            try:
                connection = self._connected()
            except MomentumError as error:
                self.failed(error)
                failures += 1
            else:
                failures = 0
                self.succeeded()
                try:
                    self._serve(connection)
                    return
                except MomentumError as error:
                    connection.drop()
                    self.failed(error)
            self.wait(self._pause_s(failures))

    def _pause_s(self, failures: int) -> float:
        longest_s = min(RETRY_S[1], RETRY_S[0] * 2.0 ** min(failures, 10))
        return longest_s * (0.5 + self._jitter() / 2)

    def _connected(self) -> Connection:
        listen_to = [self._state_topic]
        if self._settings.home_assistant:
            listen_to.append(self._assistant_topic)
        will = Note(self._state_topic, OFFLINE.encode())
        return Connection(self._settings, self._client_id, will, tuple(listen_to), self._heard, self.clock)

    def _heard(self, at: str, payload: bytes) -> None:
        if at == self._state_topic and payload != ONLINE.encode():
            # The will of a connection that we have long replaced, or another recorder of this venue that has ended.
            self._renew_state = True
        elif at == self._assistant_topic and payload == ONLINE.encode():
            self._announce = True

    def _serve(self, connection: Connection) -> None:
        """Send over one connection until we are to end; raises ``Lost`` where it breaks."""
        self.backlogs.rewind()
        self._sent.clear()
        self._order.clear()
        self._renew_state, self._announce = True, self._settings.home_assistant
        self._renewed_s = float("-inf")
        saved_s = self.clock()
        while not self.leaving:
            self._say_who_we_are(connection)
            ending = self.ending  # asked first: what came before the end is seen by the look that follows
            items = self.backlogs.take(connection.window - len(self._order))
            self._send(connection, items)
            if ending and not self._order and not items:
                break
            connection.turn()
            self._confirm(connection)
            if self.clock() - saved_s >= SAVE_EVERY_S:
                self.backlogs.save()
                saved_s = self.clock()
        connection.leave(Note(self._state_topic, OFFLINE.encode()))

    def _send(self, connection: Connection, items: list[Item]) -> None:
        for item in items:
            where = topic(self._prefix, str(item.message.body["venue"]), item.message.kind)
            number = connection.publish(where, item.message.payload(), item.message.kind in RETAINED)
            self._sent[number] = _Sent(item, self.clock())
            self._order.append(number)

    def _confirm(self, connection: Connection) -> None:
        for number, refusal in connection.take_acknowledged().items():
            sent = self._sent.get(number)
            if sent is not None:  # else it was the state
                sent.answered = True
                self.confirmed(sent.item, refusal)
        while self._order and self._sent[self._order[0]].answered:
            self.backlogs.acknowledge(self._sent.pop(self._order.popleft()).item)
        if self._order and self.clock() - self._sent[self._order[0]].at_s > ANSWER_S:
            raise Lost("the broker has stopped to acknowledge", "It is connected anew.")

    def _say_who_we_are(self, connection: Connection) -> None:
        if self._renew_state and self.clock() - self._renewed_s >= _RENEW_EVERY_S:
            self._renew_state, self._renewed_s = False, self.clock()
            connection.publish(self._state_topic, ONLINE.encode(), retain=True)
        if self._announce:
            self._announce = False
            for note in home_assistant.discovery(self._settings, self._prefix, self._venue):
                connection.publish(note.topic, note.payload, retain=True)
