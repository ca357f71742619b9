"""PressureStream: sound in, readings out, incremental and exact.

A large block takes the same way as many small ones, only with longer segments and more histories at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.audio.hop_levels import CLIPPED_FOR_HOPS, Hops, decibels, measure
from engine.audio.log_mel import Frames, LogMel
from engine.audio.unbroken_hops import Silence, WholeHops
from engine.core import grid
from engine.core.heard_tags import Heard
from engine.core.signals import AudioBlock, Health, Reading, Samples
from engine.live.pipeline import Found, Pipeline, multiples
from engine.model.batched_inference import Work, alone
from engine.model.calibration import Calibration
from engine.model.network import Network

_PIECE_HOPS = 1024
"""Longest stretch that is worked on at once; what is held in between stays under 30 MB."""

Unstamped: TypeAlias = tuple[float, float | None, float, float, Health, Heard | None, Heard | None]
"""A reading's fields, but the time it took, which is not known yet."""


def stamped(readings: list[Unstamped], compute_ms: float) -> list[Reading]:
    """The readings, each with the time it took."""
    return [Reading(*reading[:5], compute_ms, *reading[5:]) for reading in readings]


@dataclass(slots=True)
class _Since:
    """How loud it has been since the reading before."""

    square_sum: float = 0.0
    peak: float = 0.0
    hops: int = 0

    def add(self, hops: Hops, first: int, last: int) -> None:
        """Take the hops [first, last)."""
        for i in range(first, last):  # one by one, so that the sum has the same bits however the sound was cut
            self.square_sum += float(hops.mean_square[i])
            self.peak = max(self.peak, float(hops.peak[i]))
        self.hops += last - first

    def close(self, hops: Hops, first: int, last: int) -> tuple[float, float]:
        """Take the hops [first, last), return RMS and peak in dBFS since the last time, and begin anew."""
        self.add(hops, first, last)
        level_db = decibels(self.square_sum / self.hops)
        peak_db = decibels(self.peak**2)
        self.square_sum, self.peak, self.hops = 0.0, 0.0, 0
        return level_db, peak_db


class PressureStream:
    """Blocks in, readings out; no reading depends on sound that came after its ``t``.

    Where sound is missing between two blocks, or after a stretch of digital silence, the history starts anew: what
    was heard on both sides is never glued together.

    Args:
        network: the network.
        calibration: what makes a probability of its logits.
        step: frames between readings.
    """

    def __init__(
        self,
        network: Network,
        calibration: Calibration,
        step: int = grid.READING_FRAMES,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        if step < 1:
            raise ValueError("step must be at least one frame")
        self._network = network
        self._calibration = calibration
        self._step = step
        self._clock = clock
        self._whole_hops = WholeHops()
        self._silence = Silence()
        self._hop = 0
        self._since_clipped = CLIPPED_FOR_HOPS
        self._since = _Since()
        self._mel = LogMel()
        self._pipeline = Pipeline(network, 0, step)
        self._tags = network.tags_config
        self._tag_step = self._pipeline.tag_step
        self._heard_step = self._tag_step * max(1, round(grid.HEARD_FRAMES / self._tag_step))

    @property
    def heard(self) -> int:
        """Samples of the source up to the end of the newest block."""
        return self._whole_hops.heard

    def push(self, block: AudioBlock) -> list[Reading]:
        """Take the next block; return the readings it completes, oldest first."""
        began = self._clock()
        found = alone(self.work(block), self._network)
        return stamped(found, (self._clock() - began) * 1e3 / max(1, len(found)))

    def work(self, block: AudioBlock) -> Work[list[Unstamped]]:
        """What ``push`` does, as work that asks the network; the readings do not know yet how long they took."""
        samples, anew_at = self._whole_hops.push(block)
        if anew_at is not None:
            self._hop = anew_at
            self._silence = Silence()
            self._since = _Since()
            self._restart()
        readings: list[Unstamped] = []
        known = block.frames if samples is block.samples else None
        for first in range(0, len(samples), _PIECE_HOPS * grid.HOP):
            piece = samples[first : first + _PIECE_HOPS * grid.HOP]
            readings += yield from self._hear(piece, known if len(piece) == len(samples) else None)
        return readings

    def _restart(self) -> None:
        self._mel = LogMel()
        self._pipeline = Pipeline(self._network, self._hop, self._step)

    def _hear(self, samples: Samples, known: Frames | None) -> Work[list[Unstamped]]:
        """Take whole hops and, if known, their frames; the grid's hop ``self._hop`` is the first."""
        hops = measure(samples)
        readings: list[Unstamped] = []
        for alike in self._silence.stretches(hops.zero):
            if alike.anew:
                self._restart()
            first, last = alike.first, alike.last
            found = self._pipeline.nothing()
            if not alike.silent:
                whole = last - first == len(hops.zero)
                frames = self._mel.push(samples[first * grid.HOP : last * grid.HOP], known if whole else None)
                found = yield from self._pipeline.work(frames)
            readings += self._read(hops, first, last, alike.silent, found)
        return readings

    def _read(self, hops: Hops, first: int, last: int, silent: bool, found: Found) -> list[Unstamped]:
        """The readings on the hops [first, last), all in one state; hop ``i`` completes frame ``i - 1``."""
        begin, self._hop = self._hop, self._hop + last - first
        ends = multiples(max(begin, self._step), self._hop, self._step)
        clipped = self._clipped_lately(hops.clipped[first:last])
        readings: list[Unstamped] = []
        values = iter(self._calibration.probability(found.logits).tolist())
        heard = iter(self._tags.named(self._tags.probabilities(found.tags)) if self._tags else ())
        full_from = self._pipeline.first_reading
        done = first
        for end in ends.tolist():
            newest = first + end - begin
            level_db, peak_db = self._since.close(hops, done, newest + 1)
            done = newest + 1
            tags: Heard | None = None
            if silent:
                health, pressure = Health.SILENT, None
            elif end < full_from:
                health, pressure = Health.WARMING_UP, None
            else:
                health = Health.CLIPPED if clipped[newest - first] else Health.LISTENING
                pressure = next(values)
                tags = next(heard) if self._tags and end % self._tag_step == 0 else None
            told = tags if end % self._heard_step == 0 else None
            readings.append((grid.end_time_s(end), pressure, level_db, peak_db, health, told, tags))
        self._since.add(hops, done, last)
        return readings

    def _clipped_lately(self, clipped: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """For each hop, whether it or one of the ``CLIPPED_FOR_HOPS - 1`` before it clipped."""
        if not clipped.any() and self._since_clipped >= CLIPPED_FOR_HOPS:
            return clipped
        lately = np.empty_like(clipped)
        for i, is_clipped in enumerate(clipped.tolist()):
            self._since_clipped = 0 if is_clipped else min(self._since_clipped + 1, CLIPPED_FOR_HOPS)
            lately[i] = self._since_clipped < CLIPPED_FOR_HOPS
        return lately
