"""The weights on this machine: all of them, those that a name means, and writing their network for other programs."""

from pathlib import Path
from typing import Literal, NamedTuple

from engine.core.paths import Paths
from engine.model.checkpoint import Weights, WeightsConfig, load, read_config, save
from engine.model.export.onnx_files import Exported, export_onnx
from engine.model.installed_weights import Installed, find_weights, list_weights, read_card, weights_folders
from engine.model.network import MlxNetwork

__all__ = ["Described", "Exported", "Installed", "Weights", "WeightsConfig"]
__all__ += ["checked", "described", "export_network", "folder_of", "installed", "write_weights"]

NetworkFormat = Literal["onnx", "coreml"]


class Described(NamedTuple):
    """What is written of weights beside their tensors, which are not read."""

    config: WeightsConfig
    checksum: str
    card: str


def installed(paths: Paths) -> list[Installed]:
    """All that a name can mean; of one name the user's own."""
    return list_weights(weights_folders(paths))


def folder_of(choice: str, paths: Paths) -> Path:
    """Where the weights are that ``choice`` means: a name, or a folder. Raises ``WeightsError``."""
    return find_weights(choice, weights_folders(paths))


def described(folder: Path) -> Described:
    """Config, checksum and card of the weights in ``folder``. Raises ``WeightsError``."""
    return Described(*read_config(folder), read_card(folder))


def checked(folder: Path) -> Weights:
    """The weights in ``folder``, whole. Raises ``WeightsError`` where checksum, version, grid or tensors are wrong."""
    return load(folder)


def write_weights(folder: Path, config: WeightsConfig, network: MlxNetwork, card: str) -> str:
    """Write weights that were fitted here, replacing those in ``folder``; returns the checksum of their tensors."""
    return save(folder, config, network, card)


def export_network(weights: Weights, form: NetworkFormat, out: Path, replace: bool) -> list[Exported]:
    """Write the network of ``weights`` into the folder ``out`` for other programs. Raises ``UsageError``."""
    if form == "coreml":
        from engine.model.export.coreml_files import export_coreml

        return export_coreml(weights, out, replace=replace)
    return export_onnx(weights, out, replace=replace)
