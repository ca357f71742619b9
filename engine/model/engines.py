"""Which inference engine computes the network: MLX, or ONNX Runtime where its extra is installed."""

import platform
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Final, Literal, TypeAlias

from engine.model.checkpoint import Weights
from engine.model.network import Network

EngineName: TypeAlias = Literal["mlx", "onnx"]
EngineChoice: TypeAlias = Literal["auto", "mlx", "onnx"]
ONNX_PACKAGES: Final = ("onnx", "onnxruntime")


def is_installed(package: str) -> bool:
    """Whether a package can be found, without the time that importing it takes."""
    try:
        spec = find_spec(package)
    except ValueError:  # how find_spec says that somebody has put something else in the package's place
        return False
    return spec is not None and spec.origin is not None  # a mere folder of that name has no origin


def on_apple_silicon() -> bool:
    """Whether MLX has the hardware here that it was made for."""
    return sys.platform == "darwin" and platform.machine() == "arm64"


def choose_engine(
    choice: EngineChoice, apple: bool | None = None, installed: Callable[[str], bool] = is_installed
) -> EngineName:
    """What ``choice`` means on this machine.

    ``auto`` is MLX on Apple silicon, and elsewhere ONNX Runtime if it is installed, which is several times faster than
    MLX's build for Linux. ``apple`` and ``installed`` are asked of this machine unless given.
    """
    if choice != "auto":
        return choice
    if on_apple_silicon() if apple is None else apple:
        return "mlx"
    return "onnx" if all(map(installed, ONNX_PACKAGES)) else "mlx"


def network_of(weights: Weights, engine: EngineName) -> Network:
    """The network of ``weights`` in that engine. Raises ``OnnxMissing`` where it is not installed."""
    if engine == "mlx":
        return weights.network
    from engine.model.onnx_network import OnnxNetwork

    return OnnxNetwork(weights.network)
