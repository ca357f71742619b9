"""Sounds and a small network that the engine's tests share."""

import numpy as np
import pytest

from engine.core import grid
from engine.core.signals import AudioBlock, Reading
from engine.live.stream import PressureStream
from engine.model.calibration import Calibration
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.inference_engines import ONNX_PACKAGES
from engine.model.network import MlxNetwork, Network
from engine.model.onnx_network import OnnxNetwork
from engine.model.tags import TAG_NAMES, TagsConfig


@pytest.fixture(scope="session")
def mlx_network() -> MlxNetwork:
    """The full-sized network with random weights, large enough that the index moves."""
    return MlxNetwork(FrontEndConfig(), EncoderConfig(), HeadConfig(), seed=3)


@pytest.fixture(scope="session")
def onnx_network(mlx_network: MlxNetwork) -> OnnxNetwork:
    """The same tensors in ONNX Runtime."""
    for package in ONNX_PACKAGES:
        pytest.importorskip(package, reason="needs the extra 'onnx'")
    return OnnxNetwork(mlx_network)


@pytest.fixture(scope="session", params=["mlx", "onnx"])
def network(request: pytest.FixtureRequest) -> Network:
    """The network in each engine in turn."""
    return request.getfixturevalue(f"{request.param}_network")


@pytest.fixture(scope="session")
def tagged_mlx_network() -> MlxNetwork:
    """``mlx_network`` with a read-out for all tags, so steep that each of them moves."""
    tags = TagsConfig(slopes=(4.0,) * len(TAG_NAMES), offsets=tuple(0.3 * k - 1.5 for k in range(len(TAG_NAMES))))
    return MlxNetwork(FrontEndConfig(), EncoderConfig(), HeadConfig(), 3, tags)


@pytest.fixture(scope="session", params=["mlx", "onnx"])
def tagged_network(request: pytest.FixtureRequest, tagged_mlx_network: MlxNetwork) -> Network:
    """The network with tags in each engine in turn."""
    if request.param == "mlx":
        return tagged_mlx_network
    for package in ONNX_PACKAGES:
        pytest.importorskip(package, reason="needs the extra 'onnx'")
    return OnnxNetwork(tagged_mlx_network)


@pytest.fixture(scope="session")
def steep() -> Calibration:
    """A calibration that lets a random network's small logits cover much of [0, 1], so differences show."""
    return Calibration(slope=60.0, offset=0.0)


@pytest.fixture(scope="session")
def crowd() -> np.ndarray:
    """Under a minute of shaped noise that swells now and then, float32 at about -25 dBFS."""
    rng = np.random.default_rng(11)
    n = 56 * grid.SAMPLE_RATE_HZ
    spectrum = np.fft.rfft(rng.normal(size=n)) / (1.0 + (np.fft.rfftfreq(n, 1 / grid.SAMPLE_RATE_HZ) / 900.0) ** 2)
    noise = np.fft.irfft(spectrum, n)
    seconds = np.arange(n) / grid.SAMPLE_RATE_HZ
    swell = 1.0 + 3.0 * (np.sin(2 * np.pi * seconds / 17.0) > 0.9) + 0.3 * np.sin(2 * np.pi * seconds / 3.0)
    return (0.02 * noise / noise.std() * swell).astype(np.float32)


def listen(stream: PressureStream, samples: np.ndarray, sizes: list[int] | None = None) -> list[Reading]:
    """Push ``samples`` in blocks of the given sizes (the rest in one) and return all readings."""
    readings: list[Reading] = []
    start = 0
    for size in [*(sizes or []), len(samples)]:
        block = samples[start : start + size]
        readings += stream.push(AudioBlock(block, start))
        start += len(block)
    return readings
