"""What computes a network of others: MLX, or ONNX Runtime where it is installed."""

from engine.encoders.network_description import LARGE_BYTES, Net, Tensors, bytes_of
from engine.encoders.network_interface import Compute, ComputedNet
from engine.model.inference_engines import EngineChoice, choose_engine


def computed_by(choice: EngineChoice) -> Compute:
    """``auto`` is MLX on Apple silicon, and elsewhere ONNX Runtime where it is installed; but not for a large network,
    of which that takes more memory than MLX."""
    if choose_engine(choice) == "mlx":
        return _in_mlx
    return _in_onnx if choice == "onnx" else _by_size


def _by_size(net: Net, tensors: Tensors) -> ComputedNet:
    return (_in_mlx if bytes_of(net.layers) >= LARGE_BYTES else _in_onnx)(net, tensors)


def _in_onnx(net: Net, tensors: Tensors) -> ComputedNet:
    from engine.encoders.in_onnx import OnnxNet

    return OnnxNet(net, tensors)


def _in_mlx(net: Net, tensors: Tensors) -> ComputedNet:
    from engine.encoders.in_mlx import MlxNet
    from engine.model.network import limit_cache

    limit_cache()
    return MlxNet(net, tensors)
