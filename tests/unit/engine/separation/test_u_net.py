"""The networks, in both engines, against what Spleeter's own code gave."""

import os

import numpy as np
import pytest

from engine.separation.onnx_u_net import OnnxStems
from engine.separation.stem_weights import StemWeights, load_stems
from engine.separation.u_net import STEMS, MlxStems, StemNetwork
from tests.extras import need
from tests.unit.engine.separation.made_up import REFERENCE

ENGINES = [MlxStems, OnnxStems]
REAL = "SPLEETER_WEIGHTS"


def furthest(networks: StemNetwork, seed: int, shape: tuple[int, ...], expected: dict) -> float:
    """How far the estimates are from what is expected of them, at most."""
    heard = np.abs(np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)
    moments, frequencies = expected["every"]
    found = networks.estimates(heard.transpose(1, 2, 0))[:, ::moments, ::frequencies]
    apart = [
        np.abs(one.transpose(2, 0, 1).ravel() - np.array(expected["outputs"][stem])).max()
        for stem, one in zip(STEMS, found, strict=True)
    ]
    return float(max(apart))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_networks_give_what_spleeters_own_code_gives(engine: type, weights: StemWeights):
    if engine is OnnxStems:
        need("onnxruntime", "onnx")
    assert furthest(engine(weights.tensors), 5, (2, 64, 128), REFERENCE) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_the_real_weights_give_what_spleeters_own_code_gives(engine: type):
    if not os.environ.get(REAL):
        pytest.skip(f"needs Spleeter's weights: {REAL} names the folder that 'momentum weights separation' made")
    weights = load_stems(os.environ[REAL])
    assert furthest(engine(weights.tensors), 7, (2, 64, 1024), REFERENCE["real"]) < 1e-3
