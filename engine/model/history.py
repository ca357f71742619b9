"""The index of one history as a single differentiable function of its frames.

What is served goes through cached columns and, on Linux, through numpy's matrix products, neither of which carries a
gradient. This is the same network on the same parameters in MLX alone, from all frames of a history to the log-odds.
"""

import mlx.core as mx
import numpy as np

from engine import grid
from engine.calibration import Calibration
from engine.model.encoder import SpectrogramCNN
from engine.model.head import PressureHead
from engine.model.network import Array, MlxNetwork

_BATCH = 4
"""Histories at once: more gain nothing and take 40 MB each."""


class HistoryIndex:
    """Front-end frames of whole histories in, calibrated log-odds or the index out, with gradients.

    Args:
        network: whose parameters are used; it is left as it is.
        calibration: what makes a probability of its logits.
    """

    def __init__(self, network: MlxNetwork, calibration: Calibration) -> None:
        nothing = np.random.default_rng(0)
        self._cnn = SpectrogramCNN(network.front_end.channels, network.encoder, nothing)
        self._cnn.update(network.cnn.parameters())
        self._pressure = PressureHead(network.encoder.embedding, network.head, nothing)
        self._pressure.update(network.pressure.parameters())
        self._calibration = calibration
        stride, width = network.encoder.time_stride, network.encoder.window_columns
        firsts = np.arange(grid.WINDOWS)[:, None] * (grid.WINDOW_HOP_FRAMES // stride)
        self._window_columns = mx.array((firsts + np.arange(width)).reshape(-1))
        self._width = width
        self._value_and_gradient = mx.value_and_grad(self._total)

    def logits(self, histories: mx.array) -> mx.array:
        """Histories (n, HISTORY_FRAMES, MEL_BANDS, channels) -> logits (n, 2) of calm and danger."""
        columns = self._cnn.columns(histories)
        windows = columns[:, self._window_columns].reshape(histories.shape[0] * grid.WINDOWS, self._width, -1)
        return self._pressure(self._cnn.embed(self._cnn.pooled(windows)).reshape(histories.shape[0], grid.WINDOWS, -1))

    def index(self, histories: mx.array) -> mx.array:
        """Histories -> the index (n,)."""
        logits = self.logits(histories)
        return mx.sigmoid(self._calibration.slope * (logits[:, 1] - logits[:, 0]) + self._calibration.offset)

    def values(self, histories: Array) -> Array:
        """The index (n,) of histories in numpy, a few at a time."""
        pieces = [
            np.asarray(self.index(mx.array(histories[first : first + _BATCH])))
            for first in range(0, len(histories), _BATCH)
        ]
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)

    def values_and_gradients(self, histories: Array) -> tuple[Array, Array]:
        """The index (n,) of histories, and its gradient by every value of theirs, of their shape."""
        values, gradients = [], []
        for first in range(0, len(histories), _BATCH):
            (_, index), gradient = self._value_and_gradient(mx.array(histories[first : first + _BATCH]))
            mx.eval(index, gradient)
            values.append(np.asarray(index))
            gradients.append(np.asarray(gradient))
        return np.concatenate(values), np.concatenate(gradients)

    def _total(self, histories: mx.array) -> tuple[mx.array, mx.array]:
        index = self.index(histories)
        return index.sum(), index  # one history's index depends on no other's, so the sum's gradient is each one's own
