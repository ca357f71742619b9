"""The index of one history as a single differentiable function of its frames.

What is served goes through cached columns and, on Linux, through numpy's matrix products, neither of which carries a
gradient. This is the same network on the same parameters in MLX alone, from all frames of a history to the log-odds.
"""

import mlx.core as mx
import numpy as np

from engine.core import grid
from engine.model.calibration import Calibration
from engine.model.encoder import SpectrogramCNN
from engine.model.head import PressureHead
from engine.model.network import Array, MlxNetwork

_BATCH = 4
"""Histories at once where no gradient is asked for."""


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

    def value_and_gradient(self, history: Array) -> tuple[float, Array]:
        """The index of one history, and its gradient by every value of it, of its shape.

        One at a time: several at once gain a tenth of the time and take 35 MB each.
        """
        # Made anew each time: kept on this object it would refer back to it, in a ring that Python can't collect.
        index, gradient = mx.value_and_grad(self._one)(mx.array(history))
        mx.eval(index, gradient)
        return float(index), np.asarray(gradient)

    def _one(self, history: mx.array) -> mx.array:
        return self.index(history[None])[0]
