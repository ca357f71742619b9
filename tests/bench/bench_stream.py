"""An update against the naive update, and a long recording against one naive update a window hop; one thread."""

from pathlib import Path
from time import perf_counter

import numpy as np

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.core.paths import shipped_weights
from engine.core.signals import AudioBlock
from engine.live.stream import PressureStream
from engine.model.checkpoint import load
from engine.model.matrix_products import mlx_dense
from tests.bench import Row
from tests.bench.naive import NaivePipeline

_ROUNDS = 15
_UPDATES_A_ROUND = 20
_OFFLINE_S = 600


def _noise(seconds: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    return (0.05 * rng.normal(size=int(seconds * grid.SAMPLE_RATE_HZ))).astype(np.float32)


def _row(name: str, values: list[float], unit: str, note: str = "") -> Row:
    low, middle, high = np.percentile(values, [25, 50, 75])
    return Row(name, float(middle), unit, float(high - low) / 2, note)


def run() -> list[Row]:
    weights = load(shipped_weights() / "default")
    network = weights.network
    samples = _noise(grid.HISTORY_S + 2)
    end = grid.HISTORY_FRAMES
    naive = NaivePipeline(load(shipped_weights() / "default").network)
    naive.network.pressure.use(mlx_dense)  # the naive way is MLX alone
    normalised = naive.normalised(log_mel(samples), end)
    _check_same(naive, weights, samples, normalised, end)

    stream = PressureStream(network, weights.config.calibration)
    stream.push(AudioBlock(samples, 0))
    block = _noise(grid.READING_FRAMES * grid.HOP / grid.SAMPLE_RATE_HZ)
    live_ms, naive_ms, ratios = [], [], []
    for _ in range(_ROUNDS):
        began = perf_counter()
        for _ in range(_UPDATES_A_ROUND):
            stream.push(AudioBlock(block, stream.heard))
        live = (perf_counter() - began) / _UPDATES_A_ROUND
        began = perf_counter()
        naive.mel(samples, end)
        naive.logits(normalised)
        slow = perf_counter() - began
        live_ms.append(live * 1e3)
        naive_ms.append(slow * 1e3)
        ratios.append(slow / live)
    return [
        _row("live update (one reading)", live_ms, "ms"),
        _row("naive update in MLX", naive_ms, "ms", "librosa and CNN on all 15 windows, head"),
        _row("naive / live update", ratios, "times", "required: 20"),
        *_offline(weights, float(np.median(naive_ms))),
    ]


def _offline(weights, naive_ms: float) -> list[Row]:
    samples = _noise(_OFFLINE_S)
    rows = []
    for step, name in (
        (grid.WINDOW_HOP_FRAMES, "one reading a window hop"),
        (grid.READING_FRAMES, "ten readings a second"),
    ):
        factors, ratios = [], []
        for _ in range(3):
            stream = PressureStream(weights.network, weights.config.calibration, step)
            began = perf_counter()
            readings = stream.push(AudioBlock(samples, 0))
            seconds = perf_counter() - began
            factors.append(_OFFLINE_S / seconds)
            ratios.append(naive_ms / 1e3 * len(readings) / seconds)
        rows.append(_row(f"whole recording, {name}", factors, "x real time", "engine alone, ten minutes of sound"))
        rows.append(_row(f"naive / whole recording, {name}", ratios, "times", "naive extrapolated from one update"))
    return rows


def _check_same(naive: NaivePipeline, weights, samples: np.ndarray, normalised: np.ndarray, end: int) -> None:
    """Both ways must give the same reading, or there is nothing to compare."""
    stream = PressureStream(weights.network, weights.config.calibration, step=end)
    (reading,) = [r for r in stream.push(AudioBlock(samples, 0)) if r.pressure is not None]
    theirs = weights.config.calibration.probability(naive.logits(normalised)[None])[0]
    assert abs(reading.pressure - theirs) < 1e-5, (reading.pressure, theirs)
    first = end - grid.WINDOW_FRAMES
    difference = np.abs(naive.mel(samples, end)[-1] - log_mel(samples)[first:end]).max()
    assert difference < 1e-3, difference
    assert isinstance(weights.folder, Path)
