"""A process that explains now and then lives all day."""

import mlx.core as mx
import numpy as np

from engine.explain.explanation import explain_frames
from tests.unit.engine.explain.sessions import small_weights


def test_ten_explanations_hold_no_more_memory_than_one(tmp_path, first_answer, lively: np.ndarray) -> None:
    weights = small_weights(tmp_path / "small")
    held = []
    for _ in range(10):
        explain_frames(weights, lively, 41.0, 0.5)
        held.append(mx.get_active_memory())
        assert mx.get_cache_memory() == 0
    assert held[-1] <= held[0]
