"""What CALF learns from: chunks around events, how far every row is from one, and the two losses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.spotting.calf import Calf
from engine.spotting.config import CalfConfig, SpottingConfig
from engine.spotting.scores import padded_segment
from train.fit.spotting.games import Half

Array = NDArray[np.float32]
_BEFORE_S: Final = {"Penalty": 100, "Kick-off": 98, "Goal": 20, "Substitution": 40, "Offside": 96,
    "Shots on target": 5, "Shots off target": 8, "Clearance": 93, "Ball out of play": 99, "Throw-in": 31, "Foul": 75,
    "Indirect free-kick": 10, "Direct free-kick": 97, "Corner": 75, "Yellow card": 20,
    "Red card": 84, "Yellow->red card": 18, "card": 20, "subs": 40, "soccer": 20, "danger": 20}  # fmt: skip
"""Seconds before an event from which on a row is no longer far from it; half of it the row may be taken for it. As long
behind it, but for those of ``_BEHIND_S``: the paper's K."""
_BEHIND_S: Final = {
    "Goal": (60, 90),
    "soccer": (60, 90),
    "danger": (60, 90),
    "Substitution": (10, 20),
    "subs": (10, 20),
}
_HIT, _MISS = 0.1, 0.9
_PLACE, _NOTHING, _SEGMENTS = 5.0, 0.5, 0.000367
"""How much count: the place of an event, confidence where there is none, the segmentation."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunks:
    """A batch: ``rows`` (batch, chunk, width); ``shifts`` (batch, chunk, classes), rows since the event or until it;
    ``events`` (batch, detections, 2 + classes): 1 where there is one, its place in [0, 1), its class."""

    rows: Array
    shifts: Array
    events: Array


def reaches(config: SpottingConfig) -> Array:
    """The paper's K in rows (4, classes): where far before ends, where near before begins, near behind, far behind."""
    found = []
    for label in config.labels:
        before = _BEFORE_S[label]
        near, far = _BEHIND_S.get(label, (before / 2, before))
        found.append((-before, -before / 2, near, far))
    return (np.array(found, np.float32) * config.window.rate_hz).T


def shifts_of(half: Half, config: SpottingConfig, rows: NDArray[np.int64]) -> Array:
    """Of ``rows``: rows since the last event of each class or, below 0, until the next, whichever speaks of the row;
    where none does, as far before one as counts. Shape (rows, classes)."""
    far_before, near_before, near_behind, far_behind = reaches(config)
    shifts = np.tile(far_before, (len(rows), 1)).astype(np.float32)
    for kind in range(len(config.labels)):
        events = np.sort(half.events[half.events[:, 1] == kind, 0])
        if not len(events):
            continue
        k1, k2, k3, k4 = (float(k[kind]) for k in (far_before, near_before, near_behind, far_behind))
        place = np.searchsorted(events, rows, side="right")
        since = np.where(place > 0, rows - events[place - 1], k4)
        until = np.where(place < len(events), rows - events[np.minimum(place, len(events) - 1)], k1)
        nearer = (since - k3) / (k4 - k3) < (k2 - until) / (k2 - k1)
        of_last = (since < k3) | ((since < k4) & ((until <= k1) | nearer))
        shifts[:, kind] = np.clip(np.where(of_last, since, until), k1, k4)
    return shifts


class ChunkSampler:
    """Draws chunks: of every class as many, an event of it well inside; and as many from anywhere."""

    def __init__(self, halves: Sequence[Half], config: SpottingConfig, sizes: CalfConfig, batch: int) -> None:
        self.halves, self.config, self.sizes, self.batch = halves, config, sizes, batch
        of_kind: dict[int, list[tuple[Half, int]]] = {}
        for half in halves:
            for row, kind in half.events.tolist():
                of_kind.setdefault(kind, []).append((half, row))
        self._places = [of_kind[kind] for kind in sorted(of_kind)]

    def draw(self, rng: np.random.Generator) -> Chunks:
        rows, shifts, events = [], [], []
        for _ in range(self.batch):
            kind = int(rng.integers(-1, len(self._places)))
            half = self.halves[int(rng.integers(len(self.halves)))]
            start = int(rng.integers(max(1, half.rows - self.sizes.chunk)))
            if kind >= 0:
                places = self._places[kind]
                half, row = places[int(rng.integers(len(places)))]
                margin = self.sizes.field // 2
                start = row - int(rng.integers(margin, self.sizes.chunk - margin))
                start = max(0, min(start, half.rows - self.sizes.chunk))
            joined = [padded_segment(channel[: half.rows], start, self.sizes.chunk) for channel in half.channels]
            rows.append(np.concatenate(joined, axis=1))
            shifts.append(shifts_of(half, self.config, start + np.arange(self.sizes.chunk)))
            events.append(self._events(half, start))
        return Chunks(np.stack(rows), np.stack(shifts), np.stack(events))

    def _events(self, half: Half, start: int) -> Array:
        found = np.zeros((self.sizes.detections, 2 + len(self.config.labels)), np.float32)
        inside = [(row - start, kind) for row, kind in half.events.tolist() if 0 <= row - start < self.sizes.chunk]
        for n, (row, kind) in enumerate(sorted(inside)[: self.sizes.detections]):
            found[n, [0, 2 + kind]] = 1.0
            found[n, 1] = row / self.sizes.chunk
        return found


def calf_loss(model: Calf, batch: Chunks, k: mx.array) -> mx.array:
    """Both losses of a batch, of one chunk on average; ``k`` is ``reaches``."""
    segments, detections = model(mx.array(batch.rows), of_batch=True)
    count = len(batch.rows)
    return (_SEGMENTS * segmentation_loss(segments, mx.array(batch.shifts), k) + _matched(detections, batch)) / count


def segmentation_loss(segments: mx.array, shifts: mx.array, k: mx.array) -> mx.array:
    """The context-aware loss: nothing is asked where an event may or may not be taken for present, summed over all."""
    k1, k2, k3, k4 = k
    score = mx.clip(segments, 1e-6, 1 - 1e-6)
    rest = 1.0 - score
    before = (mx.clip(shifts, k1, k2) - k1) / (k2 - k1)
    at = mx.clip(shifts, 0.0, k3) / k3
    behind = (mx.clip(shifts, k3, k4) - k4) / (k3 - k4)
    rising = mx.maximum(0.0, np.log(_MISS) - mx.log(rest + score * before))
    here = mx.maximum(0.0, np.log(1 - _HIT) - mx.log(score + rest * at))
    falling = mx.maximum(0.0, np.log(_MISS) - mx.log(rest + score * behind))
    return mx.where(shifts < 0, rising, mx.where(shifts < k3, here, falling)).sum()


def _matched(detections: mx.array, batch: Chunks) -> mx.array:
    """Each event and the detection that it is given, by turns the nearest pair; the others are to be unsure."""
    places = np.array(mx.stop_gradient(detections))[:, :, 1]
    wanted = np.zeros(batch.events.shape, np.float32)
    for n, events in enumerate(batch.events):
        there = events[events[:, 0] > 0]
        far = np.abs(there[:, 1:2] - places[n][None])
        for _ in range(len(there)):
            event, detection = np.unravel_index(int(np.argmin(far)), far.shape)
            wanted[n, detection] = there[event]
            far[event], far[:, detection] = np.inf, np.inf
    target = mx.array(wanted)
    present, gap = target[:, :, 0], mx.square(target - detections)
    found = present * (_PLACE * gap[:, :, 1] + gap[:, :, 0] + gap[:, :, 2:].sum(axis=-1))
    return (found + (1 - present) * _NOTHING * gap[:, :, 0]).sum()


def keep_statistics(model: Calf, chunks: Sequence[Array]) -> None:
    """Set the norm's mean and variance to those over ``chunks`` (batch, chunk, width), all taken together."""
    parts = []
    for rows in chunks:
        capsules = model.capsules(mx.array(rows))
        parts.append(capsules.reshape(*capsules.shape[:2], 1, -1))
    mean, variance = model.norm.statistics(mx.concatenate(parts))
    model.norm.mean, model.norm.variance = mean, variance
    mx.eval(mean, variance)
