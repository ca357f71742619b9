"""What ``momentum --version`` says. It never fails: what is missing is said in its line."""

import platform
from importlib.metadata import PackageNotFoundError, version


def version_lines() -> list[str]:
    """Program, weights with their label rule, MLX with its device, PortAudio, Python: a line each."""
    return [
        f"momentum {_installed('acoustic-momentum')}",
        f"mlx {_mlx()}",
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


def _mlx() -> str:
    try:
        import mlx.core as mx
    except ImportError as error:
        return f"not usable: {error}"
    return f"{_installed('mlx')}, device {mx.default_device().type.name}"


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "of an unknown version"
