"""The encoders by the names that a person gives them, and how each is built."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from engine.core.errors import UsageError, WeightsError
from engine.encoders.encoder import PictureEncoder, SoundEncoder

if TYPE_CHECKING:
    from engine.encoders.encoder_weights import EncoderWeights
    from engine.encoders.network_interface import Compute

Engine: TypeAlias = Literal["auto", "mlx", "onnx"]

OF_PICTURES: Final = ("resnet152", "resnet50", "mobilenet", "efficientnet-lite", "objects", "pixels")
OF_SOUND: Final = ("vggish", "mn04", "crowd")
BY_TITLE: Final = {
    "ResNET_TF2": "resnet152",
    "ResNET50": "resnet50",
    "MobileNetV2": "mobilenet",
    "EfficientNetLite0": "efficientnet-lite",
    "Objects": "objects",
    "Pixels": "pixels",
    "VGGish": "vggish",
    "mn04": "mn04",
    "Crowd": "crowd",
}
"""Encoders by what their files are called, as the config of spotting weights names them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An encoder that was asked for. ``weights`` is a folder or a file; None for those that are installed."""

    name: str
    weights: Path | None = None
    engine: Engine = "auto"


def picture_encoder(choice: Choice, compute: "Compute | None" = None) -> PictureEncoder:
    """``compute`` makes its network instead of what ``choice`` names.

    Raises ``UsageError`` for an unknown name, ``WeightsError`` where weights are missing or wrong.
    """
    if choice.name == "pixels":
        from engine.encoders.pixel_statistics import Pixels

        return Pixels()
    if choice.name == "objects":
        return _objects(choice)
    if choice.name not in OF_PICTURES:
        raise _unknown(choice.name, OF_PICTURES)
    from engine.encoders.inference_engines import computed_by
    from engine.encoders.picture_network import PictureNetwork

    return PictureNetwork(choice.name, _weights(choice), compute or computed_by(choice.engine))


def sound_encoder(choice: Choice, compute: "Compute | None" = None) -> SoundEncoder:
    """As ``picture_encoder``."""
    if choice.name == "crowd":
        return _crowd(choice)
    if choice.name not in OF_SOUND:
        raise _unknown(choice.name, OF_SOUND)
    from engine.encoders.inference_engines import computed_by
    from engine.encoders.sound_network import SoundNetwork

    return SoundNetwork(choice.name, _weights(choice), compute or computed_by(choice.engine))


def _weights(choice: Choice) -> "EncoderWeights":
    from engine.core.paths import find_paths
    from engine.encoders.encoder_weights import find_encoder_weights

    return find_encoder_weights(choice.name, choice.weights, find_paths().data)


def _objects(choice: Choice) -> PictureEncoder:
    from engine.core.paths import find_paths
    from engine.encoders.encoder_weights import FOLDER
    from engine.encoders.objects import GET, Objects

    model = choice.weights or find_paths().data / FOLDER / "yolox_nano.onnx"
    if not model.is_file():
        raise WeightsError(f"there is no detector at {model}.", GET)
    return Objects(model)


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
