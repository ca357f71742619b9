"""What ``momentum --version`` says. It never fails: what is missing is said in its line."""

import platform
from importlib.metadata import PackageNotFoundError, version

from engine.core.errors import MomentumError
from engine.core.paths import find_paths
from engine.core.text import plain


def version_lines() -> list[str]:
    """Program, weights with their label rule, MLX, the inference engine, PortAudio, Python: a line each."""
    return [
        f"momentum {installed('acoustic-momentum')}",
        f"weights {_weights()}",
        f"mlx {_mlx()}",
        f"engine {_engine()}",
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


def _weights() -> str:
    try:
        from engine.model.checkpoint import read_config
        from engine.model.installed_weights import find_weights, weights_folders
        from tui.monitor.settings import read_settings

        paths = find_paths()
        choice = read_settings(paths.config_file).settings.weights
        config, checksum = read_config(find_weights(choice, weights_folders(paths)))
    except (MomentumError, ImportError) as error:
        return f"not usable: {plain(error)}"
    return f"{plain(config.title)}, label rule {plain(config.label_rule)}, sha256 {plain(checksum, 13)}"


def _mlx() -> str:
    try:
        import mlx.core as mx
    except ImportError as error:
        return f"not usable: {error}"
    return f"{installed('mlx')}, device {mx.default_device().type.name}"


def _engine() -> str:
    try:
        from engine.app.fastest_engine import known
        from engine.model.inference_engines import choose_engine
        from tui.monitor.settings import read_settings

        paths = find_paths()
        choice = read_settings(paths.config_file).settings.engine
        listens = known(choice, paths.cache)
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
