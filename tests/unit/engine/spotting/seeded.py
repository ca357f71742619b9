"""Tensors and features that are a function of their name, and what the published code makes of them."""

import json
import os
import zlib
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_unflatten

from engine.spotting.weights import tensors_of

REFERENCES: dict[str, Any] = json.loads((Path(__file__).parent / "references.json").read_text())
"""Outputs of the authors' PyTorch code (SoccerNet/sn-spotting, 9842826) on tensors of ``seeded`` and on the published
checkpoints; of LOUPE's formulas, written down in PyTorch, where there is no such code."""

CHECKPOINTS = "MOMENTUM_SPOTTING_CHECKPOINTS"
needs_checkpoints = pytest.mark.skipif(
    CHECKPOINTS not in os.environ, reason=f"{CHECKPOINTS} names no folder of published spotting checkpoints"
)


def checkpoint(name: str) -> Path:
    path = Path(os.environ.get(CHECKPOINTS, "")) / name
    if not path.exists():
        pytest.skip(f"{name} is missing in {CHECKPOINTS}")
    return path


def seeded(name: str, shape: tuple[int, ...]) -> np.ndarray:
    about = 1.0 if name.endswith(("running_var", "spread")) else 0.0
    scale = 0.1 if name.endswith("running_var") else 0.3
    values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
    return (about + scale * values).astype(np.float32)


def published_tensors(name: str) -> dict[str, np.ndarray]:
    """A checkpoint as the published code would save it, of seeded tensors."""
    return {key: seeded(f"{name}.{key}", tuple(shape)) for key, shape in REFERENCES["seeded"][name]["shapes"].items()}


def fill(model: Any, name: str) -> None:
    """Seeded tensors for every place that a model has."""
    model.update(
        tree_unflatten([(key, mx.array(seeded(f"{name}.{key}", v.shape))) for key, v in tensors_of(model).items()])
    )


def drawn(seed: int, *shape: int) -> mx.array:
    return mx.array(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))
