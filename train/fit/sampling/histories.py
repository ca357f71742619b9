"""Which histories make up a batch that fits the head alone to a ground's own recordings."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from train.data.matches import TrainingMatch
from train.fit.network.head_model import Examples, history_rows
from train.fit.settings import HeadSettings

_POSITIVE: Final = 0.3
"""From this target on a moment counts as danger."""


def id_of_whole(unit: TrainingMatch) -> str:
    """The id of the match that ``unit`` is, or is a part of: its embeddings are kept under that."""
    return unit.id.split("#")[0]


class HistorySampler:
    """Draws batches of histories from cached embeddings."""

    def __init__(
        self, units: Sequence[TrainingMatch], embeddings: Mapping[str, NDArray[np.float32]], settings: HeadSettings
    ) -> None:
        self._units = units
        self._embeddings = embeddings
        self._settings = settings
        kept = [(i, row) for i, unit in enumerate(units) for row in np.flatnonzero(unit.labels.weight > 0)]
        danger = [(i, row) for i, row in kept if units[i].labels.target[row] >= _POSITIVE]
        calm = [(i, row) for i, row in kept if units[i].labels.target[row] < _POSITIVE]
        self._danger = np.array(danger)
        self._calm = np.array([(i, row) for i, row in calm if not units[i].reviews])
        self._hard = np.array([(i, row) for i, row in calm if units[i].reviews])

    def balanced(self, rng: np.random.Generator) -> Examples:
        """Half danger, half calm; half of the calm is what people said was no danger, where they said so of any."""
        half = self._settings.histories // 2
        hard = half // 2 if len(self._hard) else 0
        groups = ((self._danger, half), (self._calm, half - hard), (self._hard, hard))
        chosen = np.concatenate([group[rng.integers(len(group), size=size)] for group, size in groups if len(group)])
        parts = [self._histories(int(i), np.array([row])) for i, row in chosen]
        return Examples.joined(parts)

    def stretch(self, rng: np.random.Generator) -> Examples:
        """One long stretch of one match, as it was."""
        played = [i for i, unit in enumerate(self._units) if not unit.reviews]
        which = played[int(rng.integers(len(played)))]
        length = max(1, round(self._settings.long_minutes * 60.0 / (grid.WINDOW_HOP_FRAMES * grid.HOP_S)))
        count = len(self._units[which].ends)
        first = int(rng.integers(max(1, count - length)))
        return self._histories(which, np.arange(first, min(first + length, count)))

    def _histories(self, which: int, rows: NDArray[np.int64]) -> Examples:
        unit = self._units[which]
        taken = self._embeddings[id_of_whole(unit)][history_rows(unit.ends[rows])]
        smoothing = self._settings.smoothing
        targets = smoothing / 2 + (1 - smoothing) * unit.labels.target[rows]
        return Examples(taken, targets.astype(np.float32), unit.labels.weight[rows])
