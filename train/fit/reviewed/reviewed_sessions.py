"""What a reviewed session gives to fit a head to: histories with what is known of them, and readings around spikes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.live.pipeline import Pipeline
from engine.model.head import PressureHead
from engine.model.network import MlxNetwork, no_tags
from engine.model.tags import TagsConfig
from train.data.matches import TrainingMatch
from train.data.reviews import Reviewed
from train.fit.network.head_model import history_rows, window_embeddings
from train.fit.predict import log_odds

Floats = NDArray[np.float64]
SETTLES_FRAMES: Final = round(90.0 / grid.HOP_S)
"""Frames that the front end hears before the first reading that counts."""
_AROUND_S: Final = 2.0
_PIECE: Final = 512


@dataclass(frozen=True, slots=True, eq=False)
class SessionHistories:
    """The ``histories`` (ends, WINDOWS, embedding) of a session, and what the head is to say there.

    ``danger`` and ``calm`` are the reviewed ends, ``rest`` those apart from them: there it is to stay what ``before``
    (ends,) was.
    """

    session: TrainingMatch
    histories: NDArray[np.float32]
    before: Floats
    danger: NDArray[np.bool_]
    calm: NDArray[np.bool_]
    rest: NDArray[np.bool_]

    @classmethod
    def of(cls, network: MlxNetwork, session: TrainingMatch) -> "SessionHistories":
        histories = window_embeddings(network, session)[history_rows(session.ends)]
        before = 1.0 / (1.0 + np.exp(-log_odds_of(network.pressure, histories)))
        known, target = session.labels.weight > 0, session.labels.target > 0
        # What dies away after a reviewed spike is neither: its windows still hold the spike.
        rest = ~known & _far_from(session, session.reviews)
        return cls(session, histories, before, known & target, known & ~target, rest)

    def without(self, reviews: Sequence[Reviewed]) -> "SessionHistories":
        """The same without everything that shares a window with one of ``reviews``."""
        kept = _far_from(self.session, reviews)
        return replace(self, danger=self.danger & kept, calm=self.calm & kept, rest=self.rest & kept)


def _far_from(session: TrainingMatch, reviews: Sequence[Reviewed]) -> NDArray[np.bool_]:
    """The ends of a session, (ends,), that lie more than a window from each of ``reviews``."""
    at_s = session.end_times_s()
    apart = np.ones(len(at_s), bool)
    for review in reviews:
        apart &= (at_s < review.onset_s - grid.WINDOW_S) | (at_s > review.end_s + grid.WINDOW_S)
    return apart


@dataclass(frozen=True, slots=True, eq=False)
class SpikeReadings:
    """The readings around one spike as the program makes them: when (n,), and of which histories (n, WINDOWS, ...).

    ``inside`` (n,) are those of the reviewed stretch itself.
    """

    times_s: Floats
    histories: NDArray[np.float32]
    inside: NDArray[np.bool_]


class _HistoriesThrough:
    """A network that hands histories through instead of reading them, so that one pass serves many heads."""

    def __init__(self, network: MlxNetwork) -> None:
        self.front_end, self.encoder = network.front_end, network.encoder
        self.columns, self.columns_of_segments, self.embed = network.columns, network.columns_of_segments, network.embed
        self.tags_config: TagsConfig | None = None

    def logits(self, histories: NDArray[np.float32]) -> NDArray[np.float32]:
        return histories.reshape(len(histories), -1)

    def tag_logits(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        raise no_tags()


def spike_readings(network: MlxNetwork, session: TrainingMatch, review: Reviewed) -> SpikeReadings:
    """Read the sound around one spike, ten readings a second."""
    first_end = max(grid.HISTORY_FRAMES, int((review.onset_s - _AROUND_S) / grid.HOP_S))
    last = min(session.frames, int((review.end_s + _AROUND_S) / grid.HOP_S) + 1)
    first = max(0, first_end - grid.HISTORY_FRAMES - SETTLES_FRAMES)
    first -= first % grid.WINDOW_HOP_FRAMES
    histories = Pipeline(_HistoriesThrough(network), 0, grid.READING_FRAMES).push(session.read(first, last))
    opening = -(-grid.HISTORY_FRAMES // grid.READING_FRAMES)
    ends = first + (opening + np.arange(len(histories))) * grid.READING_FRAMES
    times_s = np.array([grid.end_time_s(int(end)) for end in ends], np.float64)
    mine = times_s >= min(review.onset_s - _AROUND_S, times_s[-1])
    times_s, histories = times_s[mine], histories[mine].reshape(int(mine.sum()), grid.WINDOWS, -1)
    inside = (times_s >= review.onset_s) & (times_s <= review.end_s)
    if not inside.any():  # so short that it lies between two readings, or cut off at the end of the sound
        inside[np.argmin(np.abs(times_s - review.onset_s))] = True
    return SpikeReadings(times_s, histories, inside)


def log_odds_of(pressure: PressureHead, histories: NDArray[np.float32]) -> Floats:
    """Log-odds of histories, (n,)."""
    parts = [histories[first : first + _PIECE] for first in range(0, len(histories), _PIECE)]
    return np.concatenate([np.zeros(0), *(log_odds(np.asarray(pressure(mx.array(part)))) for part in parts)])
