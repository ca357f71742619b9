"""What a receiver has not confirmed yet of a run that is kept nowhere: as much as memory is given."""

from collections import deque
from collections.abc import Callable
from datetime import datetime

from engine.core.signals import Event, Reading
from engine.publish.backlog import LATE_AFTER_S, Item
from engine.publish.messages import Numbered, message
from engine.publish.wanted_events import Choice, Wishes
from engine.session.clocks import utc_now
from engine.session.follow_rows import Position


class MemoryBacklog:
    """Messages in memory: what does not fit is dropped, the oldest first, and counted.

    ``write`` is for the thread that listens and never waits; all else for the one that sends. Readings and all else
    have room of their own, so that a spike is not lost for readings.
    """

    def __init__(
        self,
        venue: str,
        session: str,
        wishes: Wishes,
        monotonic: Callable[[], float],
        utc: Callable[[], datetime] = utc_now,
        readings: int = 600,
        others: int = 1000,
    ) -> None:
        self._venue = venue
        self._session = session
        self._choice = Choice(wishes)
        self._monotonic = monotonic
        self._utc = utc
        self._count = 0
        self._numbers = {True: 0, False: 0}
        self._waiting: dict[bool, deque[tuple[int, float, Numbered]]] = {
            True: deque(maxlen=readings),
            False: deque(maxlen=others),
        }
        self._taken: deque[tuple[int, float, Numbered]] = deque()
        self._again: deque[tuple[int, float, Numbered]] = deque()
        self.dropped = 0

    def write(self, event: Event) -> None:
        """Take an event of the run, in order."""
        is_reading = isinstance(event, Reading)
        self._numbers[is_reading] += 1
        if not self._choice.wants(event):
            return
        self._count += 1
        queue = self._waiting[is_reading]
        if len(queue) == queue.maxlen:
            self.dropped += 1
        numbered = Numbered(event, self._numbers[is_reading], self._utc())
        queue.append((self._count, self._monotonic(), numbered))

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self, limit: int) -> list[Item]:
        """See ``Backlog``."""
        items: list[Item] = []
        while len(items) < limit:
            again = bool(self._again)
            entry = self._again.popleft() if again else self._next()
            if entry is None:
                break
            late = again or self._monotonic() - entry[1] > LATE_AFTER_S
            made = message(entry[2], self._venue, self._session, late)
            if made is not None:
                self._taken.append(entry)
                items.append(Item(made, Position(), self))
        return items

    def acknowledge(self, item: Item) -> None:
        """See ``Backlog``."""
        self._taken.popleft()

    def rewind(self) -> None:
        """See ``Backlog``."""
        self._again.extendleft(reversed(self._taken))
        self._taken.clear()

    def save(self) -> None:
        """It is not kept."""

    def close(self) -> None:
        """It is not kept."""

    def waiting(self) -> int:
        """How many are not acknowledged."""
        return len(self._taken) + len(self._again) + sum(map(len, self._waiting.values()))

    def _next(self) -> tuple[int, float, Numbered] | None:
        # Only this thread takes from the left, so what is seen first there can at worst be dropped for a newer one.
        queues = [queue for queue in self._waiting.values() if queue]
        try:
            return min(queues, key=lambda queue: queue[0][0]).popleft() if queues else None
        except IndexError:
            return None
