"""MLX beside ONNX Runtime, one thread: a live reading, a match of 95 minutes, and many sources through one process."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import mlx.core as mx
import numpy as np

from engine.audio.log_mel import log_mel
from engine.audio.media_file import MediaFile
from engine.core import grid
from engine.core.paths import shipped_weights
from engine.core.signals import AudioBlock
from engine.live.many_streams import ManyStreams
from engine.live.stream import PressureStream
from engine.model.calibration import Calibration
from engine.model.checkpoint import Weights, load
from engine.model.inference_engines import network_of
from engine.model.matrix_products import mlx_dense
from engine.model.network import MlxNetwork, Network, in_pieces
from engine.model.onnx_graph import head_model, window_model
from engine.model.onnx_runtime import runtime_package
from engine.simulator.match import SimulatedMatch, plan_match
from tests.bench import Row
from tests.bench.naive import NaivePipeline

_ROUNDS = 15
_UPDATES = 20
_MATCH_S = 95 * 60
_SOURCES = (1, 2, 4, 8, 16, 32)
_GROUNDS = 8
_LIVE_S = 20.0
_BLOCK = grid.READING_FRAMES * grid.HOP


def run() -> list[Row]:
    weights = load(shipped_weights() / "default")
    return [*_live(weights), *_start(), *_score(), *_many(weights)]


def _row(name: str, values: list[float], unit: str, note: str = "") -> Row:
    low, middle, high = np.percentile(values, [25, 50, 75])
    return Row(name, float(middle), unit, float(high - low) / 2, note)


class _NaiveOnnx(NaivePipeline):
    """The naive way with ONNX Runtime in place of MLX: every window whole through the CNN, no column is kept."""

    def __init__(self, network: MlxNetwork) -> None:
        super().__init__(network)
        onnxruntime = runtime_package()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._window, self._head = (
            onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            for model in (window_model(network), head_model(network))
        )

    def logits(self, windows: np.ndarray) -> np.ndarray:
        (embeddings,) = self._window.run(None, {"windows": windows})
        return self._head.run(None, {"histories": embeddings[None]})[0][0]


class _OldMlx(MlxNetwork):
    """MLX as it was asked before: a graph and a wait for the columns, the embedding and the logits of each reading."""

    def columns_of_segments(self, segments: np.ndarray) -> np.ndarray:
        return in_pieces(lambda segment: np.asarray(self.cnn.columns(mx.array(segment))), segments, self.encoder, 1024)

    def embed(self, pooled: np.ndarray) -> np.ndarray:
        return np.asarray(self.cnn.embed(mx.array(pooled)))

    def logits(self, histories: np.ndarray) -> np.ndarray:
        return np.asarray(self.pressure(mx.array(histories)))


def _old_network(network: MlxNetwork) -> _OldMlx:
    old = _OldMlx(network.front_end, network.encoder, network.head)
    old.cnn.update(network.cnn.parameters())
    old.pressure.update(network.pressure.parameters())
    return old


def _live(weights: Weights) -> list[Row]:
    """All ways take turns, so that a busy neighbour meets them all; processor time of one thread."""
    rng = np.random.default_rng(1)
    samples = (0.05 * rng.normal(size=int((grid.HISTORY_S + 2) * grid.SAMPLE_RATE_HZ))).astype(np.float32)
    block = samples[:_BLOCK]
    in_mlx, in_onnx = NaivePipeline(load(weights.folder).network), _NaiveOnnx(weights.network)
    in_mlx.network.pressure.use(mlx_dense)  # the naive way is MLX alone
    normalised = in_mlx.normalised(log_mel(samples), grid.HISTORY_FRAMES)
    np.testing.assert_allclose(in_onnx.logits(normalised), in_mlx.logits(normalised), atol=1e-4)
    networks = {"mlx": weights.network, "onnx": network_of(weights, "onnx"), "old mlx": _old_network(weights.network)}
    streams = {name: PressureStream(network, weights.config.calibration) for name, network in networks.items()}
    for stream in streams.values():
        stream.push(AudioBlock(samples, 0))

    def listen(stream: PressureStream) -> Callable[[], None]:
        def updates() -> None:
            for _ in range(_UPDATES):
                stream.push(AudioBlock(block, stream.heard))

        return updates

    def naive(pipeline: NaivePipeline) -> Callable[[], None]:
        def update() -> None:
            pipeline.mel(samples, grid.HISTORY_FRAMES)
            pipeline.logits(normalised)

        return update

    ways = {name: listen(stream) for name, stream in streams.items()}
    ways |= {"naive mlx": naive(in_mlx), "naive onnx": naive(in_onnx)}
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_ROUNDS + 1):
        for name, way in ways.items():
            began = process_time()
            way()
            took[name].append((process_time() - began) * 1e3 / (_UPDATES if name in streams else 1))
    took = {name: times[1:] for name, times in took.items()}  # the first round fills caches

    def ratio(slow: str, quick: str = "onnx") -> list[float]:
        return [a / b for a, b in zip(took[slow], took[quick], strict=True)]

    return [
        _row("live reading, MLX", took["mlx"], "ms"),
        _row("live reading, ONNX", took["onnx"], "ms"),
        _row("live reading, MLX as it was", took["old mlx"], "ms", "all of it through graphs of MLX"),
        _row("MLX as it was / MLX, live reading", ratio("old mlx", "mlx"), "times", "required: 2"),
        _row("naive reading, MLX", took["naive mlx"], "ms", "librosa and CNN on all 15 windows, head"),
        _row("naive reading, ONNX Runtime", took["naive onnx"], "ms", "the same; stands in for PyTorch"),
        _row("MLX / ONNX, live reading", ratio("mlx"), "times"),
        _row("naive ONNX Runtime / ONNX, live reading", ratio("naive onnx"), "times", "required: 60"),
    ]


def _start() -> list[Row]:
    """``live FILE --json`` until its first line."""
    import soundfile

    from tests.bench.bench_start import first_line_ms

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "noise.wav"
        soundfile.write(sound, np.random.default_rng(0).normal(0, 0.05, 10 * grid.SAMPLE_RATE_HZ), grid.SAMPLE_RATE_HZ)
        for engine in ("mlx", "onnx"):
            command = ["-m", "tui", "live", str(sound), "--json", "--no-record", "--engine", engine]
            took = [first_line_ms(command)[1] for _ in range(_ROUNDS)]
            rows.append(_row(f"live FILE --json to the first line, {engine}", took, "ms of processor time"))
    return rows


def _score() -> list[Row]:
    """The command ``score`` on 95 minutes of FLAC, its start included.

    By the clock the decoder works beside the engine, where there is a second core; the processor time of both together
    is what it takes on one.
    """
    from tests.bench.bench_live import score_match, write_noise

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        match = Path(folder) / "match.flac"
        write_noise(match, _MATCH_S)
        env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MOMENTUM_HOME": folder}
        for engine, step, name in (
            ("mlx", grid.WINDOW_HOP_FRAMES, "one reading a window hop"),
            ("onnx", grid.WINDOW_HOP_FRAMES, "one reading a window hop"),
            ("onnx", grid.READING_FRAMES, "ten readings a second"),
        ):
            runs = [score_match(match, step, env, engine) for _ in range(5)]
            by_clock, on_one = [run.factor for run in runs], [_MATCH_S / run.processor_s for run in runs]
            wanted = "; wanted: 2500" if (engine, step) == ("onnx", grid.WINDOW_HOP_FRAMES) else ""
            rows.append(
                _row(f"score 95 minutes, {engine}, {name}", by_clock, "x", f"decoder beside the engine{wanted}")
            )
            rows.append(_row(f"the same by processor time, {engine}", on_one, "x", f"all on one core{wanted}"))
        rows.append(_row("decoding alone, by processor time", [_decoding(match) for _ in range(5)], "x", "libFLAC"))
    return rows


def _decoding(match: Path) -> float:
    began = process_time()
    for _ in MediaFile(match, 1024 * grid.HOP).blocks():
        pass
    return _MATCH_S / (process_time() - began)


def _many(weights: Weights) -> list[Row]:
    """Simulated matches through one process, a block of each at every reading, none in step with another."""
    sounds = [_simulated(seed) for seed in range(_GROUNDS)]
    rows = []
    for engine in ("onnx", "mlx"):
        network = network_of(weights, engine)
        _check_as_alone(network, weights.config.calibration, sounds)
        for count in _SOURCES:
            if engine == "mlx" and count not in (1, 32):
                continue
            share, rate = _share(network, weights.config.calibration, sounds, count)
            note = f"{100 * share:.1f} % of a core in all, {rate:.1f} readings a second each"
            if (engine, count) == ("onnx", 32):
                note += "; required: under 100 %"
            rows.append(
                Row(f"{count} live sources, {engine}: a source", 100 * share / count, "% of a core", None, note)
            )
    return rows


def _simulated(seed: int) -> np.ndarray:
    seconds = grid.HISTORY_S + _LIVE_S + 2
    match = SimulatedMatch(plan_match(seed, minutes=seconds / 60), str(seed))
    return np.concatenate([block.samples for block in match.blocks()])


def _share(network: Network, calibration: Calibration, sounds: list[np.ndarray], count: int) -> tuple[float, float]:
    """Processor time a second of sound, and readings a second of each source, histories being full."""
    many = ManyStreams(network, calibration, count)
    mine = [np.roll(sounds[i % len(sounds)], 4099 * i) for i in range(count)]
    filled = int((grid.HISTORY_S + 1) * grid.SAMPLE_RATE_HZ)
    many.push([AudioBlock(sound[: filled + 311 * i], 0) for i, sound in enumerate(mine)])
    rounds = int(_LIVE_S * grid.SAMPLE_RATE_HZ) // _BLOCK - 8
    readings = 0
    began = process_time()
    for _ in range(rounds):
        blocks = [
            AudioBlock(sound[stream.heard : stream.heard + _BLOCK], stream.heard)
            for stream, sound in zip(many.streams, mine, strict=True)
        ]
        found = many.push(blocks)
        readings += sum(reading.pressure is not None for mine_ in found for reading in mine_)
    took_s = process_time() - began
    sound_s = rounds * _BLOCK / grid.SAMPLE_RATE_HZ
    return took_s / sound_s, readings / count / sound_s


def _check_as_alone(network: Network, calibration: Calibration, sounds: list[np.ndarray]) -> None:
    """What is fast must also be right."""
    many = ManyStreams(network, calibration, len(sounds))
    together = many.push([AudioBlock(sound, 0) for sound in sounds])
    for sound, mine in zip(sounds, together, strict=True):
        alone = PressureStream(network, calibration).push(AudioBlock(sound, 0))
        for a, b in zip(mine, alone, strict=True):
            assert (a.pressure is None) == (b.pressure is None)
            assert a.pressure is None or b.pressure is None or abs(a.pressure - b.pressure) < 1e-5
