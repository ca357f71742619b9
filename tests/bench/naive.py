"""The naive way, with the same weights: librosa on every window, plain convolutions on every window, no cache."""

import mlx.core as mx
import numpy as np

from engine.core import grid
from engine.model.front_end import FrontEnd
from engine.model.network import MlxNetwork
from tests.librosa_mel import librosa_mel


class NaivePipeline:
    """What a straightforward program does for each reading: fifteen windows from samples to logits.

    The front end's references are functions of all sound so far; they are taken from a ``FrontEnd`` outside of what is
    timed, which favours the naive way.
    """

    def __init__(self, network: MlxNetwork) -> None:
        self.network = network
        self.seconds_of_mel = self.seconds_of_network = 0.0

    def mel(self, samples: np.ndarray, end: int) -> np.ndarray:
        """Log-mel of the fifteen windows that end at ``end``, each from its own samples: (15, frames, bands)."""
        windows = []
        for k in range(grid.WINDOWS - 1, -1, -1):
            first = end - grid.WINDOW_FRAMES - k * grid.WINDOW_HOP_FRAMES
            window = samples[first * grid.HOP : first * grid.HOP + grid.samples_for(grid.WINDOW_FRAMES)]
            windows.append(librosa_mel(window))
        return np.stack(windows)

    def normalised(self, frames: np.ndarray, end: int) -> np.ndarray:
        """The same windows after the front end, from the frames since the start."""
        fronted = FrontEnd(self.network.front_end).push(frames)
        starts = end - grid.WINDOW_FRAMES - np.arange(grid.WINDOWS - 1, -1, -1) * grid.WINDOW_HOP_FRAMES
        return np.stack([fronted[start : start + grid.WINDOW_FRAMES] for start in starts])

    def logits(self, windows: np.ndarray) -> np.ndarray:
        """All windows (15, frames, bands, channels) through ``conv2d`` and the head: (2,)."""
        cnn, strides = self.network.cnn, self.network.encoder.strides
        x = library_convolution(mx.array(windows), cnn.stem.weight, strides[0], groups=1) + cnn.stem.bias
        x = mx.clip(x, 0, 6)
        for block, stride in zip(cnn.blocks, strides[1:], strict=True):
            inputs = x.shape[-1]
            x = mx.clip(library_convolution(x, block.depthwise, stride, groups=inputs) + block.depthwise_bias, 0, 6)
            pointwise = block.pointwise.T.reshape(-1, 1, 1, inputs)
            x = mx.clip(mx.conv2d(x, pointwise) + block.pointwise_bias, 0, 6)
        pooled = cnn.pooled(cnn.pool(x))
        embeddings = mx.clip(pooled @ cnn.projection + cnn.projection_bias, 0, 6)
        return np.asarray(self.network.pressure(embeddings[None]))[0]


def library_convolution(x: mx.array, weight: mx.array, stride: tuple[int, int], groups: int) -> mx.array:
    """The 3x3 step as MLX's own convolution: without padding in time, ``groups`` 1 or the number of channels."""
    inputs = x.shape[-1]
    if groups == 1:
        kernel = weight.reshape(3, 3, inputs, -1).transpose(3, 0, 1, 2)
    else:
        kernel = weight.reshape(3, 3, inputs, 1).transpose(2, 0, 1, 3)
    return mx.conv2d(x, kernel, stride=stride, padding=(0, 1), groups=groups)
