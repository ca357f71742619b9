"""The choice of the inference engine, as a user meets it."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from engine.core.paths import shipped_weights
from engine.live.pipeline import Pipeline
from engine.model.checkpoint import load
from engine.model.inference_engines import ONNX_PACKAGES, is_installed, network_of
from tests.functional.conftest import Momentum, MomentumHere, needs_real_sound

needs_onnx = pytest.mark.skipif(not all(map(is_installed, ONNX_PACKAGES)), reason="needs the extra 'onnx'")


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """45 s of noise that swells."""
    seconds = np.arange(45 * grid.SAMPLE_RATE_HZ) / grid.SAMPLE_RATE_HZ
    noise = np.random.default_rng(6).normal(size=len(seconds)) * (1.0 + 3.0 * (np.sin(seconds / 3.0) > 0.7))
    soundfile.write(tmp_path / "noise.flac", 0.03 * noise, grid.SAMPLE_RATE_HZ)
    return tmp_path / "noise.flac"


@pytest.fixture
def without_onnx(momentum: Momentum, tmp_path: Path) -> Momentum:
    """The program on a machine where the extra is not there."""
    folder = tmp_path / "modules"
    folder.mkdir()
    for package in ONNX_PACKAGES:
        (folder / f"{package}.py").write_text("raise ModuleNotFoundError('it is not there')\n")
    momentum.environment["PYTHONPATH"] = f"{folder}:{Path(__file__).parents[2]}"
    return momentum


def _pressures(rows: list[dict]) -> np.ndarray:
    return np.array([row["pressure"] for row in rows if row["type"] == "reading" and row["pressure"] is not None])


@needs_onnx
def test_score_gives_the_same_index_in_both_and_says_which_it_was(momentum_here: MomentumHere, sound: Path):
    mlx, onnx = (momentum_here.lines("score", sound, "--json", "--engine", engine) for engine in ("mlx", "onnx"))
    assert [rows[0]["engine"] for rows in (mlx, onnx)] == ["mlx", "onnx"]
    assert len(_pressures(mlx)) > 50
    np.testing.assert_allclose(_pressures(onnx), _pressures(mlx), atol=1e-4)


@needs_onnx
@pytest.mark.parametrize("engine", ["mlx", "onnx"])
def test_the_session_keeps_which_engine_it_was(momentum_here: MomentumHere, sound: Path, engine: str):
    momentum_here.environment["MOMENTUM_ENGINE"] = engine
    assert momentum_here.run("record", sound, "--speed", "max").returncode == 0
    shown = json.loads(momentum_here.run("sessions", "show", "latest", "--json").stdout)
    assert shown["engine"] == engine


@pytest.mark.parametrize("command", ["live", "record", "score"])
def test_without_the_extra_every_command_that_takes_it_says_what_brings_it(
    without_onnx: Momentum, sound: Path, command: str
):
    said = without_onnx.refused(command, sound, "--engine", "onnx", code=2)
    assert "pip install 'acoustic-momentum[onnx]'" in said


def test_without_the_extra_the_doctor_says_so_too(without_onnx: Momentum):
    without_onnx.environment["MOMENTUM_ENGINE"] = "onnx"
    findings = {row["what"]: row for row in json.loads(without_onnx.run("doctor", "--json").stdout)["findings"]}
    assert findings["engine"]["verdict"] == "problem"
    assert findings["engine"]["remedy"].endswith("pip install 'acoustic-momentum[onnx]'")


def test_an_engine_that_there_is_not_is_refused(momentum_here: MomentumHere, sound: Path):
    assert "--engine = 'torch'" in momentum_here.refused("score", sound, "--engine", "torch", code=2)


@needs_onnx
@needs_real_sound
@pytest.mark.shared
def test_on_real_sound_both_engines_give_the_same_logits(ten_minutes: np.ndarray):
    from engine.audio.log_mel import log_mel

    weights = load(shipped_weights() / "default")
    frames = log_mel(ten_minutes)
    mlx, onnx = (
        Pipeline(network_of(weights, engine), 0, grid.READING_FRAMES).push(frames) for engine in ("mlx", "onnx")
    )
    assert len(mlx) > 5000
    np.testing.assert_allclose(onnx, mlx, atol=1e-4)
