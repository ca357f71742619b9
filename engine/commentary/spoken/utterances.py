"""Sound cut into utterances: from the moment somebody speaks until he pauses, by the probability of a voice in it.

A recogniser that is given a crowd alone invents sentences, so it is given nothing in which nobody speaks.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from engine.core.signals import Samples

RATE_HZ: Final = 16_000
"""What recognisers of speech, and of voices, are made for."""
CHUNK: Final = 512
"""Samples that a probability of a voice is told for."""
CHUNK_S: Final = CHUNK / RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """Sound in which somebody speaks."""

    start: int
    """The index of its first sample."""
    samples: Samples
    """Float32 of shape (n,) at ``RATE_HZ``."""

    @property
    def end(self) -> int:
        return self.start + len(self.samples)


@dataclass(frozen=True, slots=True)
class UtteranceSettings:
    """When somebody speaks.

    begins_at: probability at which an utterance begins. Higher: fewer words, and less of the crowd taken for some.
    ends_below: probability below which it may end.
    pause_s: how long it must stay below. Longer: whole sentences, and each known later.
    shortest_s: less of a voice than this is no utterance.
    longest_s: where nobody pauses it is cut after this long, at the quietest place of its second half.
    before_s: so much of the sound before it belongs to it, since a voice is noticed late.
    """

    begins_at: float = 0.5
    ends_below: float = 0.35
    pause_s: float = 0.5
    shortest_s: float = 0.35
    longest_s: float = 12.0
    before_s: float = 0.2


Voice: TypeAlias = Callable[[Samples], float]
"""The probability that somebody speaks in the next ``CHUNK`` samples, by what came before, too."""


class Utterances:
    """Takes sound in pieces of any size and gives whole utterances. Used by one thread."""

    def __init__(self, voice: Voice, settings: UtteranceSettings | None = None) -> None:
        self._voice = voice
        self._settings = settings or UtteranceSettings()
        self._rest: Samples = np.zeros(0, np.float32)
        self._position = 0
        self._before: deque[Samples] = deque(maxlen=max(1, round(self._settings.before_s / CHUNK_S)))
        self._chunks: list[Samples] = []
        self._probabilities: list[float] = []
        self._quiet = 0
        self._first = 0

    @property
    def speaking(self) -> bool:
        """Whether somebody is in the middle of one."""
        return bool(self._chunks)

    def push(self, samples: Samples) -> Iterator[Utterance]:
        """Take the next sound at ``RATE_HZ``; yield what has come to its end."""
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) // CHUNK * CHUNK
        self._rest = sound[whole:]
        for at in range(0, whole, CHUNK):
            yield from self._chunk(sound[at : at + CHUNK])
            self._position += CHUNK

    def finish(self) -> Iterator[Utterance]:
        """Yield what somebody was saying at the end of the sound."""
        yield from self._ended(len(self._chunks))

    def skip(self, samples: int) -> Iterator[Utterance]:
        """Sound was lost: what was being said ends here, and the next begins so many ``samples`` later."""
        yield from self.finish()
        self._position += len(self._rest) + samples
        self._rest = np.zeros(0, np.float32)
        self._before.clear()

    def _chunk(self, chunk: Samples) -> Iterator[Utterance]:
        rule, probability = self._settings, self._voice(chunk)
        if not self._chunks:
            if probability < rule.begins_at:
                self._before.append(chunk)
                return
            self._chunks = [*self._before, chunk]
            self._probabilities = [0.0] * len(self._before) + [probability]
            self._first = self._position - len(self._before) * CHUNK
            self._before.clear()
            self._quiet = 0
            return
        self._chunks.append(chunk)
        self._probabilities.append(probability)
        self._quiet = self._quiet + 1 if probability < rule.ends_below else 0
        if self._quiet * CHUNK_S >= rule.pause_s:
            yield from self._ended(len(self._chunks))
        elif len(self._chunks) * CHUNK_S >= rule.longest_s:
            half = len(self._chunks) // 2
            yield from self._ended(half + int(np.argmin(self._probabilities[half:])) + 1)

    def _ended(self, count: int) -> Iterator[Utterance]:
        """The first ``count`` chunks are an utterance, if there is enough of a voice in them; the rest goes on."""
        spoken, self._chunks = self._chunks[:count], self._chunks[count:]
        probabilities, self._probabilities = self._probabilities[:count], self._probabilities[count:]
        start, self._first = self._first, self._first + count * CHUNK
        self._quiet = 0
        voiced = sum(probability >= self._settings.ends_below for probability in probabilities)
        if voiced * CHUNK_S >= self._settings.shortest_s:
            yield Utterance(start, np.concatenate(spoken))
