"""What a network says of whole matches, through the engine's own pipeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import mlx.core as mx
import numpy as np
from mlx.utils import tree_unflatten
from numpy.typing import NDArray

from engine.core import grid
from engine.live.pipeline import Pipeline
from engine.model.network import MlxNetwork
from train.data.matches import TrainingMatch

_PIECE_FRAMES: Final = 4096


def match_logits(network: MlxNetwork, match: TrainingMatch, step: int = grid.WINDOW_HOP_FRAMES) -> NDArray[np.float32]:
    """Logits (n, 2) at every ``step`` frames with a full history; at the match's own ends with the default step."""
    pipeline = Pipeline(network, 0, step)
    logits = [
        pipeline.push(match.read(first, min(first + _PIECE_FRAMES, match.frames)))
        for first in range(0, match.frames, _PIECE_FRAMES)
    ]
    return np.concatenate(logits) if logits else np.zeros((0, 2), np.float32)


def log_odds(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log-odds of danger (n,) of logits (n, 2)."""
    return logits[:, 1].astype(np.float64) - logits[:, 0]


def load_parameters(network: MlxNetwork, parameters: Mapping[str, mx.array]) -> None:
    """Put fitted parameters, named ``cnn.``, ``pressure.`` and ``tags.``, into an engine's network; other names, and
    those of a part that it has not, are left out."""
    parts = [("cnn", network.cnn), ("pressure", network.pressure)]
    for part, module in parts + ([("tags", network.tags)] if network.tags is not None else []):
        mine = {name.removeprefix(f"{part}."): v for name, v in parameters.items() if name.startswith(f"{part}.")}
        if mine:
            module.update(tree_unflatten(list(mine.items())))


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """A match, and log-odds of danger (n,) at moments ``times_s`` (n,) in seconds of sound.

    ``stretch_s`` is the part of the match they speak of, from and to; None for all of it.
    """

    match: TrainingMatch
    times_s: NDArray[np.float64]
    log_odds: NDArray[np.float64]
    stretch_s: tuple[float, float] | None = None

    @property
    def hours(self) -> float:
        """How much sound they speak of."""
        first_s, last_s = self.stretch_s or (0.0, self.match.frames * grid.HOP_S)
        return (last_s - first_s) / 3600.0

    def covers(self, t_s: float) -> bool:
        return self.stretch_s is None or self.stretch_s[0] <= t_s <= self.stretch_s[1]


def predict(
    network: MlxNetwork, matches: Sequence[TrainingMatch], step: int = grid.WINDOW_HOP_FRAMES
) -> list[Predicted]:
    """Log-odds of every match, every ``step`` frames; with the default step at the matches' own ends."""
    found = []
    for match in matches:
        odds = log_odds(match_logits(network, match, step))
        first = -(-grid.HISTORY_FRAMES // step)
        times_s = np.array([grid.end_time_s((first + i) * step) for i in range(len(odds))], np.float64)
        found.append(Predicted(match, times_s, odds))
    return found
