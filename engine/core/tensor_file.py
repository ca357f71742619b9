"""Tensors in a safetensors file, checked before anything is made of them, whatever network they belong to."""

import errno
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import mlx.core as mx
import numpy as np

from engine.core.durable_writes import sync
from engine.core.errors import WeightsError
from engine.core.files import open_private, whole_file

TENSOR_SUFFIX: Final = ".safetensors"


def sha256_of(path: Path) -> str:
    """The checksum of a file. Raises ``OSError``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_tensors(path: Path, tensors: Mapping[str, mx.array]) -> str:
    """Write tensors in their order, for the owner alone, whole or not there; return the SHA-256. Raises ``OSError``."""
    with whole_file(path, replace=True) as unfinished:
        named = unfinished.with_suffix(TENSOR_SUFFIX)  # which MLX adds where it is missing
        try:
            os.close(open_private(named, os.O_WRONLY))
            mx.save_safetensors(str(named), dict(tensors))
            with named.open("rb") as written:
                sync(written.fileno())
            named.replace(unfinished)
        except RuntimeError as fault:
            raise OSError(errno.EIO, str(fault), str(path)) from fault
        finally:
            named.unlink(missing_ok=True)
    return sha256_of(path)


def checked_tensors(path: Path, promised: str, expected: Mapping[str, mx.array], hint: str) -> dict[str, mx.array]:
    """The tensors of ``path``, whose SHA-256 must be ``promised``, each with name, shape and type as in ``expected``.

    Raises:
        WeightsError: with ``hint``; the file or a tensor is missing, changed or misshapen, or not all numbers.
    """
    try:
        checksum = sha256_of(path)
    except FileNotFoundError:
        raise WeightsError(f"No weights in {path.parent}: {path.name} is missing.", hint) from None
    except OSError as fault:
        raise WeightsError(f"{path} can't be read: {fault.strerror}", hint) from None
    if checksum != promised:
        raise WeightsError(
            f"{path} is not the file that its config describes (SHA-256 {checksum[:12]}…, expected {promised[:12]}…).",
            hint,
        )
    try:
        tensors = mx.load(str(path), format="safetensors")
    except (RuntimeError, ValueError) as fault:
        raise WeightsError(f"{path} is no safetensors file: {fault}", hint) from None
    assert isinstance(tensors, dict)
    check_tensors(tensors, expected, path, hint)
    return tensors


def check_tensors(tensors: Mapping[str, mx.array], expected: Mapping[str, mx.array], path: Path, hint: str) -> None:
    """Raise ``WeightsError`` with ``hint`` where the tensors of ``path`` are not those that a network expects."""
    for name in sorted(set(tensors) | set(expected)):
        if name not in tensors:
            raise WeightsError(f"{path} lacks the tensor {name}.", hint)
        if name not in expected:
            raise WeightsError(f"{path} holds a tensor that the network has no place for: {name}.", hint)
        theirs, ours = tensors[name], expected[name]
        if theirs.shape != ours.shape or theirs.dtype != ours.dtype:
            raise WeightsError(
                f"{path}: the tensor {name} is {theirs.shape} {theirs.dtype}, not {ours.shape} {ours.dtype}.", hint
            )
        if not np.isfinite(np.asarray(theirs)).all():
            raise WeightsError(f"{path}: the tensor {name} holds values that are not numbers.", hint)
