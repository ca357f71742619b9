"""Weights as ONNX files: one a function, in one folder.

Several files and not one: an ONNX file holds one graph, which wants all its inputs at every run, and the functions run
at different moments. What the two encoder files share is small (a few hundred kilobytes).
"""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.core.errors import UsageError
from engine.core.files import whole_file, whole_folder
from engine.model.checkpoint import Weights
from engine.model.export.description import describe
from engine.model.onnx_graph import models, onnx_package


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written, and what it takes and gives: names with shapes, where a letter is any length."""

    file: Path
    input: str
    output: str
    bytes: int


DESCRIPTION_FILE: Final = "description.json"


def export_onnx(weights: Weights, folder: Path, replace: bool = False) -> list[Exported]:
    """Write ``columns.onnx``, ``embed.onnx``, ``window.onnx`` and ``head.onnx``, each with the whole description.

    Of weights that tell tags ``tags.onnx`` too. ``description.json`` beside them says the same to people. ``folder`` is
    made if missing; all is for its owner alone.

    Raises:
        OnnxMissing: the package ``onnx`` is not installed.
        UsageError: the folder holds such files already and ``replace`` is False, or it is no folder.
    """
    built = models(weights.network)
    targets = {name: folder / f"{name}.onnx" for name in built}
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", "Name a folder: ONNX takes one file for each function.")
    for file in (*targets.values(), folder / DESCRIPTION_FILE):
        if file.exists() and not replace:
            raise UsageError(f"{file} is there already", "Choose another folder, or replace it with --force.")
    onnx, description = onnx_package(), describe(weights)
    contents: dict[Path, bytes] = {}
    written = []
    for name, model in built.items():
        onnx.helper.set_model_props(model, description)
        onnx.checker.check_model(model, full_check=True)
        data = model.SerializeToString(deterministic=True)
        contents[targets[name]] = data
        written.append(
            Exported(targets[name], _signature(model.graph.input[0]), _signature(model.graph.output[0]), len(data))
        )
    readable = {name: json.loads(text) for name, text in description.items()}
    contents[folder / DESCRIPTION_FILE] = (json.dumps(readable, indent=2) + "\n").encode()
    with whole_folder(folder), ExitStack() as files:
        # All of them or none: they take their names when the last is written.
        for file, data in contents.items():
            files.enter_context(whole_file(file, replace=True)).write_bytes(data)
    return written


def _signature(value: Any) -> str:
    shape = [size.dim_param or str(size.dim_value) for size in value.type.tensor_type.shape.dim]
    return f"{value.name} ({', '.join(shape)})"
