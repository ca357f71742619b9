"""The engine on minutes of real sound: streaming equals batch, nothing looks ahead, the gain drops out."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.core.paths import shipped_weights
from engine.core.signals import AudioBlock, Health, Reading
from engine.live.stream import PressureStream
from engine.model.calibration import Calibration
from engine.model.checkpoint import Weights, load
from engine.model.front_end import FrontEnd
from engine.model.inference_engines import ONNX_PACKAGES, is_installed, network_of
from engine.model.network import Network
from tests.functional.conftest import Momentum, needs_real_sound
from tests.librosa_mel import librosa_mel

UNTRAINED = Calibration(slope=60.0)
"""Spreads the small logits of untrained weights over [0, 1]; trained ones have a calibration of their own."""

pytestmark = [needs_real_sound, pytest.mark.shared]


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load(shipped_weights() / "default")


@pytest.fixture(scope="module", params=["mlx", "onnx"])
def network(request: pytest.FixtureRequest, weights: Weights) -> Network:
    """The weights in each engine in turn."""
    if request.param == "onnx" and not all(map(is_installed, ONNX_PACKAGES)):
        pytest.skip("needs the extra 'onnx'")
    return network_of(weights, request.param)


def _calibration(weights: Weights) -> Calibration:
    return weights.config.calibration if weights.config.calibration.fitted else UNTRAINED


def _listen(
    network: Network, weights: Weights, samples: np.ndarray, cuts: list[int], step: int = grid.READING_FRAMES
) -> list[Reading]:
    """Readings through the weights' own calibration, or a steep one where they have none."""
    stream = PressureStream(network, _calibration(weights), step)
    readings: list[Reading] = []
    for block in np.split(samples, cuts):
        readings += stream.push(AudioBlock(block, stream.heard))
    return readings


def _pressures(readings: list[Reading]) -> np.ndarray:
    return np.array([np.nan if reading.pressure is None else reading.pressure for reading in readings])


@pytest.fixture(scope="module")
def some_minutes(ten_minutes: np.ndarray) -> np.ndarray:
    """Four of them: enough for thousands of readings, and for hundreds of cuts at which a cache could go wrong."""
    return ten_minutes[: 240 * grid.SAMPLE_RATE_HZ]


@pytest.fixture(scope="module")
def whole(network: Network, weights: Weights, some_minutes: np.ndarray) -> list[Reading]:
    return _listen(network, weights, some_minutes, [])


@pytest.fixture(scope="module")
def quiet(ten_minutes: np.ndarray) -> np.ndarray:
    """So quiet that nothing clips 20 dB up."""
    return 0.09 * ten_minutes / np.abs(ten_minutes).max()


@pytest.fixture(scope="module")
def usual(network: Network, weights: Weights, quiet: np.ndarray) -> np.ndarray:
    return _pressures(_listen(network, weights, quiet, [], step=11))


def test_live_and_score_print_the_same_readings(momentum: Momentum, some_minutes: np.ndarray, tmp_path: Path):
    file = tmp_path / "some minutes.wav"
    soundfile.write(file, some_minutes, grid.SAMPLE_RATE_HZ, "FLOAT")
    live = momentum.lines("live", file, "--speed", "max", "--json")
    score = momentum.lines("score", file, "--json")
    assert [row["type"] for row in live] == [row["type"] for row in score]
    assert live[-1]["t"] == score[-1]["t"] == pytest.approx(240.0, abs=1e-4)
    numbers = 0
    for ours, theirs in zip(live, score, strict=True):
        if ours["type"] == "reading":
            assert (ours["t"], ours["health"], ours["level_db"]) == (theirs["t"], theirs["health"], theirs["level_db"])
            assert (ours["pressure"] is None) == (theirs["pressure"] is None)
            if ours["pressure"] is not None:
                numbers += 1
                assert ours["pressure"] == pytest.approx(theirs["pressure"], abs=1e-5)
    assert numbers > 1500


def test_log_mel_of_real_crowds_agrees_with_librosa(ten_minutes: np.ndarray):
    samples = ten_minutes[: 120 * grid.SAMPLE_RATE_HZ]
    expected = librosa_mel(samples)
    audible = expected > expected.max() - 80
    assert np.abs(log_mel(samples) - expected)[audible].max() < 1e-4


def test_random_blocks_change_nothing(network, weights, some_minutes, whole):
    rng = np.random.default_rng(21)
    cuts = np.cumsum(np.exp(rng.uniform(0, np.log(100_000), 1500)).astype(int))
    blocks = _listen(network, weights, some_minutes, cuts[cuts < len(some_minutes)].tolist())
    np.testing.assert_allclose(_pressures(blocks), _pressures(whole), atol=1e-5)
    assert [(r.t, r.health, r.level_db, r.peak_db) for r in blocks] == [
        (r.t, r.health, r.level_db, r.peak_db) for r in whole
    ]


def test_single_windows_from_scratch_agree(weights, some_minutes, whole):
    """No cache at all, in MLX, at twenty moments that have a whole history since the sound began or came back."""
    mlx = weights.network
    frames = FrontEnd(mlx.front_end).push(log_mel(some_minutes))
    assert all(reading.health is not Health.SILENT for reading in whole)
    numbered = [reading for reading in whole if reading.pressure is not None]
    for reading in np.random.default_rng(22).choice(np.array(numbered, object), 20, replace=False):
        end = round(reading.t * grid.SAMPLE_RATE_HZ - grid.FRAME_LENGTH) // grid.HOP + 1
        ends = end - grid.WINDOW_HOP_FRAMES * np.arange(grid.WINDOWS)[::-1]
        windows = np.stack([frames[last - grid.WINDOW_FRAMES : last] for last in ends])
        logits = mlx.logits(mlx.window_embeddings(windows)[None])
        assert reading.pressure == pytest.approx(_calibration(weights).probability(logits)[0], abs=1e-5)


@pytest.mark.parametrize("gain_db", [-20.0, 20.0])
def test_twenty_decibels_either_way_move_no_reading_by_002(network, weights, quiet, usual, gain_db):
    other = _pressures(_listen(network, weights, (quiet * 10 ** (gain_db / 20)).astype(np.float32), [], step=11))
    np.testing.assert_array_equal(np.isnan(usual), np.isnan(other))
    assert np.nanmax(np.abs(usual - other)) < 0.02
