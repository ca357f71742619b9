"""What ``momentum --version`` says. It never fails: what is missing is said in its line."""

import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from engine.core.errors import MomentumError
from engine.core.paths import find_paths
from engine.core.text import plain

if TYPE_CHECKING:
    from engine.core.settings import Settings


def version_lines(read: "Callable[[], Settings]") -> list[str]:
    """Program, weights with their label rule, MLX, the inference engine, PortAudio, Python: a line each.

    ``read`` reads the settings; a fault that it raises is said in the lines that need them.
    """
    return [
        f"momentum {installed('acoustic-momentum')}",
        f"weights {_weights(read)}",
        f"mlx {_mlx()}",
        f"engine {_engine(read)}",
        f"portaudio {portaudio_version() or 'not installed'}",
        f"python {platform.python_version()} on {platform.system()} {platform.machine()}",
    ]


def portaudio_version() -> str | None:
    """The version of the PortAudio library in use, None where there is none."""
    try:
        import sounddevice
    except OSError:  # this is how sounddevice says that the library is missing
        return None
    number: int = sounddevice.get_portaudio_version()[0]
    return f"{number >> 16 & 0xFF}.{number >> 8 & 0xFF}.{number & 0xFF}"


def _weights(read: "Callable[[], Settings]") -> str:
    try:
        from engine.model.checkpoint import read_config
        from engine.model.installed_weights import find_weights, weights_folders

        config, checksum = read_config(find_weights(read().weights, weights_folders(find_paths())))
    except (MomentumError, ImportError) as error:
        return f"not usable: {plain(error)}"
    return f"{plain(config.title)}, label rule {plain(config.label_rule)}, sha256 {plain(checksum, 13)}"


def _mlx() -> str:
    try:
        import mlx.core as mx
    except ImportError as error:
        return f"not usable: {error}"
    return f"{installed('mlx')}, device {mx.default_device().type.name}"


def _engine(read: "Callable[[], Settings]") -> str:
    try:
        from engine.app.fastest_engine import known
        from engine.model.inference_engines import choose_engine

        choice = read().engine
        listens = known(choice, find_paths().cache)
        return engine_in_words(choice, listens.engine if listens else choose_engine(choice))
    except (MomentumError, ImportError) as error:
        return f"not usable: {plain(error)}"


def engine_in_words(choice: str, engine: str) -> str:
    """What computes the network, by whose choice."""
    package = {"mlx": "mlx", "onnx": "onnxruntime"}[engine]
    return f"{engine} ({package} {installed(package)}{', taken by auto' if choice == 'auto' else ''})"


def installed(distribution: str) -> str:
    """The version of an installed distribution, in words where it is not known."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "of an unknown version"
