"""Spotting models on segments against the same windows one by one, forward and back; and an epoch over 300 games."""

from time import process_time

import mlx.core as mx
import numpy as np
from mlx.nn.layers.base import Module

from engine.spotting.config import ChannelConfig, SpottingConfig, WindowConfig
from engine.spotting.matrix_products import product
from engine.spotting.pooled_model import PooledModel
from engine.spotting.pooling import PoolConfig
from engine.spotting.scores import log_odds
from tests.bench import Row
from tests.bench.steps import Step, seconds_of

_WIDTH = 512
_HALF_ROWS = 5400
_GAMES = 300
_WINDOW = 40
_WINDOWS = 64
_ROUNDS = 5


class _OneByOne(Module):
    """The published way: every window is cut out, its rows are assigned again, its pooled vector is written down. The
    products are the same quick ones."""

    def __init__(self, model: PooledModel) -> None:
        super().__init__()
        self.model = model

    def __call__(self, rows: mx.array, stride: int) -> mx.array:
        starts = range(0, rows.shape[1] - _WINDOW + 1, stride)
        windows = mx.concatenate([rows[:, start : start + _WINDOW] for start in starts])
        head = self.model.heads[0]
        (pool,) = self.model.pools[0].parts
        return (product(pool(windows, _WINDOW, _WINDOW), head.weight.T) + head.bias)[:, 0][None]


def run() -> list[Row]:
    config = SpottingConfig(
        "bench",
        (ChannelConfig("video", _WIDTH),),
        pool=PoolConfig("netvlad"),
        window=WindowConfig(_WINDOW, _WINDOW // 2),
    )
    model = PooledModel(config)
    windows = _OneByOne(model)
    rng = np.random.default_rng(0)
    rows = []
    for stride, what in ((2, "a second apart"), (10, "5 s apart"), (_WINDOW, "side by side")):
        segment = mx.array(rng.normal(size=(1, (_WINDOWS - 1) * stride + _WINDOW, _WIDTH)).astype(np.float32))
        steps: dict[str, Step] = {
            "segments": (model, lambda segment=segment, stride=stride: (model([segment], stride) ** 2).sum()),
            "one by one": (windows, lambda segment=segment, stride=stride: (windows(segment, stride) ** 2).sum()),
        }
        values = [float(step().item()) for _, step in steps.values()]
        assert np.allclose(values, values[0], rtol=1e-3), values
        took = seconds_of(steps, _ROUNDS)
        for name, seconds in took.items():
            low, middle, high = np.percentile(_WINDOWS / np.array(seconds), [25, 50, 75])
            spread = float(high - low) / 2
            rows.append(Row(f"NetVLAD, {name}, {what}", float(middle), "windows/s", spread, "processor time"))
        ratio = float(np.median(took["one by one"]) / np.median(took["segments"]))
        rows.append(Row(f"segments / one by one, {what}", ratio, "times", None, ""))
        epoch_s = np.median(took["segments"]) * _GAMES * 2 * _HALF_ROWS / (_WINDOWS * stride)
        rows.append(
            Row(f"an epoch of {_GAMES} games, {what}", float(epoch_s) / 60, "min", None, "processor time, reckoned")
        )
    half = rng.normal(size=(_HALF_ROWS, _WIDTH)).astype(np.float32)
    began = process_time()
    log_odds(model, config, [half])
    rows.append(Row("a half of 45 min, a score every 0.5 s", process_time() - began, "s", None, "processor time"))
    return rows
