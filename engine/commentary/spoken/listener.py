"""What the process of a commentary does: sound to utterances in one thread, utterances to words in another.

The first never waits for the second: between them is a short queue, whose oldest utterance goes when it is full, so
that a slow recogniser loses words and not the present.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

import soxr

from engine.audio.source import AudioSource
from engine.commentary.spoken.as_it_comes import AsItComes
from engine.commentary.spoken.recogniser import Recognise
from engine.commentary.spoken.utterances import RATE_HZ, Utterance, Utterances, Voice
from engine.commentary.transcript import Segment
from engine.core import grid
from engine.core.signals import AudioBlock, Samples

SIGN_EVERY_S: Final = 0.5
QUEUE: Final = 5
"""Utterances that may wait: a minute of somebody who never pauses."""
_LOOK_S: Final = 0.1
"""A source that is ahead looks so often whether the run has come as far."""

Send: TypeAlias = Callable[[dict[str, Any]], None]
"""Tells the run something; from any thread."""


class RunClock(NamedTuple):
    """How far the run has heard at a moment of the monotonic clock, which is one for all processes."""

    heard_s: float
    at_s: float


class Listener:
    """Args:
    source: the commentary's sound; of one that is not live, no more is heard than the run has heard of its own.
    voice, recognise: the engines.
    send: told what there is.
    clock, sleep: monotonic seconds, and how to wait.
    """

    def __init__(
        self,
        source: AudioSource,
        voice: Voice,
        recognise: Recognise,
        send: Send,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.run_clock = RunClock(0.0, clock())
        """Set by whoever hears from the run."""
        self._source = source
        self._utterances = Utterances(voice)
        self._recognise = recognise
        self._send = send
        self._clock = clock
        self._sleep = sleep
        self._queue: deque[tuple[float, float, Samples]] = deque(maxlen=QUEUE)
        self._waiting = threading.Condition()
        self._oldest_s: float | None = None
        self._newest_s = 0.0
        self._ended = False
        self._began_s = 0.0
        self._signed_s = float("-inf")
        self.dropped = 0

    def hear(self) -> None:
        """The first thread: to the end of the source. Raises what the source does."""
        try:
            resampler = soxr.ResampleStream(grid.SAMPLE_RATE_HZ, RATE_HZ, 1, dtype="float32")
            end = 0
            for block in self._source.blocks():
                if self._source.live:
                    self._newest_s = self._now_s()
                else:
                    self._newest_s = block.end / grid.SAMPLE_RATE_HZ
                    self._wait_until_heard(self._newest_s)
                self._sign()
                if not len(block.samples):
                    continue
                lost, end = block.start - end, block.end
                if lost > 0:
                    self._put(self._utterances.skip(lost * RATE_HZ // grid.SAMPLE_RATE_HZ), block)
                self._put(self._utterances.push(resampler.resample_chunk(block.samples)), block)
            self._put(self._utterances.finish(), None)
        finally:
            with self._waiting:
                self._ended = True
                self._waiting.notify_all()

    def tell(self) -> None:
        """The other thread: until the first has ended and all is told."""
        coming = AsItComes()
        while (found := self._next()) is not None:
            start_s, end_s, samples = found
            text = self._recognise(Utterance(0, samples))
            said = coming.take(Segment(start_s, end_s, text)) if text else None
            if said is not None:
                words = {"start": said.start_s, "end": said.end_s, "text": said.text, "language": said.language}
                self._send({"words": words})
            with self._waiting:
                self._oldest_s = self._queue[0][1] if self._queue else None

    def late_s(self) -> float:
        """How far what is told is behind what is said, in seconds."""
        oldest_s = self._oldest_s
        behind_s = 0.0 if oldest_s is None else max(0.0, self._newest_s - oldest_s)
        unheard_s = 0.0 if self._source.live else max(0.0, self._now_s() - self._newest_s)
        return behind_s + unheard_s

    def _now_s(self) -> float:
        """What the run has heard by now."""
        clock = self.run_clock
        return clock.heard_s + (self._clock() - clock.at_s if self._source.live else 0.0)

    def _wait_until_heard(self, heard_s: float) -> None:
        while self.run_clock.heard_s < heard_s:
            self._sign(caught_up=True)
            self._sleep(_LOOK_S)

    def _put(self, utterances: Iterator[Utterance], block: AudioBlock | None) -> None:
        for utterance in utterances:
            begin_s = self._begin_s(block)
            start_s = max(0.0, begin_s + utterance.start / RATE_HZ)
            end_s = max(start_s, begin_s + utterance.end / RATE_HZ)
            with self._waiting:
                self.dropped += len(self._queue) == QUEUE
                self._queue.append((start_s, end_s, utterance.samples))
                self._oldest_s = end_s if self._oldest_s is None else self._oldest_s
                self._waiting.notify_all()

    def _begin_s(self, block: AudioBlock | None) -> float:
        """Where in the run's sound the source's begins."""
        if not self._source.live:
            return 0.0
        if block is not None:
            clock = self.run_clock
            captured_at = self._clock() if block.captured_at is None else block.captured_at
            self._began_s = clock.heard_s + captured_at - clock.at_s - block.end / grid.SAMPLE_RATE_HZ
        return self._began_s

    def _next(self) -> tuple[float, float, Samples] | None:
        with self._waiting:
            while not self._queue:
                if self._ended:
                    return None
                self._waiting.wait(1.0)
            return self._queue.popleft()

    def _sign(self, caught_up: bool = False) -> None:
        now_s = self._clock()
        if now_s - self._signed_s < SIGN_EVERY_S:
            return
        self._signed_s = now_s
        sign: dict[str, Any] = {"late_s": round(0.0 if caught_up and self._oldest_s is None else self.late_s(), 2)}
        self._send({**sign, "dropped": self.dropped} if self.dropped else sign)
