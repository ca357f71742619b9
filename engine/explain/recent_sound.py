"""The last minutes of a live run in memory, so that a spike can be explained although no sound is kept on disk."""

from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np

from engine.audio.log_mel import Frames, LogMel
from engine.audio.unbroken_hops import Silence, WholeHops, zero_hops
from engine.core import grid
from engine.core.errors import InputError
from engine.core.signals import AudioBlock, Reading, Rejected, Samples, Spike
from engine.explain.attribution import say_nothing, still_wanted
from engine.explain.explanation import Explanation, explain_frames, frames_counted
from engine.model.checkpoint import Weights

KEPT_S: Final = 900.0
"""5 MB of log-mel frames."""


class Recent:
    """Takes blocks and readings in one thread; ``explain`` may be called from another."""

    def __init__(self, kept_s: float = KEPT_S) -> None:
        self._kept_frames = round(kept_s / grid.HOP_S)
        self._readings: deque[tuple[float, float]] = deque(maxlen=round(kept_s * grid.READINGS_PER_S))
        self._pieces: deque[tuple[int, Frames]] = deque()
        self._mel = LogMel()
        self._whole_hops = WholeHops()
        self._silence = Silence()
        self._hop = 0

    @property
    def newest(self) -> Frames | None:
        """The newest frame (MEL_BANDS,) in dB, None before the first."""
        return self._pieces[-1][1][-1] if self._pieces else None

    def note(self, reading: Reading) -> None:
        """Keep a reading."""
        if reading.pressure is not None:
            self._readings.append((reading.t, reading.pressure))

    def push(self, block: AudioBlock) -> None:
        """Take the next block; as in ``PressureStream`` a gap or a second of digital silence begins anew."""
        samples, anew_at = self._whole_hops.push(block)
        if anew_at is not None:
            self._hop = anew_at
            self._silence = Silence()
            self._begin_anew()
        hops = samples.reshape(-1, grid.HOP)
        for alike in self._silence.stretches(zero_hops(samples)):
            if alike.anew:
                self._begin_anew()
            for hop in hops[alike.first : alike.last]:
                self._take(hop)

    def explain(
        self,
        weights: Weights,
        moment: float | Spike | Rejected,
        wanted: Callable[[], bool] = still_wanted,
        tell: Callable[[Explanation], None] = say_nothing,
    ) -> Explanation:
        """Explain a moment in seconds of sound, a spike or a rejected candidate; ``tell`` hears what is known so far.

        Raises ``InputError`` where it is too long ago, or has no index.
        """
        t, then = self._reading(moment)
        end = frames_counted(t)
        pieces = [(first, frames) for first, frames in self._pieces.copy() if first < end]
        frames = np.concatenate([frames for _, frames in pieces]) if pieces else np.zeros((0, grid.MEL_BANDS), "f4")
        if pieces:
            frames = frames[: end - pieces[0][0]]
        if len(frames) < grid.HISTORY_FRAMES:
            raise _forgotten(t)
        return explain_frames(weights, frames, t, then, wanted, tell)

    def _take(self, hop: Samples) -> None:
        frames = self._mel.push(hop)
        if len(frames):
            self._pieces.append((self._hop - 1, frames))
            if len(self._pieces) > self._kept_frames:
                self._pieces.popleft()
        self._hop += 1

    def _begin_anew(self) -> None:
        self._mel = LogMel()
        self._pieces.clear()

    def _reading(self, moment: float | Spike | Rejected) -> tuple[float, float]:
        """The reading that stands for a moment: time and index."""
        readings = list(self._readings.copy())
        if isinstance(moment, Rejected):
            during = [(t, index) for t, index in readings if moment.onset <= t <= moment.decided_at]
            if during:
                return max(during, key=lambda reading: reading[1])
        at = moment.peak if isinstance(moment, Spike) else moment.onset if isinstance(moment, Rejected) else moment
        before = [reading for reading in readings if at - 1.0 <= reading[0] <= at + 0.5 * grid.HOP_S]
        if not before:
            raise _forgotten(at)
        return before[-1]


def _forgotten(t: float) -> InputError:
    return InputError(
        f"the sound before {t:.0f} s is no longer in memory, or was broken off",
        "Start with --sound to keep it, and every moment of a session can be explained.",
    )
