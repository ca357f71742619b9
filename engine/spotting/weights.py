"""Spotting weights on disk: ``config.json``, ``weights.safetensors`` and ``CARD.md`` in one folder; nothing is
unpickled."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.utils import tree_flatten, tree_unflatten

from engine.core.errors import WeightsError
from engine.core.files import private_folder, write_whole
from engine.core.tensor_file import checked_tensors, write_tensors
from engine.core.weights_config_file import CARD_FILE, TENSOR_FILE, read_config_row
from engine.core.weights_config_file import CONFIG_FILE as CONFIG_FILE
from engine.spotting.calf import Calf
from engine.spotting.config import LATE, SpottingConfig, config_of_row, fault_of
from engine.spotting.pooled_model import PooledModel
from engine.spotting.scores import Model

SCHEMA: Final = 1
KIND: Final = "spotting"
ALL: Final = ""
"""The name of the one model of weights that are no late fusion."""
_AGAIN: Final = "Get these weights again from where they came from, or train them: docs/spotting.md."


@dataclass(frozen=True, slots=True, eq=False)
class SpottingWeights:
    """Checked, loaded models: one called ``ALL``, or for a late fusion one for each channel by its name."""

    config: SpottingConfig
    models: Mapping[str, Model]
    checksum: str = ""

    def config_of(self, channel: str) -> SpottingConfig:
        """The config of the model of ``channel``, or of the only one."""
        if channel == ALL:
            return self.config
        return self.config.alone(next(c for c in self.config.channels if c.name == channel))


def new_model(config: SpottingConfig, seed: int = 0) -> Model:
    """A model before any training, all of it drawn from ``seed``."""
    return Calf(config, seed) if config.calf else PooledModel(config, seed)


def new_models(config: SpottingConfig, seed: int = 0) -> dict[str, Model]:
    """Models for ``SpottingWeights`` before any training."""
    if config.fusion != LATE:
        return {ALL: new_model(config, seed)}
    return {c.name: new_model(config.alone(c), seed + n) for n, c in enumerate(config.channels)}


def tensors_of(model: Module) -> dict[str, mx.array]:
    """All tensors of a model by name, also those that are not learned."""
    return dict(tree_flatten(model.parameters()))


def save_spotting(folder: Path, weights: SpottingWeights, card: str) -> str:
    """Write the three files into ``folder``, made if missing; return the checksum of the tensors."""
    private_folder(folder)
    checksum = write_tensors(folder / TENSOR_FILE, _all_tensors(weights.models))
    row = {"schema_version": SCHEMA, "kind": KIND, **asdict(weights.config), "sha256": checksum}
    write_whole(folder / CONFIG_FILE, (json.dumps(row, indent=2) + "\n").encode())
    write_whole(folder / CARD_FILE, card.encode())
    return checksum


def load_spotting(folder: Path) -> SpottingWeights:
    """Load the weights in ``folder`` after every check.

    Raises:
        WeightsError: the folder, a file or a tensor is missing, changed, misshapen or of another version.
    """
    path = folder / CONFIG_FILE
    missing = WeightsError(f"No spotting weights in {folder}: {CONFIG_FILE} is missing.", "Name another folder.")
    row = read_config_row(path, missing, _AGAIN)
    if row.pop("kind", None) != KIND or row.pop("schema_version", None) != SCHEMA:
        raise WeightsError(f"{folder} holds no spotting weights of version {SCHEMA}.", _AGAIN)
    promised = row.pop("sha256", None)
    if not isinstance(promised, str):
        raise WeightsError(f"{path} names no sha256 of the tensors.", _AGAIN)
    try:
        config = config_of_row(row)
        fault = fault_of(config)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise WeightsError(f"{path} does not describe a spotting model: {error}", _AGAIN) from None
    if fault:
        raise WeightsError(f"{path} does not describe a spotting model: {fault}", _AGAIN)
    models = new_models(config)
    tensors = checked_tensors(folder / TENSOR_FILE, promised, _all_tensors(models), _AGAIN)
    for name, model in models.items():
        mine = [(key.removeprefix(f"{name}:"), value) for key, value in tensors.items() if key.startswith(f"{name}:")]
        model.update(tree_unflatten(mine))
    return SpottingWeights(config, models, promised)


def measured_as(weights: SpottingWeights, **changes: Any) -> SpottingWeights:
    """The same models with a changed config."""
    return replace(weights, config=replace(weights.config, **changes))


def _all_tensors(models: Mapping[str, Model]) -> dict[str, mx.array]:
    flat = {f"{name}:{key}": value for name, model in models.items() for key, value in tensors_of(model).items()}
    return {key: flat[key] for key in sorted(flat)}
