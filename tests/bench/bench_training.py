"""Training on segments against training on windows: windows a second of one step, forward and back, same network."""

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module

from engine.core import grid
from engine.model.encoder import EncoderConfig, SpectrogramCNN
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.matrix_products import mlx_dense
from engine.model.network import MlxNetwork
from tests.bench import Row
from tests.bench.naive import library_convolution
from tests.bench.steps import seconds_of
from train.data.tagger_as_teacher import CLASSES
from train.fit.network.segment_network import SegmentNetwork, segment_frames

_HISTORIES = 12
_ROUNDS = 5
_TAGS = 27


class _Windows(Module):
    """The same network on whole windows, each convolved on its own: ``conv2d`` where MLX has it."""

    def __init__(self, network: MlxNetwork, grouped: bool) -> None:
        super().__init__()
        self.cnn: SpectrogramCNN = network.cnn
        self.cnn.use(mlx_dense)
        self._strides = network.encoder.strides
        self._grouped = grouped

    def __call__(self, windows: mx.array) -> mx.array:
        if not self._grouped:
            return self.cnn(windows)
        x = library_convolution(windows, self.cnn.stem.weight, self._strides[0], 1) + self.cnn.stem.bias
        x = mx.clip(x, 0, 6)
        for block, stride in zip(self.cnn.blocks, self._strides[1:], strict=True):
            x = mx.clip(library_convolution(x, block.depthwise, stride, x.shape[-1]) + block.depthwise_bias, 0, 6)
            x = mx.clip(x @ block.pointwise + block.pointwise_bias, 0, 6)
        return self.cnn.embed(self.cnn.pooled(self.cnn.pool(x)))


def run() -> list[Row]:
    network = MlxNetwork(FrontEndConfig(), EncoderConfig(), HeadConfig(), seed=1)
    segments = SegmentNetwork(network, _TAGS, len(CLASSES), dropout=0.0)
    rng = np.random.default_rng(1)
    frames = rng.normal(size=(1, segment_frames(_HISTORIES), grid.MEL_BANDS, 2)).astype(np.float32)
    count = _HISTORIES + grid.WINDOWS - 1
    hops = [i * grid.WINDOW_HOP_FRAMES for i in range(count)]
    windows = mx.array(np.stack([frames[0, hop : hop + grid.WINDOW_FRAMES] for hop in hops]))
    segment = mx.array(frames)
    shifted, grouped = _Windows(network, grouped=False), _Windows(network, grouped=True)
    ways = {
        "segments": (segments, lambda: (segments.windows(segments.columns(segment)) ** 2).sum()),
        "windows, shift-and-add": (shifted, lambda: (shifted(windows) ** 2).sum()),
        "windows, conv2d": (grouped, lambda: (grouped(windows) ** 2).sum()),
    }
    values = [float(step().item()) for _, step in ways.values()]
    assert np.allclose(values, values[0], rtol=1e-4), values
    took = seconds_of(ways, _ROUNDS)
    rows = []
    for name, seconds in took.items():
        low, middle, high = np.percentile(count / np.array(seconds), [25, 50, 75])
        rows.append(Row(f"encoder, {name}", float(middle), "windows/s", float(high - low) / 2, "processor time"))
    for name in list(ways)[1:]:
        ratio = float(np.median(took[name]) / np.median(took["segments"]))
        rows.append(Row(f"segments / {name}", ratio, "times", None, "required: 4" if "conv2d" in name else ""))
    return rows
