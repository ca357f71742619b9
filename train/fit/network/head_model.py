"""The head on its own: cached embeddings of whole matches, and the model that is fitted to them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module
from mlx.utils import tree_flatten, tree_unflatten
from numpy.typing import NDArray

from engine.core import grid
from engine.model.front_end import FrontEnd
from engine.model.head import PressureHead
from engine.model.matrix_products import mlx_dense
from engine.model.network import MlxNetwork
from train.data.matches import TrainingMatch
from train.fit.loop.trainer import Parameters

_FIRST_WINDOW: Final = -(-grid.WINDOW_FRAMES // grid.WINDOW_HOP_FRAMES)
"""The windows of a match end at the multiples of the window hop from this one on."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """A batch of what a part of the network reads, with what is to be said of it; the first axis is that of the batch.

    The head reads histories (n, WINDOWS, embedding), with targets and weights (n,); the read-out of the tags what
    windows are pooled to (n, pooled_width), with targets and weights (n, tags).
    """

    inputs: NDArray[np.float32]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]

    @classmethod
    def joined(cls, parts: "Sequence[Examples]") -> "Examples":
        """``parts`` as one batch, in their order."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))


class HeadModel(Module):
    """The head with dropout of whole embedding values."""

    def __init__(self, pressure: PressureHead, dropout: float) -> None:
        super().__init__()
        pressure.use(mlx_dense)
        self.pressure = pressure
        self._dropout = dropout

    def __call__(self, histories: mx.array, key: mx.array) -> mx.array:
        kept = mx.random.bernoulli(1.0 - self._dropout, (histories.shape[0], 1, histories.shape[2]), key)
        return self.pressure(histories * kept / (1.0 - self._dropout))


def window_embeddings(network: MlxNetwork, match: TrainingMatch) -> NDArray[np.float32]:
    """Embeddings (n, embedding) of all windows of a match, a window hop apart; the first ends at the first multiple."""
    return network.embed(pooled_windows(network, match))


def pooled_windows(network: MlxNetwork, match: TrainingMatch) -> NDArray[np.float32]:
    """What those windows are pooled to (n, pooled_width)."""
    frames = FrontEnd(network.front_end).push(match.read(0, match.frames))
    columns = network.columns(frames[first_window_end() - grid.WINDOW_FRAMES :])
    hop, width = grid.WINDOW_HOP_FRAMES // network.encoder.time_stride, network.encoder.window_columns
    count = (len(columns) - width) // hop + 1
    windows = [columns[i * hop : i * hop + width] for i in range(count)]
    parts = [
        np.stack([window[first : first + span].mean(axis=0) for window in windows])
        for first, span in network.encoder.pooled_spans
    ]
    return np.concatenate(parts, axis=1)


def first_window_end() -> int:
    """The frame at which the first of ``window_embeddings`` ends."""
    return _FIRST_WINDOW * grid.WINDOW_HOP_FRAMES


def history_rows(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of ``window_embeddings`` that make up the history at each of ``ends``: (ends, WINDOWS)."""
    newest = ends // grid.WINDOW_HOP_FRAMES - _FIRST_WINDOW
    return np.asarray(newest[:, None] - np.arange(grid.WINDOWS - 1, -1, -1))


def copy_of(network: MlxNetwork) -> MlxNetwork:
    """The same network with all its parts, which can be fitted on without changing this one."""
    copy = MlxNetwork(network.front_end, network.encoder, network.head, tags=network.tags_config)
    copy.cnn.update(nested(flat_parameters(network.cnn)))
    copy.pressure.update(nested(flat_parameters(network.pressure)))
    if network.tags is not None and copy.tags is not None:
        copy.tags.update(nested(flat_parameters(network.tags)))
    return copy


def copy_of_head(network: MlxNetwork) -> PressureHead:
    return copy_of(network).pressure


def flat_parameters(module: Module) -> Parameters:
    return dict(tree_flatten(module.parameters()))


def nested(parameters: Parameters) -> Any:
    return tree_unflatten(list(parameters.items()))
