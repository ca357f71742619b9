"""Weights as Core ML packages: one a function, in one folder, each with the whole description in its metadata."""

import json
import os
import shutil
import tempfile
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any, Final

from engine.errors import UsageError
from engine.export.coreml_graph import Function, coreml_package, functions
from engine.export.description import describe
from engine.export.onnx_files import DESCRIPTION_FILE, Exported
from engine.model.checkpoint import Weights
from engine.paths import PRIVATE_DIRECTORY, PRIVATE_FILE, private_file, private_folder

SUFFIX: Final = ".mlpackage"


def export_coreml(weights: Weights, folder: Path, replace: bool = False) -> list[Exported]:
    """Write ``column``, ``embed``, ``window`` and ``head`` as ``.mlpackage`` folders, and ``description.json``.

    ``folder`` is made if missing; all is for its owner alone.

    Raises:
        CoremlMissing: the package ``coremltools`` is not installed.
        UsageError: the folder holds such files already and ``replace`` is False, or it is no folder.
    """
    tools = coreml_package()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", "Name a folder: every function is a package of its own.")
    built = functions(weights.network)
    targets = {name: folder / f"{name}{SUFFIX}" for name in built}
    for file in (*targets.values(), folder / DESCRIPTION_FILE):
        if file.exists() and not replace:
            raise UsageError(f"{file} is there already", "Choose another folder, or replace it with --force.")
    description = describe(weights)
    private_folder(folder)
    written = []
    for name, function in built.items():
        _save(_model(tools, function, description), targets[name])
        size = sum(file.stat().st_size for file in targets[name].rglob("*") if file.is_file())
        written.append(Exported(targets[name], _signature(function.given), _signature(function.found), size))
    with private_file(folder / DESCRIPTION_FILE, replace=True) as out:
        json.dump({name: json.loads(text) for name, text in description.items()}, out, indent=2)
        out.write("\n")
    return written


def _model(tools: Any, function: Function, description: dict[str, str]) -> Any:
    """The program as an ML program for iOS 16 and macOS 13 or later; inputs and outputs stay in single precision."""
    with redirect_stderr(StringIO()):  # progress bars of a second, which nothing else turns off
        model = tools.convert(
            function.program,
            convert_to="mlprogram",
            compute_precision=tools.precision.FLOAT16 if function.half else tools.precision.FLOAT32,
            minimum_deployment_target=tools.target.iOS16,
            skip_model_load=True,
        )
    model.short_description = function.description
    model.author = "Acoustic Momentum"
    for name, text in description.items():
        model.user_defined_metadata[name] = text
    return model


def _save(model: Any, target: Path) -> None:
    """A whole package or none: what stands under its name was written to the end."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unfinished-") as unfinished:
        package = Path(unfinished) / target.name
        model.save(str(package))
        for path in (package, *package.rglob("*")):
            path.chmod(PRIVATE_DIRECTORY if path.is_dir() else PRIVATE_FILE)
        if target.exists():
            shutil.rmtree(target)
        os.replace(package, target)  # noqa: PTH105 - a folder over none


def _signature(value: tuple[str, tuple[int, ...]]) -> str:
    name, shape = value
    return f"{name} ({', '.join(map(str, shape))})"
