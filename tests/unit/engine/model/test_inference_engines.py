"""Which engine computes, and that both give the same."""

import sys

import numpy as np
import pytest

from engine.core import grid
from engine.core.errors import ExitCode
from engine.core.extras import installing
from engine.core.paths import shipped_weights
from engine.live.pipeline import Pipeline
from engine.model.checkpoint import load
from engine.model.inference_engines import ONNX_PACKAGES, Computing, choose_engine, for_live, is_installed, network_of
from engine.model.network import MlxNetwork
from engine.model.onnx_graph import OnnxMissing
from engine.simulator.match import SimulatedMatch, plan_match
from tests.unit.onnx_runtime import runtime_or_skip


@pytest.mark.parametrize(
    ("choice", "apple", "there", "engine"),
    [
        ("auto", True, {"onnx", "onnxruntime"}, "mlx"),
        ("auto", False, {"onnx", "onnxruntime"}, "onnx"),
        ("auto", False, {"onnxruntime"}, "mlx"),
        ("auto", False, set(), "mlx"),
        ("onnx", True, set(), "onnx"),
        ("mlx", False, {"onnx", "onnxruntime"}, "mlx"),
    ],
)
def test_auto_is_mlx_on_apple_silicon_and_elsewhere_onnx_where_it_is_installed(choice, apple, there, engine):
    assert choose_engine(choice, apple, there.__contains__) == engine


MLX_CPU, MLX_GPU, ONNX = Computing("mlx", "cpu"), Computing("mlx", "gpu"), Computing("onnx", "cpu")


@pytest.mark.parametrize(
    ("choice", "apple", "there", "gpu", "among"),
    [
        ("auto", True, set(ONNX_PACKAGES), True, [MLX_CPU, MLX_GPU, ONNX]),
        ("auto", True, set(), True, [MLX_CPU, MLX_GPU]),
        ("auto", True, set(), False, [MLX_CPU]),
        ("mlx", True, set(ONNX_PACKAGES), True, [MLX_CPU, MLX_GPU]),
        ("onnx", True, set(), True, [ONNX]),
        ("auto", False, set(ONNX_PACKAGES), False, [ONNX]),
        ("auto", False, set(), False, [MLX_CPU]),
    ],
)
def test_on_apple_silicon_the_processor_the_gpu_and_onnx_runtime_are_measured_for_live_readings(
    choice, apple, there, gpu, among
):
    assert for_live(choice, apple, there.__contains__, lambda: gpu) == among


def test_a_folder_named_like_the_package_is_not_the_package(tmp_path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "onnxish").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not is_installed("onnxish")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_an_engine_that_is_asked_for_and_not_installed_says_what_brings_it(package, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(OnnxMissing) as caught:
        network_of(load(shipped_weights() / "default"), "onnx")
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.message == f"{package} is not installed"
    assert caught.value.hint == installing("onnx")


def test_both_engines_give_the_same_logits_on_a_simulated_match():
    pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    runtime_or_skip()
    from engine.audio.log_mel import log_mel

    weights = load(shipped_weights() / "default")
    sound = np.concatenate([block.samples for block in SimulatedMatch(plan_match(4, minutes=1.5), "four").blocks()])
    frames = log_mel(sound)
    mlx, onnx = (
        Pipeline(network_of(weights, engine), 0, grid.READING_FRAMES).push(frames) for engine in ("mlx", "onnx")
    )
    assert isinstance(weights.network, MlxNetwork)
    assert len(mlx) > 400
    np.testing.assert_allclose(onnx, mlx, atol=1e-4)
