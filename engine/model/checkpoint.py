"""Weights on disk: ``config.json`` and ``weights.safetensors`` in one folder, with a ``CARD.md`` for people.

Nothing is ever unpickled. What is loaded is checked first: checksum, schema version, time grid, and the name, shape and
type of every tensor.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypeVar

import mlx.core as mx
from mlx.utils import tree_flatten, tree_unflatten

from engine.core import grid
from engine.core.errors import UsageError, WeightsError
from engine.core.spike_settings import SpikeSettings
from engine.core.tensor_file import checked_tensors, sha256_of
from engine.core.weights_config_file import CARD_FILE, CONFIG_FILE, TENSOR_FILE, read_config_row
from engine.model.calibration import Calibration
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FRONT_END_KINDS, FrontEndConfig
from engine.model.head import READOUTS, HeadConfig
from engine.model.network import MlxNetwork
from engine.model.tags import TagsConfig, tags_of

WEIGHTS_SCHEMA: Final = 1
UNTRAINED: Final = "untrained"
SEEN_DIGITS: Final = 12

GRID: Final = {
    "sample_rate": grid.SAMPLE_RATE_HZ,
    "n_fft": grid.FRAME_LENGTH,
    "hop": grid.HOP,
    "mel_bands": grid.MEL_BANDS,
    "window_frames": grid.WINDOW_FRAMES,
    "window_hop_frames": grid.WINDOW_HOP_FRAMES,
    "windows": grid.WINDOWS,
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WeightsConfig:
    """What ``config.json`` says. ``label_rule`` names what the index is a probability of, ``seen`` the matches that the
    weights learned from or were chosen by, as the first ``SEEN_DIGITS`` digits of the SHA-256 of their features.
    ``compared`` is how they did beside the weights they came from (``train/fit/compare_weights.py``), empty for
    the program's own. ``tags`` is None for weights that tell none.
    """

    name: str
    trained: bool
    label_rule: str
    front_end: FrontEndConfig = field(default_factory=FrontEndConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    head: HeadConfig = field(default_factory=HeadConfig)
    calibration: Calibration = field(default_factory=Calibration)
    spikes: SpikeSettings = field(default_factory=SpikeSettings)
    operating_points: tuple[Mapping[str, Any], ...] = ()
    measured: Mapping[str, Any] = field(default_factory=dict)
    seen: tuple[str, ...] = ()
    compared: Mapping[str, Any] = field(default_factory=dict)
    tags: TagsConfig | None = None

    @property
    def may_be_default(self) -> bool:
        """Whether a setting may choose them: they were judged better than what they came from, or accepted anyway."""
        return not self.compared or self.compared.get("verdict") == "better" or self.compared.get("accepted") is True

    @property
    def standing(self) -> str:
        """How they compare with the weights they came from, in words; empty where nobody has asked."""
        verdict, against = str(self.compared.get("verdict", "")), str(self.compared.get("against", ""))
        if not verdict:
            return ""
        return f"not judged against {against}" if verdict == "not judged" else f"{verdict} than {against}"

    @property
    def title(self) -> str:
        """The name as every output shows it: untrained weights say so."""
        return self.name if self.trained else f"{self.name} ({UNTRAINED})"

    @property
    def calibrated_on(self) -> str:
        """What the calibration was fitted on, in words; empty where there is none."""
        if not self.calibration.fitted:
            return ""
        on = self.measured.get("on")
        return f"fitted on {on}" if on else "fitted"


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A checked, loaded network with its configuration; ``checksum`` is the SHA-256 of the tensor file."""

    config: WeightsConfig
    network: MlxNetwork
    checksum: str
    folder: Path


def save(folder: Path, config: WeightsConfig, network: MlxNetwork, card: str) -> str:
    """Write the three files into ``folder`` (made if missing); return the checksum of the tensors.

    Raises ``ValueError`` where the config and the network differ in their tags: such weights could not be loaded.
    """
    theirs = network.tags_config
    if _tags_shape(config.tags) != _tags_shape(theirs):
        raise ValueError(f"the config has the tags {config.tags}, the network {theirs}")
    folder.mkdir(parents=True, exist_ok=True)
    tensors = folder / TENSOR_FILE
    mx.save_safetensors(str(tensors), parameters(network))
    checksum = sha256_of(tensors)
    row = {"schema_version": WEIGHTS_SCHEMA, **asdict(config), "grid": GRID, "sha256": checksum}
    if config.tags is None:
        del row["tags"]  # what programs read that know of no tags
    (folder / CONFIG_FILE).write_text(json.dumps(row, indent=2) + "\n", encoding="utf-8")
    (folder / CARD_FILE).write_text(card, encoding="utf-8")
    return checksum


def parameters(network: MlxNetwork) -> dict[str, mx.array]:
    """All tensors by name, those of ``cnn.``, ``pressure.`` and, where there is one, ``tags.``, in a fixed order."""
    modules = {"cnn": network.cnn.parameters(), "pressure": network.pressure.parameters()}
    if network.tags is not None:
        modules["tags"] = network.tags.parameters()
    flat = dict(tree_flatten(modules))
    return {name: flat[name] for name in sorted(flat)}


def read_config(folder: Path) -> tuple[WeightsConfig, str]:
    """Read and check ``config.json``; return it and the checksum that it promises.

    Raises:
        WeightsError: it is missing, broken, of another schema or for another time grid.
    """
    path = folder / CONFIG_FILE
    missing = WeightsError(f"No weights in {folder}: {CONFIG_FILE} is missing.", _CHOOSE)
    row = read_config_row(path, missing, _REINSTALL)
    version = row.pop("schema_version", None)
    if version != WEIGHTS_SCHEMA:
        raise WeightsError(
            f"The weights in {folder} have schema version {version!r}; this program reads version {WEIGHTS_SCHEMA}.",
            "Use weights made for this version, or another version of the program.",
        )
    theirs, checksum = row.pop("grid", None), row.pop("sha256", None)
    if theirs != GRID:
        raise WeightsError(
            f"The weights in {folder} were made for another time grid.", "Train them again with this version."
        )
    if not isinstance(checksum, str):
        raise WeightsError(f"{path} names no sha256 of the tensors.", _REINSTALL)
    return _weights_config(row, path), checksum


def load(folder: Path) -> Weights:
    """Load the weights in ``folder`` after every check.

    Raises:
        WeightsError: the folder, a file or a tensor is missing, changed, misshapen or of another version.
    """
    config, promised = read_config(folder)
    path = folder / TENSOR_FILE
    network = MlxNetwork(config.front_end, config.encoder, config.head, tags=config.tags)
    _place(network, checked_tensors(path, promised, parameters(network), _REINSTALL))
    return Weights(config, network, promised, folder)


_CHOOSE = "Name another folder with --weights, or install the program again to get its own."
_REINSTALL = "Get these weights again from where they came from; 'momentum weights verify' checks them."


def _weights_config(row: dict[str, Any], path: Path) -> WeightsConfig:
    try:
        row["front_end"] = _section(FrontEndConfig, row["front_end"])
        encoder = dict(row["encoder"])
        encoder["channels"] = tuple(int(width) for width in encoder["channels"])
        encoder["strides"] = tuple((int(time), int(band)) for time, band in encoder["strides"])
        row["encoder"] = _section(EncoderConfig, encoder)
        row["head"] = _section(HeadConfig, row["head"])
        row["calibration"] = _section(Calibration, row["calibration"])
        row["spikes"] = _section(SpikeSettings, row["spikes"])
        row["operating_points"] = tuple(row.get("operating_points", ()))
        row["seen"] = tuple(row.get("seen", ()))
        if not isinstance(row.setdefault("compared", {}), dict):
            raise ValueError("compared is no object")
        row["tags"] = tags_of(row.get("tags"))
        config = _section(WeightsConfig, row)
    except (KeyError, TypeError, ValueError, OverflowError, UsageError) as fault:
        raise WeightsError(f"{path} does not describe a network: {fault}", _REINSTALL) from None
    encoder_config = config.encoder
    strides = [side for stride in encoder_config.strides for side in stride]
    if (
        config.front_end.kind not in FRONT_END_KINDS
        or config.head.readout not in READOUTS
        or len(encoder_config.channels) != len(encoder_config.strides)
        or not 0 < min(encoder_config.channels) <= max(encoder_config.channels) <= 4096
        or not 0 < min(strides) <= max(strides) <= 8
        or grid.WINDOW_HOP_FRAMES % encoder_config.time_stride
        or encoder_config.window_columns < 1
        or not (0 < config.head.hidden <= 4096 and 0 < config.head.layers <= 8 and 0 < config.head.fc <= 4096)
        or not (0 < encoder_config.embedding <= 4096 and config.front_end.time_constant_s > 0)
    ):
        raise WeightsError(f"{path} describes a network that this program does not have.", _REINSTALL)
    return config


def _tags_shape(tags: TagsConfig | None) -> tuple[tuple[str, ...], int] | None:
    return None if tags is None else (tags.names, tags.hidden)


def _section(kind: type[T], row: Any) -> T:
    if not isinstance(row, dict):
        raise ValueError(f"{kind.__name__} needs named values, not {row!r}")
    known = {entry.name: entry for entry in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise ValueError(f"unknown {kind.__name__} setting {unknown[0]!r}")
    for name, value in row.items():
        expected = known[name].type
        if expected is float and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ValueError(f"{name} is not a number: {value!r}")
        if expected in (int, str, bool) and type(value) is not expected:
            raise ValueError(f"{name} is not of type {expected}: {value!r}")
    return kind(**row)


def _place(network: MlxNetwork, tensors: Mapping[str, mx.array]) -> None:
    tree = tree_unflatten(list(tensors.items()))
    network.cnn.update(tree["cnn"])
    network.pressure.update(tree["pressure"])
    if network.tags is not None:
        network.tags.update(tree["tags"])
