"""What a live reading costs with tags and without, in each engine that is here; both take turns in the same run."""

from time import thread_time

import numpy as np

from engine.core import grid
from engine.core.signals import AudioBlock
from engine.live.stream import PressureStream
from engine.model.calibration import Calibration
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.inference_engines import ONNX_PACKAGES, is_installed
from engine.model.network import MlxNetwork, Network
from engine.model.tags import TagsConfig
from tests.bench import Row

_ROUNDS = 40
_UPDATES_A_ROUND = 20


def _networks(tags: TagsConfig | None) -> dict[str, Network]:
    """The shipped shape with random weights, which cost what trained ones do."""
    network = MlxNetwork(FrontEndConfig(), EncoderConfig(), HeadConfig(), seed=3, tags=tags)
    if not all(map(is_installed, ONNX_PACKAGES)):
        return {"mlx": network}
    from engine.model.onnx_network import OnnxNetwork

    return {"mlx": network, "onnx": OnnxNetwork(network)}


def run() -> list[Row]:
    rng = np.random.default_rng(1)
    samples = (0.05 * rng.normal(size=int((grid.HISTORY_S + 2) * grid.SAMPLE_RATE_HZ))).astype(np.float32)
    block = samples[: grid.READING_FRAMES * grid.HOP]
    rows = []
    tagged = _networks(TagsConfig())
    for name, plain in _networks(None).items():
        streams = [PressureStream(network, Calibration()) for network in (plain, tagged[name])]
        for stream in streams:
            stream.push(AudioBlock(samples, 0))
        taken: list[list[float]] = [[], []]
        for _ in range(_ROUNDS):
            for stream, times in zip(streams, taken, strict=True):
                began = thread_time()
                for _ in range(_UPDATES_A_ROUND):
                    stream.push(AudioBlock(block, stream.heard))
                times.append((thread_time() - began) / _UPDATES_A_ROUND * 1e3)
        without, with_tags = taken
        low, middle, high = np.percentile(np.array(with_tags) / without, [25, 50, 75])
        rows.append(Row(f"reading without tags, {name}", float(np.median(without)), "ms", note="processor time"))
        rows.append(
            Row(f"with / without tags, {name}", float(middle), "times", (high - low) / 2, "required: at most 1.1")
        )
    return rows
