"""What computes a network of others: MLX, or ONNX Runtime where it is installed."""

from engine.encoders.computed_net import Compute
from engine.model.inference_engines import EngineChoice, choose_engine


def computed_by(choice: EngineChoice) -> Compute:
    """``auto`` is MLX on Apple silicon, and elsewhere ONNX Runtime where it is installed."""
    if choose_engine(choice) == "onnx":
        from engine.encoders.in_onnx import OnnxNet

        return OnnxNet
    from engine.encoders.in_mlx import MlxNet
    from engine.model.network import limit_cache

    limit_cache()
    return MlxNet
