"""Features: how many times real time each encoder works on one core, beside decoding alone."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import av
import numpy as np

from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock
from engine.encoders.encoder import BLOCK_ROWS
from engine.encoders.encoder_weights import EncoderWeights, net_of
from engine.encoders.in_mlx import MlxNet
from engine.encoders.in_onnx import OnnxNet
from engine.encoders.network_description import seeded
from engine.encoders.picture_network import PictureNetwork
from engine.encoders.pixel_statistics import Pixels
from engine.encoders.sound_network import SoundNetwork
from engine.video.fit import Fit
from engine.video.frames_at_rate import blocks
from engine.video.video_frames import PictureFile
from tests.bench import Row
from tests.unit.engine.audio.sounds import noise

_RATE_HZ = 2.0
_FILM_S = 8.0
_SIZES = {"398 x 224": (224, 398), "1280 x 720": (720, 1280), "3840 x 2160": (2160, 3840)}
_PICTURES = ("resnet152", "resnet50", "mobilenet", "efficientnet-lite")
_SOUNDS = ("vggish", "mn04")
_ENGINES: dict[str, Any] = {"onnx": OnnxNet, "mlx": MlxNet}


def run() -> list[Row]:
    """Decoding by size, then each encoder in each engine, weights seeded: what they are does not matter here."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [_decoding(name, _film(Path(folder) / f"{size[0]}.mp4", *size)) for name, size in _SIZES.items()]
    pictures = np.random.default_rng(0).integers(0, 256, (BLOCK_ROWS, 224, 224, 3), dtype=np.uint8)
    small = pictures[:, :72, :128]
    rows.append(_encoding("pixels", "numpy", BLOCK_ROWS / _RATE_HZ, lambda: Pixels().encode(small, None)))
    for engine, compute in _ENGINES.items():
        for name in _PICTURES:
            count = 8 if name == "resnet152" or engine == "mlx" else BLOCK_ROWS
            encoder = PictureNetwork(name, _weights(name), compute)
            rows.append(
                _encoding(name, engine, count / _RATE_HZ, lambda e=encoder, n=count: e.encode(pictures[:n], None))
            )
        rows += [_of_sound(name, engine, compute) for name in _SOUNDS]
        rows.append(_of_crowd(engine))
    return rows


def _weights(name: str) -> EncoderWeights:
    net = net_of(name)
    return EncoderWeights(net, seeded(net, 0), "")


def _of_sound(name: str, engine: str, compute: Any) -> Row:
    encoder = SoundNetwork(name, _weights(name), compute)
    seconds = 16.0
    block = AudioBlock(noise(seconds, encoder.sound_hz), 0)
    return _encoding(name, engine, seconds, lambda: list(encoder.encode([block], 0.0, _RATE_HZ, 0)))


def _of_crowd(engine: str) -> Row:
    from engine.core.paths import shipped_weights
    from engine.encoders.crowd import Crowd
    from engine.model.checkpoint import load
    from engine.model.inference_engines import network_of

    network = network_of(load(shipped_weights() / "default"), "onnx" if engine == "onnx" else "mlx")
    seconds = 120.0
    block = AudioBlock(noise(seconds, SAMPLE_RATE_HZ), 0)
    return _encoding("crowd", engine, seconds, lambda: list(Crowd(network, "").encode([block], 0.0, _RATE_HZ, 0)))


def _encoding(name: str, engine: str, seconds: float, work: Callable[[], object]) -> Row:
    work()
    return Row(f"{name}, {engine}", seconds / _spent_s(work), "x real time", None, "one core, decoding not counted")


def _decoding(name: str, film: Path) -> Row:
    def work() -> None:
        source = PictureFile(film, "software")
        for _ in blocks(source, _RATE_HZ, Fit(224, 224), BLOCK_ROWS):
            pass
        source.close()

    return Row(f"decoding alone, {name}, H.264 at 25 a second", _FILM_S / _spent_s(work), "x real time")


def _spent_s(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began


def _film(path: Path, height: int, width: int) -> Path:
    """A textured plane that the camera pans over, with grain, so that decoding has something to do."""
    rng = np.random.default_rng(0)
    coarse = np.kron(rng.integers(40, 200, (height // 8 + 40, width // 8 + 40)), np.ones((8, 8))).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "26"})
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for number in range(round(_FILM_S * 25)):
            at = 2 * (number % 100)
            plane = coarse[at : at + height, at : at + width] + rng.integers(0, 8, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(np.repeat(plane[..., None], 3, axis=2), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
