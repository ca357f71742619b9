"""The model of words on disk: ``config.json``, ``weights.safetensors`` and ``CARD.md`` in one folder.

Nothing is unpickled. The checksum, the schema and the shape of every tensor are checked before anything is used.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.commentary.features import COUNTS, STEP_S
from engine.commentary.spots import PeakSettings
from engine.commentary.word_network import TENSORS, WordNetwork
from engine.core.errors import WeightsError
from engine.core.paths import shipped_weights
from engine.core.weights_config_file import CARD_FILE, CONFIG_FILE, TENSOR_FILE, read_config_row

SCHEMA: Final = 1
FOLDER: Final = "commentary"
ARCHIVE: Final = "archive"
LIVE: Final = "live"
MODES: Final = (ARCHIVE, LIVE)
_AGAIN: Final = "Install the program again to get its own, or repeat the training: docs/commentary.md."
_IN_EIGHT_BITS: Final = ("vectors", "hidden")
_SCALE: Final = "_scale"
_LIMIT_BYTES: Final = 64_000_000


@dataclass(frozen=True, slots=True)
class ModeConfig:
    """How logits of one mode become spots: ``peaks``; ``calibration`` has a slope and an offset for every kind, which
    turn a peak's score into the log-odds that an event of the kind lies within ``WordsConfig.within_s`` of it.

    ``delay_s`` is how far ahead the network reads; ``causal`` whether words stand where their segment ends.
    """

    peaks: PeakSettings
    calibration: tuple[tuple[float, float], ...]
    delay_s: float
    causal: bool


@dataclass(frozen=True, slots=True)
class WordsConfig:
    """What ``config.json`` says. ``kinds`` are SoccerNet-v2's labels in the order of the logits."""

    name: str
    label_rule: str
    kinds: tuple[str, ...]
    within_s: float
    modes: Mapping[str, ModeConfig]
    taught_on: str = ""
    measured: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class WordsWeights:
    """A checked model: a network for each mode; ``checksum`` is the SHA-256 of its tensors' file."""

    config: WordsConfig
    networks: Mapping[str, WordNetwork]
    checksum: str


def shipped_words() -> Path:
    """The folder of the model that came with the program."""
    return shipped_weights() / FOLDER


def save_words(folder: Path, config: WordsConfig, networks: Mapping[str, WordNetwork], card: str) -> str:
    """Write the three files into ``folder`` (made if missing), the large tensors in eight bits; return the checksum."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"{mode}.{name}": mx.array(value)
        for mode, network in sorted(networks.items())
        for name, value in _packed(network).items()
    }
    path = folder / TENSOR_FILE
    mx.save_safetensors(str(path), tensors)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    row = {"schema_version": SCHEMA, **asdict(config), "step_s": STEP_S, "counts": COUNTS, "sha256": checksum}
    row["spans"] = {mode: network.spans for mode, network in networks.items()}
    (folder / CONFIG_FILE).write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
    (folder / CARD_FILE).write_text(card, encoding="utf-8")
    return checksum


def _packed(network: WordNetwork) -> dict[str, NDArray[Any]]:
    """The tensors as they are kept: the large ones in eight bits, with a scale for every column."""
    tensors: dict[str, NDArray[Any]] = dict(network.tensors())
    for name in _IN_EIGHT_BITS:
        scale = np.maximum(np.abs(tensors[name]).max(axis=0, initial=0.0), 1e-9) / 127.0
        tensors[name] = np.round(tensors[name] / scale).astype(np.int8)
        tensors[name + _SCALE] = scale.astype(np.float32)
    return tensors


def load_words(folder: Path | None = None) -> WordsWeights:
    """The model in ``folder``, or the one that came with the program.

    Raises:
        WeightsError: a file is missing, changed, of another version, or no such model.
    """
    folder = shipped_words() if folder is None else folder
    # What was measured may hold no number where nothing could be.
    missing = WeightsError(f"no model of words in {folder}", _AGAIN)
    row = read_config_row(folder / CONFIG_FILE, missing, _AGAIN, finite=False)
    path = folder / TENSOR_FILE
    if row.get("schema_version") != SCHEMA or row.get("step_s") != STEP_S or row.get("counts") != list(COUNTS):
        raise WeightsError(f"{folder} holds no model of words for this version of the program", _AGAIN)
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise WeightsError(f"{path} is too large to be a model of words", _AGAIN)
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(f"{path} can't be read: {error.strerror}", _AGAIN) from None
    if checksum != row.get("sha256"):
        raise WeightsError(f"{path} is not the file that its config describes", _AGAIN)
    try:
        tensors = mx.load(str(path), format="safetensors")
        assert isinstance(tensors, dict)
        config = _config(row)
        networks = {mode: _network(mode, row["spans"][mode], tensors) for mode in config.modes}
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(f"{folder} holds no model of words: {error}", _AGAIN) from None
    if any(network.out.shape[1] != len(config.kinds) for network in networks.values()):
        raise WeightsError(f"{folder}: its network and its kinds of events differ", _AGAIN)
    return WordsWeights(config, networks, checksum)


def _config(row: Mapping[str, Any]) -> WordsConfig:
    modes = {}
    for mode, given in row["modes"].items():
        peaks = given["peaks"]
        modes[mode] = ModeConfig(
            PeakSettings(
                float(peaks["smooth_steps"]),
                tuple(map(float, peaks["apart_s"])),
                tuple(map(float, peaks["offset_s"])),
                float(peaks["least"]),
            ),
            tuple((float(slope), float(offset)) for slope, offset in given["calibration"]),
            float(given["delay_s"]),
            bool(given["causal"]),
        )
    kinds = tuple(map(str, row["kinds"]))
    measured, taught_on = row.get("measured", {}), str(row.get("taught_on", ""))
    return WordsConfig(
        str(row["name"]), str(row["label_rule"]), kinds, float(row["within_s"]), modes, taught_on, measured
    )


def _network(mode: str, spans: list[list[int]], tensors: Mapping[str, mx.array]) -> WordNetwork:
    parts = {}
    for name in TENSORS:
        value = np.array(tensors[f"{mode}.{name}"])
        if name != "table":
            value = value.astype(np.float32)
            if not np.isfinite(value).all():
                raise ValueError(f"{name} holds values that are not numbers")
        parts[name] = value
    for name in _IN_EIGHT_BITS:
        parts[name] = parts[name] * np.array(tensors[f"{mode}.{name}{_SCALE}"])
    return WordNetwork(tuple((int(first), int(last)) for first, last in spans), **parts)
