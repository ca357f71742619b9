"""The encoders by the names that a person gives them, and how each is built."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from engine.core.errors import UsageError
from engine.encoders.encoder import PictureEncoder, SoundEncoder

Engine: TypeAlias = Literal["auto", "mlx", "onnx"]

OF_PICTURES: Final = ("resnet152", "resnet50", "mobilenet", "efficientnet-lite", "objects", "pixels")
OF_SOUND: Final = ("vggish", "mn04", "crowd")


@dataclass(frozen=True, slots=True)
class Choice:
    """An encoder that was asked for. ``weights`` is a folder or a file; None for those that are installed."""

    name: str
    weights: Path | None = None
    engine: Engine = "auto"


def picture_encoder(choice: Choice) -> PictureEncoder:
    """Raises ``UsageError`` for an unknown name, ``WeightsError`` where weights are missing or wrong."""
    if choice.name == "pixels":
        from engine.encoders.pixels import Pixels

        return Pixels()
    raise _unknown(choice.name, OF_PICTURES)


def sound_encoder(choice: Choice) -> SoundEncoder:
    """Raises as ``picture_encoder``."""
    if choice.name == "crowd":
        return _crowd(choice)
    raise _unknown(choice.name, OF_SOUND)


def _crowd(choice: Choice) -> SoundEncoder:
    from engine.core.paths import find_paths
    from engine.encoders.crowd import Crowd
    from engine.model.checkpoint import load
    from engine.model.inference_engines import for_recordings, network_of
    from engine.model.installed_weights import find_weights, weights_folders

    name = str(choice.weights) if choice.weights else "default"
    weights = load(find_weights(name, weights_folders(find_paths())))
    computing = for_recordings(choice.engine)
    return Crowd(network_of(weights, computing.engine, computing.device), weights.checksum)


def _unknown(name: str, known: tuple[str, ...]) -> UsageError:
    return UsageError(f"there is no encoder {name!r} of this kind", f"Choose one of {', '.join(known)}.")
