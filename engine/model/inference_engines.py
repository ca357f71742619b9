"""Which inference engine computes the network, and on what: MLX, or ONNX Runtime where its extra is installed."""

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final, Literal, TypeAlias

from engine.model.checkpoint import Weights
from engine.model.network import Device, Network, default_device, has_gpu, use_device

EngineName: TypeAlias = Literal["mlx", "onnx"]
EngineChoice: TypeAlias = Literal["auto", "mlx", "onnx"]
ONNX_PACKAGES: Final = ("onnx", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Computing:
    """An engine and the device that it computes on."""

    engine: EngineName
    device: Device

    def __str__(self) -> str:
        return f"{self.engine} {self.device}"


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

    ``auto`` is MLX on Apple silicon, and elsewhere ONNX Runtime if it is installed, which is faster than MLX's build
    for Linux. ``apple`` and ``installed`` are asked of this machine unless given.
    """
    if choice != "auto":
        return choice
    if on_apple_silicon() if apple is None else apple:
        return "mlx"
    return "onnx" if all(map(installed, ONNX_PACKAGES)) else "mlx"


def for_recordings(choice: EngineChoice, apple: bool | None = None) -> Computing:
    """What computes whole recordings: MLX has its GPU for them where there is one."""
    engine = choose_engine(choice, apple)
    return Computing(engine, default_device() if engine == "mlx" else "cpu")


def for_live(
    choice: EngineChoice,
    apple: bool | None = None,
    installed: Callable[[str], bool] = is_installed,
    gpu: Callable[[], bool] = has_gpu,
) -> list[Computing]:
    """What could compute a live reading, which is small; where there are several, only measuring tells.

    On Apple silicon nobody can say in advance: a GPU computes in no time and is waited for. Elsewhere it is known.
    """
    if not (on_apple_silicon() if apple is None else apple):
        return [for_recordings(choose_engine(choice, apple=False, installed=installed))]
    found = [] if choice == "onnx" else [Computing("mlx", "cpu")]
    if found and gpu():
        found.append(Computing("mlx", "gpu"))
    if choice == "onnx" or (choice == "auto" and all(map(installed, ONNX_PACKAGES))):
        found.append(Computing("onnx", "cpu"))
    return found


def network_of(weights: Weights, engine: EngineName, device: Device | None = None) -> Network:
    """The network of ``weights`` in that engine. Raises ``OnnxMissing`` where it is not installed.

    With a ``device``, MLX computes everything on it from now on, in the whole process.
    """
    if engine == "mlx":
        if device is not None:
            use_device(device)
            weights.network.compute_on(device)
        return weights.network
    from engine.model.onnx_network import OnnxNetwork

    return OnnxNetwork(weights.network)
