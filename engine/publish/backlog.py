"""What a receiver has not confirmed yet. Of a run that is kept this is its session on disk: nothing waits in memory."""

import json
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

from engine.core.errors import InputError, MomentumError
from engine.core.files import write_whole_json
from engine.core.signals import Reading
from engine.publish.messages import Message, Numbered, message
from engine.publish.wanted_events import Choice, Wishes
from engine.session import SessionReader
from engine.session.follow_rows import Position, RowsInOrder, StoredRow

log = logging.getLogger(__name__)

LATE_AFTER_S: Final = 2.0
"""A message that leaves so long after it was recorded says that it is late."""
SAVE_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A message to be sent, and how far its backlog is done when it is confirmed."""

    message: Message
    position: Position
    backlog: "Backlog"


class Backlog(Protocol):
    """Messages in order, each handed out until it is acknowledged. Used by one thread."""

    def take(self, limit: int) -> list[Item]:
        """The next ones, at most ``limit``."""
        ...

    def acknowledge(self, item: Item) -> None:
        """It was received, and so was all before it."""
        ...

    def rewind(self) -> None:
        """Hand out again what was not acknowledged: the connection is another one."""
        ...

    def save(self) -> None:
        """Write down how far it is done, where there is something new."""
        ...

    def close(self) -> None:
        """Save and let go."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a receiver's position in a session is kept: a file beside the session's store.

    It is there while something may wait for the receiver, and gone when that has all of a finished session.
    """

    folder: Path
    receiver: str

    @property
    def file(self) -> Path:
        """The file."""
        return self.folder / f"publish-{self.receiver}.json"

    def read(self) -> tuple[Position, str]:
        """The position, and the venue. Raises ``InputError`` where the file says neither."""
        try:
            row = json.loads(self.file.read_text(encoding="utf-8"))
            return Position(int(row["reading"]), int(row["event"])), str(row["venue"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{self.file} does not say what was published", "Delete it: nothing of that session is sent then."
            ) from error

    def write(self, position: Position, venue: str) -> None:
        """Keep the position. Raises ``OSError``."""
        write_whole_json(self.file, {"v": 1, "venue": venue, "reading": position.reading, "event": position.event})


_PORTION: Final = 500
"""Rows that are read at once."""
_COUNT_LIMIT: Final = 50_000


class StoredBacklog:
    """What of a session on disk a receiver has not confirmed; its position outlives the process.

    ``elapsed_s`` is the recorder's clock since the start of a session that goes on; of a finished one, None, all is
    late. Raises ``InputError`` where the session or the position can't be read.
    """

    def __init__(self, place: Place, wishes: Wishes, elapsed_s: Callable[[], float] | None = None) -> None:
        self._place = place
        self._wishes = wishes
        self._elapsed_s = elapsed_s
        self.acknowledged, self._venue = place.read()
        self._saved = self._handed = self.acknowledged
        self._unconfirmed = 0
        self._reader = SessionReader.open(place.folder)
        self._started_at = self._reader.info.started_at
        self._rows: RowsInOrder = self._reader.rows_after(self.acknowledged, wishes.readings_hz > 0)
        self._ready: deque[StoredRow] = deque()
        self._choice = Choice(wishes)
        self.rewind()

    @property
    def ended(self) -> bool:
        """Whether the session has its end: nothing of the recorder's comes any more."""
        return self._reader.info.end is not None

    @property
    def unconfirmed(self) -> int:
        """How many are on their way."""
        return self._unconfirmed

    def take(self, limit: int) -> list[Item]:
        """See ``Backlog``. Raises ``InputError`` where the store can't be read."""
        items: list[Item] = []
        while len(items) < limit:
            if not self._ready:
                self._ready.extend(self._rows.new(_PORTION))
            if not self._ready:
                break
            row = self._ready.popleft()
            item = self._item(row) if self._choice.wants(row.event) and not self._is_done(row) else None
            if item is not None:
                items.append(item)
        self._unconfirmed += len(items)
        return items

    def acknowledge(self, item: Item) -> None:
        """See ``Backlog``."""
        self._unconfirmed -= 1
        self.acknowledged = item.position

    def rewind(self) -> None:
        """See ``Backlog``."""
        self._ready.clear()
        self._unconfirmed = 0
        self._choice = Choice(self._wishes)
        # Which reading of a stretch is the first, and which state of health another one, is told by what came before.
        self._rows.go_to(Position(max(0, self.acknowledged.reading - 1), 0))

    def save(self) -> None:
        """See ``Backlog``. A full disk is no reason to stop sending; whoever starts again sends a little twice."""
        if self.acknowledged == self._saved:
            return
        try:
            self._place.write(self.acknowledged, self._venue)
        except OSError as error:
            log.debug("%s: %s", self._place.file, error)
            return
        self._saved = self.acknowledged

    def finish(self) -> None:
        """The receiver has all of it: nothing is left to remember."""
        self._reader.close()
        self._place.file.unlink(missing_ok=True)

    def close(self) -> None:
        """See ``Backlog``."""
        self.save()
        self._reader.close()

    def waiting(self) -> int:
        """How many messages are not acknowledged, up to some ten thousand."""
        self.rewind()
        count = rows = 0
        while rows < _COUNT_LIMIT and (portion := self._rows.new(_PORTION)):
            rows += len(portion)
            count += sum(self._choice.wants(row.event) and not self._is_done(row) for row in portion)
        return count

    def _is_done(self, row: StoredRow) -> bool:
        """Whether it was confirmed, and is read again for the choice alone."""
        done = self.acknowledged.reading if isinstance(row.event, Reading) else self.acknowledged.event
        return row.number <= done

    def _item(self, row: StoredRow) -> Item | None:
        elapsed_s = row.elapsed_s or 0.0
        again = row.position.reading <= self._handed.reading and row.position.event <= self._handed.event
        late = again or self._elapsed_s is None or self._elapsed_s() - elapsed_s > LATE_AFTER_S
        if not again:
            self._handed = row.position
        numbered = Numbered(row.event, row.number, self._started_at + timedelta(seconds=elapsed_s))
        made = message(numbered, self._venue, self._place.folder.name, late)
        return None if made is None else Item(made, row.position, self)


class Backlogs:
    """What former sessions have left for a receiver, the oldest first, and then the present run.

    Args:
        left: places of finished sessions.
        present: opens the backlog of the present run; None where only the left-overs are to be sent.
    """

    def __init__(self, left: list[Place], wishes: Wishes, present: Callable[[], Backlog] | None) -> None:
        self._left = deque(left)
        self._wishes = wishes
        self._open_present = present
        self._first: StoredBacklog | None = None
        self._present: Backlog | None = None
        self._told = ""

    @property
    def exhausted(self) -> bool:
        """Whether former sessions have left nothing, or nothing any more."""
        return self._first is None and not self._left

    def take(self, limit: int) -> list[Item]:
        """See ``Backlog``. A session that can't be read is told of and left alone."""
        while not self.exhausted:
            try:
                if self._first is None:
                    self._first = StoredBacklog(self._left[0], self._wishes)
                items = self._first.take(limit)
            except (MomentumError, OSError) as error:
                log.warning("what waits in %s can't be published: %s", self._left[0].folder.name, error)
                self._forget()
                continue
            if items or self._first.unconfirmed:
                return items
            self._first.finish()
            self._forget()
        return self._take_present(limit)

    def acknowledge(self, item: Item) -> None:
        """See ``Backlog``."""
        item.backlog.acknowledge(item)

    def rewind(self) -> None:
        """See ``Backlog``."""
        for backlog in self._open():
            backlog.rewind()

    def save(self) -> None:
        """See ``Backlog``."""
        for backlog in self._open():
            backlog.save()

    def close(self) -> None:
        """See ``Backlog``."""
        for backlog in self._open():
            backlog.close()

    def _take_present(self, limit: int) -> list[Item]:
        try:
            if self._present is None:
                if self._open_present is None:
                    return []
                self._present = self._open_present()
            return self._present.take(limit)
        except (MomentumError, OSError) as error:
            if str(error) != self._told:  # it may be readable again the next moment
                self._told = str(error)
                log.warning("the session can't be read to be published: %s", error)
            return []

    def _open(self) -> list[Backlog]:
        return [backlog for backlog in (self._first, self._present) if backlog is not None]

    def _forget(self) -> None:
        self._left.popleft()
        self._first = None
