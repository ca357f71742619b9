"""The events that the words of a commentary tell while a run goes on, and what crowd and words say together.

The model of words is asked in a thread of its own, about once in two seconds of sound. The run hands on words and takes
what is there: adding the two channels up is all that it does itself.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Final

from engine.commentary.crowd_and_words import CrowdAndWords
from engine.commentary.features import STEP_S
from engine.commentary.said_so_far import SaidSoFar
from engine.commentary.spoken.beside import REST_S, SpokenBeside
from engine.commentary.transcript import Segment
from engine.commentary.words_to_events import SaidEvent
from engine.core.said_events import GOAL, WITHIN_S
from engine.core.signals import Event, Hearing, Reading, Words, WordsEvent, WordsState
from engine.core.text import plain

LEAST: Final = 0.3
"""Events of at least this probability are told, as 'momentum commentary' does."""
SETTLE_S: Final = 0.5
"""Words that have just ended are on their way for so long."""
_MOVED_CELLS: Final = 60
_KIND_OF: Final = {"Shots on target": "chance", "Shots off target": "chance", "Red card": "card"}
"""SoccerNet's labels by another name; the others are what they are, in small letters."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Question:
    """Words that are new at ``heard_s`` of the run's sound, and up to when all words are known."""

    words: tuple[Words, ...]
    heard_s: float
    known_s: float
    answered: threading.Event


class EventsBeside:
    """See ``engine.core.run_protocols.Beside``. ``take``, ``rest`` and ``fused`` belong to the run's thread.

    Args:
        spoken: where words come from; begun and ended with this.
        so_far: the model of words, used by this one's thread alone.
    """

    def __init__(self, spoken: SpokenBeside, so_far: SaidSoFar, least: float = LEAST) -> None:
        self._spoken = spoken
        self._so_far = so_far
        self._least = least
        self._fusion = CrowdAndWords()
        self._questions: SimpleQueue[_Question | None] = SimpleQueue()
        self._answers: deque[tuple[float, list[SaidEvent]]] = deque()
        self._known_s = 0.0
        self._asked = -1
        self._hearing = Hearing.STARTING
        self._told: deque[WordsEvent] = deque(maxlen=20)
        self._fault = ""
        self._fault_told = False
        self._thread = threading.Thread(target=self._answer, name="words", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._spoken.start()
        self._thread.start()

    def close(self) -> None:
        """End both; what does not end is left behind. Harmless when done twice."""
        self._questions.put(None)
        self._spoken.close()

    # The run's side.

    def take(self, heard_s: float) -> Sequence[Event]:
        """See ``Beside``."""
        known_s = self._spoken.known_s(heard_s) - SETTLE_S
        new = self._spoken.take(heard_s)
        self._ask(new, heard_s, known_s)
        return [*new, *self._new_told(heard_s)]

    def rest(self, heard_s: float) -> Sequence[Event]:
        """See ``Beside``."""
        last = self._spoken.rest(heard_s)
        asked = self._ask(last, heard_s, self._spoken.known_s(heard_s), always=True)
        if asked is not None and self._thread.is_alive():
            asked.answered.wait(REST_S)
        return [*last, *self._new_told(heard_s)]

    def fused(self, reading: Reading) -> Reading:
        """See ``Beside``."""
        if reading.pressure is None:
            return reading
        hearing = self._hearing is Hearing.LISTENING and not self._fault
        return replace(reading, fused=self._fusion.at(reading.t, reading.pressure, hearing))

    def _ask(self, new: Iterable[Event], heard_s: float, known_s: float, always: bool = False) -> _Question | None:
        """Hand on what is new, where it may change what can be told."""
        words = []
        for event in new:
            if isinstance(event, WordsState):
                self._hearing = event.state
            elif isinstance(event, Words):
                words.append(event)
        self._known_s = max(self._known_s, known_s)
        step = int(self._known_s / STEP_S)
        if not (words or always or step > self._asked) or self._fault:
            return None
        self._asked = step
        question = _Question(tuple(words), heard_s, self._known_s, threading.Event())
        self._questions.put(question)
        return question

    def _new_told(self, heard_s: float) -> list[Event]:
        events: list[Event] = []
        while self._answers:
            at_s, found = self._answers.popleft()
            for event in found:
                kind = _KIND_OF.get(event.label, event.label.lower())
                if kind == GOAL:
                    self._fusion.spoken_of(at_s, event.probability)
                if event.probability >= self._least and not self._was_told(kind, event.t_s):
                    self._told.append(_told(event, kind, at_s))
                    events.append(self._told[-1])
        if self._fault and not self._fault_told:
            self._fault_told = True
            events.append(WordsState(heard_s, self._hearing, 0.0, f"its events are told no more: {self._fault}"))
        return events

    def _was_told(self, kind: str, at_s: float) -> bool:
        return any(told.kind == kind and abs(told.at - at_s) <= WITHIN_S for told in self._told)

    # The other thread.

    def _answer(self) -> None:
        while (question := self._questions.get()) is not None:
            try:
                for words in question.words:
                    self._so_far.take(Segment(words.start, words.end, words.text, words.language))
                self._answers.append((question.heard_s, self._so_far.until(question.known_s)))
            except Exception as fault:
                log.exception("the words of the commentary tell no events any more")
                self._fault = plain(f"{type(fault).__name__}: {fault}", 120)
                return
            finally:
                question.answered.set()


def _told(event: SaidEvent, kind: str, heard_s: float) -> WordsEvent:
    said_s = event.words[0].t_s if event.words else event.t_s
    different = {share.text.casefold(): share.text for share in reversed(event.words)}
    words = plain(", ".join(reversed(different.values())), _MOVED_CELLS)
    return WordsEvent(heard_s, event.t_s, min(said_s, heard_s), plain(kind, 16), event.probability, words)
