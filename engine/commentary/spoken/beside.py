"""A commentary beside a run: its teller works in a thread of its own, and the run takes what is there and goes on.

Whatever the teller does (blocks, dies, speaks too much) is a state that the run writes down, never a wait or a fault.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from engine.core.signals import Event, Hearing, Reading, Words, WordsState
from engine.core.text import plain

LATE_S: Final = 10.0
"""Behind by more than this, words are late; and they are no more once they are behind by less than half of it."""
QUIET_S: Final = 5.0
"""A teller that has given no sign of life for this long counts as behind by so much."""
LOST_S: Final = 60.0
"""One that has given none for this long is lost, until it gives one."""
SILENT_S: Final = 30.0
"""Seconds of the run's sound without a word."""
REST_S: Final = 0.5
"""How long the end of a run waits for words that are just on their way."""
TEXT_CELLS: Final = 2000
_MOST_WAITING: Final = 200
_MOST_AT_ONCE: Final = 50
_LOOKS: Final = 10

log = logging.getLogger(__name__)


class Closed(Exception):
    """The run is over, so nobody listens to the teller any more."""


class Teller(Protocol):
    """Where words come from. ``tell`` runs in a thread of its own and may take as long as it likes."""

    @property
    def name(self) -> str:
        """What a person calls it."""
        ...

    def tell(self, to: "SpokenBeside") -> None:
        """Hand words to ``to`` until there are no more. ``Closed`` comes out of what it calls there, and ends it."""
        ...


@dataclass(frozen=True, slots=True)
class _Sign:
    """The newest that the teller has said of itself, and when by the monotonic clock."""

    at_s: float
    state: WordsState


class SpokenBeside:
    """See ``engine.core.run_protocols.Beside``; the teller's side is ``say``, ``show``, ``alive`` and ``wait_for``.

    The two threads meet in a deque and in attributes, each written by one of them. The teller is a daemon: one that
    never comes back does not keep the program from ending.
    """

    def __init__(self, teller: Teller, clock: Callable[[], float] = time.monotonic) -> None:
        self._teller = teller
        self._clock = clock
        self._heard_s = 0.0
        self._moved = threading.Event()
        self._closed = threading.Event()
        self._caught_up = threading.Event()
        self._said: deque[Words] = deque(maxlen=_MOST_WAITING)
        self._sign = _Sign(clock(), WordsState(0.0, Hearing.STARTING))
        self._told: WordsState | None = None
        self._quiet_since_s = 0.0
        self._told_s = 0.0
        self._thread = threading.Thread(target=self._run, name="commentary", daemon=True)

    def start(self) -> None:
        """Begin to listen to the teller."""
        self._thread.start()

    def close(self, within_s: float = 2.0) -> None:
        """End the teller; one that does not end ``within_s`` is left behind. Harmless when done twice."""
        self._closed.set()
        self._moved.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    # The run's side.

    @property
    def heard_s(self) -> float:
        """Seconds of sound that the run has heard."""
        return self._heard_s

    def known_s(self, heard_s: float) -> float:
        """Up to when all words are known that ``take`` gives next, where the run has heard ``heard_s`` seconds."""
        late_s = self._late_s(self._sign) if self._sign.state.state is Hearing.LISTENING else 0.0
        return min(heard_s - late_s, self._told_s)

    def take(self, heard_s: float) -> Sequence[Event]:
        """See ``Beside``."""
        self._heard_s = heard_s
        self._moved.set()
        return self._new(heard_s, _MOST_AT_ONCE)

    def rest(self, heard_s: float) -> Sequence[Event]:
        """See ``Beside``."""
        self._heard_s = heard_s
        for _ in range(_LOOKS):
            self._caught_up.clear()
            if self._told_s >= heard_s or not self._thread.is_alive():
                break
            self._moved.set()
            self._caught_up.wait(REST_S / _LOOKS)
        return self._new(heard_s, _MOST_WAITING)

    def fused(self, reading: Reading) -> Reading:
        """See ``Beside``: words alone, of which no model is asked, say nothing beside the crowd."""
        return reading

    def _new(self, heard_s: float, most: int) -> list[Event]:
        events: list[Event] = []
        while self._said and len(events) < most:
            words = self._said.popleft()
            self._quiet_since_s = max(self._quiet_since_s, words.end)
            events.append(words)
        if self._told is None or self._told.state in (Hearing.STARTING, Hearing.LOST):
            # Nobody could be heard until now, so it has not been silent since the last word.
            self._quiet_since_s = max(self._quiet_since_s, heard_s)
        state = self._state(heard_s)
        if self._is_news(state):
            self._told = state
            events.append(state)
        return events

    def _state(self, heard_s: float) -> WordsState:
        sign = self._sign
        quiet_s = self._clock() - sign.at_s
        late_s = self._late_s(sign)
        state = replace(sign.state, t=heard_s, late_s=0.0)
        if state.state in (Hearing.LOST, Hearing.OVER):
            return state
        if quiet_s > LOST_S:
            return WordsState(heard_s, Hearing.LOST, 0.0, f"no sign of life for {quiet_s:.0f} s")
        if state.state is Hearing.STARTING:
            return replace(state, detail=state.detail or self._teller.name)
        was_late = self._told is not None and self._told.state is Hearing.LATE
        if late_s > (LATE_S / 2 if was_late else LATE_S):
            return replace(state, state=Hearing.LATE, late_s=late_s)
        if heard_s - self._quiet_since_s > SILENT_S:
            return replace(state, state=Hearing.SILENT)
        return replace(state, state=Hearing.LISTENING)

    def _late_s(self, sign: _Sign) -> float:
        quiet_s = self._clock() - sign.at_s
        return sign.state.late_s + (quiet_s if quiet_s > QUIET_S else 0.0)

    def _is_news(self, state: WordsState) -> bool:
        """Of one that is late, only that it has become half or twice as much: a line a second would say nothing."""
        told = self._told
        if told is None or told.state is not state.state:
            return True
        if state.state is Hearing.LATE:
            return state.late_s > 2 * told.late_s or state.late_s < told.late_s / 2
        return state.state is not Hearing.LOST and state.detail != told.detail

    # The teller's side.

    def say(self, words: Words) -> None:
        """Words that were said; of more than the run takes the oldest go. Raises ``Closed``."""
        self._check()
        text = plain(words.text, TEXT_CELLS)
        end_s = max(words.start, words.end)
        if text:
            self._said.append(Words(max(words.t, end_s), words.start, end_s, text, plain(words.language, 16)))

    def show(self, state: Hearing, late_s: float = 0.0, detail: str = "") -> None:
        """A sign of life, with a state: one of starting, listening, lost and over. Raises ``Closed``."""
        self._check()
        self._sign_now(state, max(0.0, late_s), detail)

    def wait_for(self, heard_s: float) -> None:
        """Until the run has heard so much; gives signs of life meanwhile. Raises ``Closed`` at its end."""
        while (told_s := self._heard_s) < heard_s:
            self.show(Hearing.LISTENING)
            self.told_all(told_s)
            self.pause(0.5)

    def told_all(self, heard_s: float = float("inf")) -> None:
        """All is told that was said by then: nobody need wait for more at the end."""
        self._told_s = heard_s
        self._caught_up.set()

    def pause(self, seconds: float) -> None:
        """Until the run moves on, for ``seconds`` at most. Raises ``Closed`` at its end."""
        self._moved.wait(seconds)
        self._moved.clear()
        self._check()

    def wait_closed(self, seconds: float) -> None:
        """For ``seconds``. Raises ``Closed`` as soon as the run is over."""
        self._closed.wait(seconds)
        self._check()

    @property
    def closed(self) -> bool:
        """Whether the run is over."""
        return self._closed.is_set()

    def _check(self) -> None:
        if self._closed.is_set():
            raise Closed

    def _run(self) -> None:
        try:
            self._teller.tell(self)
        except Closed:
            pass
        except Exception as fault:
            log.exception("the commentary %s ended by a fault", self._teller.name)
            self._sign_now(Hearing.LOST, 0.0, f"{type(fault).__name__}: {fault}")
        finally:
            self.told_all()  # nobody will tell any more

    def _sign_now(self, state: Hearing, late_s: float, detail: str) -> None:
        self._sign = _Sign(self._clock(), WordsState(self._heard_s, state, late_s, plain(detail, 200)))
