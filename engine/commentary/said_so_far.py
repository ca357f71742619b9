"""What a commentary says happened, asked while it goes on: the live mode of the model, bit by bit.

Each step of two seconds is read once, when all that its network reads has been heard; so an event is told once, a fixed
time after its moment, and nothing said later takes it back. A step costs the same in the first minute as in the last.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.commentary.attribution import words_that_moved
from engine.commentary.features import (
    COUNTED,
    STEP_S,
    Features,
    Memory,
    Word,
    counts_of,
    hashes_of,
    told_by_segments,
    told_by_words,
    words_of,
)
from engine.commentary.spots import LivePeaks, Peak
from engine.commentary.transcript import Segment
from engine.commentary.word_weights import LIVE, WordsWeights
from engine.commentary.words_to_events import SaidEvent, probability_of

MOST_WORDS: Final = 400
"""Words that may end in one step; nobody says as many, and more would cost the readings their processor."""


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """The words of a segment, in the step in which it had ended; ``counted`` is (len(COUNTED),)."""

    step: int
    said: tuple[Word, ...]
    hashes: NDArray[np.uint32]
    of_word: NDArray[np.int32]
    counted: NDArray[np.float64]


_LOOKED_BACK: Final = 3
"""Steps before a step that say whether it is silent."""
_LONGEST_HALF_MIN: Final = 55.0
_MIDDLE_MIN: Final = 22.5
"""Beyond one half nobody knows the minute of the other, so it counts as the middle of one."""


class SaidSoFar:
    """Takes cleaned segments as they end and tells events as they can be told. Used by one thread.

    Args:
        weights: the model; its mode ``live`` is asked.
        least: an event of at least this probability is told with the words that moved it.
        words: how many of them.
    """

    def __init__(self, weights: WordsWeights, least: float = 0.0, words: int = 4) -> None:
        self._network = weights.networks[LIVE]
        self._config = weights.config.modes[LIVE]
        self._kinds = weights.config.kinds
        self._least = least
        self._most = words
        self._before, self._behind = self._network.reach_steps
        self._peaks = LivePeaks(self._config.peaks, self._config.delay_s, len(self._kinds))
        self._memory = Memory()
        self._placed: deque[_Placed] = deque()
        self._next = 0

    def take(self, segment: Segment) -> None:
        """What was said next. Words that come late still stand where they were said: they move what is yet to tell."""
        step = int(segment.end_s / STEP_S)
        room = MOST_WORDS - sum(len(one.said) for one in self._placed if one.step == step)
        said = tuple(words_of((segment,)))[: max(0, room)]
        if said:
            hashes, of_word = hashes_of(said, self._memory)
            by_word, by_segment = told_by_words(said, self._memory), told_by_segments((segment,), self._memory)
            counted = np.concatenate([by_word.sum(axis=0), by_segment[0]])
            self._placed.append(_Placed(step, said, hashes, of_word, counted))

    def until(self, heard_s: float) -> list[SaidEvent]:
        """What can be told once all is known that was said up to ``heard_s``, and was not told before, by time."""
        last = int(heard_s / STEP_S) - 1 - self._behind
        if last <= self._next:
            return []
        first = max(0, self._next - self._before)
        window = self._window(first, last + self._behind + 1)
        logits = self._network.logits(window)[self._next - first : last + 1 - first]
        found = self._peaks.next(self._next, logits)
        self._next = last
        oldest = last - self._before - _LOOKED_BACK
        self._placed = deque(one for one in self._placed if one.step >= oldest)
        return [self._event(peak, window, first) for peak in sorted(found, key=lambda peak: (peak.t_s, peak.kind))]

    def _window(self, first: int, end: int) -> Features:
        """Features of the steps from ``first`` on and before ``end``."""
        from_step = max(0, first - _LOOKED_BACK)
        counted = np.zeros((end - from_step, len(COUNTED)))
        inside = [one for one in self._placed if first <= one.step < end]
        for one in self._placed:
            if from_step <= one.step < end:
                counted[one.step - from_step] += one.counted
        minutes = np.arange(from_step, end) * (STEP_S / 60)
        counts = counts_of(counted, np.where(minutes < _LONGEST_HALF_MIN, minutes, _MIDDLE_MIN), None)
        words_before = np.cumsum([0, *(len(one.said) for one in inside)])
        nothing = np.zeros(0, dtype=np.int32)
        return Features(
            np.concatenate([nothing.astype(np.uint32), *(one.hashes for one in inside)]),
            np.concatenate([nothing, *(np.full(len(one.hashes), one.step - first, np.int32) for one in inside)]),
            np.concatenate(
                [nothing, *(one.of_word + before for one, before in zip(inside, words_before[:-1], strict=True))],
                dtype=np.int32,
            ),
            counts[first - from_step :],
            tuple(word for one in inside for word in one.said),
        )

    def _event(self, peak: Peak, window: Features, first: int) -> SaidEvent:
        probability = probability_of(peak, self._config)
        step = int((peak.t_s + self._config.peaks.offset_s[peak.kind]) / STEP_S) - first
        moved = (
            words_that_moved(self._network, window, step, peak.kind, self._most)
            if probability >= self._least and self._most
            else ()
        )
        return SaidEvent(peak.t_s, self._kinds[peak.kind], probability, peak.told_s, tuple(moved))
