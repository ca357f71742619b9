"""What computes a network of others: MLX, or ONNX Runtime where it is installed."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.encoders.encoder import Values
from engine.encoders.layers import Net, Tensors
from engine.model.inference_engines import EngineChoice, choose_engine

Compute: TypeAlias = Callable[[Net, Tensors], Callable[[NDArray[np.float32]], Values]]
"""From a network to the function (n, height, width, channels) -> (n, width)."""


def computed_by(choice: EngineChoice) -> Compute:
    """``auto`` is MLX on Apple silicon, and elsewhere ONNX Runtime where it is installed."""
    if choose_engine(choice) == "onnx":
        from engine.encoders.in_onnx import OnnxNet

        return OnnxNet
    from engine.encoders.in_mlx import MlxNet
    from engine.model.network import limit_cache

    limit_cache()
    return MlxNet
