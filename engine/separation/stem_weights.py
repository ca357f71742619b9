"""The networks of the stems on disk: ``config.json``, ``weights.safetensors`` and ``CARD.md`` in one folder.

Nothing is unpickled. The checksum, the schema and the shape of every tensor are checked before anything is used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import mlx.core as mx
import numpy as np

from engine.core.errors import UsageError, WeightsError
from engine.core.files import private_folder, write_whole
from engine.core.tensor_file import sha256_of, write_tensors
from engine.core.text import plain
from engine.core.weights_config_file import CARD_FILE, CONFIG_FILE, TENSOR_FILE, read_config_row
from engine.separation import SPLEETER
from engine.separation.u_net import LEVELS, STEMS, Tensors, shapes

SCHEMA: Final = 1
GET_THEM: Final = "docs/separation.md says in two commands how to get them."
_AGAIN: Final = f"Make them again: {GET_THEM}"
_LIMIT_BYTES: Final = 400_000_000


@dataclass(frozen=True, slots=True, eq=False)
class StemWeights:
    """Checked tensors of all stems. ``checksum`` is the SHA-256 of their file, ``made_of`` that of what it was made of,
    by name."""

    widths: tuple[int, ...]
    tensors: Tensors
    checksum: str
    made_of: Mapping[str, str]


def save_stems(folder: Path, widths: tuple[int, ...], tensors: Tensors, made_of: Mapping[str, str], card: str) -> str:
    """Write the three files into ``folder`` (made if missing), each whole; return the checksum of the tensors.

    Raises ``OSError``; a file that is there already is replaced.
    """
    private_folder(folder)
    checksum = write_tensors(folder / TENSOR_FILE, {name: mx.array(value) for name, value in tensors.items()})
    row = {"schema_version": SCHEMA, "kind": SPLEETER, "stems": STEMS, "widths": widths, "made_of": dict(made_of)}
    write_whole(folder / CONFIG_FILE, (json.dumps({**row, "sha256": checksum}, indent=2) + "\n").encode())
    write_whole(folder / CARD_FILE, card.encode())
    return checksum


def load_stems(folder: str | None) -> StemWeights:
    """What lies in ``folder``, after every check.

    Raises:
        UsageError: no folder is named.
        WeightsError: a file is missing, changed or of another version, or no such networks.
    """
    if not folder:
        raise UsageError(
            "to take sound apart the weights of Spleeter are needed, and separation_model names none", GET_THEM
        )
    home = Path(folder).expanduser()
    shown = plain(home, 120)
    missing = WeightsError(f"no weights of Spleeter in {shown}: {CONFIG_FILE} is missing", GET_THEM)
    row = read_config_row(home / CONFIG_FILE, missing, _AGAIN)
    if row.get("kind") != SPLEETER or row.get("schema_version") != SCHEMA or row.get("stems") != list(STEMS):
        raise WeightsError(f"{shown} holds no weights of Spleeter for this version of the program", GET_THEM)
    widths = row.get("widths")
    if not isinstance(widths, list) or len(widths) != LEVELS or not all(_is_width(one) for one in widths):
        raise WeightsError(f"{shown}/{CONFIG_FILE} describes another network", _AGAIN)
    path = home / TENSOR_FILE
    checksum = _checksum(path)
    if checksum != row.get("sha256"):
        raise WeightsError(f"{plain(path, 160)} is not the file that its config describes", _AGAIN)
    made_of = row.get("made_of")
    return StemWeights(
        tuple(widths), _tensors(path, tuple(widths)), checksum, made_of if isinstance(made_of, dict) else {}
    )


def _is_width(value: Any) -> bool:
    return type(value) is int and 0 < value <= 4096


def _checksum(path: Path) -> str:
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise WeightsError(f"{plain(path, 160)} is too large to be Spleeter's", _AGAIN)
        return sha256_of(path)
    except OSError as error:
        raise WeightsError(f"{plain(path, 160)} can't be read: {error.strerror}", GET_THEM) from None


def _tensors(path: Path, widths: tuple[int, ...]) -> Tensors:
    try:
        loaded = mx.load(str(path), format="safetensors")
    except (RuntimeError, ValueError) as error:
        raise WeightsError(f"{plain(path, 160)} is no safetensors file: {error}", _AGAIN) from None
    assert isinstance(loaded, dict)
    expected = {f"{stem}.{name}": shape for stem in STEMS for name, shape in shapes(widths).items()}
    if {name: tuple(value.shape) for name, value in loaded.items()} != expected:
        raise WeightsError(f"{plain(path, 160)} holds the tensors of another network", _AGAIN)
    tensors = {name: np.array(value, np.float32) for name, value in loaded.items()}
    if not all(np.isfinite(value).all() for value in tensors.values()):
        raise WeightsError(f"{plain(path, 160)} holds values that are not numbers", _AGAIN)
    return tensors
