"""What every sender has: a thread, an end that does not wait for ever, and a word on how it goes."""

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

from engine.core.errors import MomentumError
from engine.core.text import plain
from engine.publish.backlog import Backlogs, Item

log = logging.getLogger(__name__)

TOLD_AFTER_S: Final = 10.0
"""A receiver that has been away for so long is told of."""


class Sender:
    """A thread between a run and a receiver; nobody ever waits for it but ``close``, and that for a time it is given.

    A sender defines ``work``, which returns when it is ``leaving``, or when it is ``ending`` and all is sent.
    """

    def __init__(self, receiver: str, backlogs: Backlogs, clock: Callable[[], float] = monotonic) -> None:
        self.receiver = receiver
        self.backlogs = backlogs
        self.clock = clock
        self.sent = 0
        """Messages that the receiver has."""
        self.late = 0
        """Those of them that came after their time."""
        self.refused = 0
        """Messages that it has seen and does not want."""
        self.failures = 0
        """Tries that failed."""
        self.connected = False
        self._ending = threading.Event()
        self._leave_at_s: float | None = None
        self._away_since_s: float | None = None
        self._fault = ""
        self._told = False
        self._notices: list[str] = []
        self._thread = threading.Thread(target=self._run, name=f"publish to {receiver}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def work(self) -> None:
        """Send until it is to end."""
        raise NotImplementedError

    def ask_to_end(self, within_s: float) -> None:
        """Send what there is, for at most so long."""
        self._leave_at_s = self.clock() + within_s
        self._ending.set()

    def close(self, wait_s: float) -> bool:
        """Wait for the end; returns whether it came."""
        self._thread.join(wait_s)
        return not self._thread.is_alive()

    def take_notices(self) -> list[str]:
        """What a person should know of it, each told once."""
        away_s = 0.0 if self._away_since_s is None else self.clock() - self._away_since_s
        if away_s >= TOLD_AFTER_S and not self._told:
            self._told = True
            self._notices.append(f"publish: {self._fault}; what is heard waits for {self.receiver}")
        notices, self._notices = self._notices, []
        return notices

    @property
    def ending(self) -> bool:
        """Whether it is to end when all is sent."""
        return self._ending.is_set()

    @property
    def leaving(self) -> bool:
        """Whether it is to end now."""
        return self._leave_at_s is not None and self.clock() >= self._leave_at_s

    @property
    def fault(self) -> str:
        """Why nothing can be sent at the moment; empty where it can."""
        return self._fault

    def wait(self, seconds: float) -> None:
        """Wait, though no longer than it is needed."""
        if self._leave_at_s is not None:
            seconds = min(seconds, max(0.0, self._leave_at_s - self.clock()))
            # Whoever is to end has waited for already.
            threading.Event().wait(seconds)
        else:
            self._ending.wait(seconds)

    def failed(self, error: MomentumError) -> None:
        """A try has failed."""
        self.connected = False
        self.failures += 1
        if self._away_since_s is None:
            self._away_since_s = self.clock()
        fault = plain(error.message)
        if fault != self._fault:
            log.warning("publish: %s %s", fault, error.hint)
        self._fault = fault

    def succeeded(self) -> None:
        """The receiver is there."""
        self.connected = True
        if self._away_since_s is not None:
            away_s = self.clock() - self._away_since_s
            log.info("publish: %s is there again after %.0f s", self.receiver, away_s)
            if self._told:
                self._notices.append(f"publish: {self.receiver} is there again after {away_s:.0f} s")
        self._away_since_s, self._fault, self._told = None, "", False

    def confirmed(self, item: Item, refusal: str = "") -> None:
        """The receiver has answered for a message."""
        if refusal:
            self.refused += 1
            log.warning("publish: %s does not take %s: %s", self.receiver, item.message.id, refusal)
            return
        self.sent += 1
        self.late += "late" in item.message.body

    def _run(self) -> None:
        try:
            self.work()
        except Exception:
            # Nobody waits for this thread, and the run goes on without it.
            log.exception("publish: the sender to %s has ended by a fault", self.receiver)
            self._fault = "its sender has ended by a fault"
        finally:
            self.connected = False
            self.backlogs.close()
