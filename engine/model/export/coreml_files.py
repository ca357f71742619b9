"""Weights as Core ML packages: one a function, in one folder, each with the whole description in its metadata."""

import json
import os
import shutil
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from engine.core.errors import UsageError
from engine.core.files import PRIVATE_FILE, PRIVATE_FOLDER, whole_file, whole_folder
from engine.model.checkpoint import Weights
from engine.model.export.coreml_graph import Function, coreml_package, functions
from engine.model.export.description import describe
from engine.model.export.onnx_files import DESCRIPTION_FILE, Exported

SUFFIX: Final = ".mlpackage"


def export_coreml(weights: Weights, folder: Path, replace: bool = False) -> list[Exported]:
    """Write ``column``, ``embed``, ``window`` and ``head`` as ``.mlpackage`` folders, and ``description.json``.

    Of weights that tell tags ``tags`` too. ``folder`` is made if missing; all is for its owner alone.

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
    written = []
    with whole_folder(folder), TemporaryDirectory(dir=folder, prefix=".unfinished-") as unfinished:
        # All of them or none: they take their names when the last is written.
        for name, function in built.items():
            package = Path(unfinished) / targets[name].name
            _save(_model(tools, function, description), package)
            size = sum(file.stat().st_size for file in package.rglob("*") if file.is_file())
            written.append(Exported(targets[name], _signature(function.given), _signature(function.found), size))
        with whole_file(folder / DESCRIPTION_FILE, replace=True) as file:
            readable = {name: json.loads(text) for name, text in description.items()}
            file.write_text(json.dumps(readable, indent=2) + "\n", encoding="utf-8")
            for target in targets.values():
                if target.exists():
                    shutil.rmtree(target)
                os.replace(Path(unfinished) / target.name, target)  # noqa: PTH105 - a folder over none
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


def _save(model: Any, package: Path) -> None:
    """Write the package for its owner alone."""
    model.save(str(package))
    for path in (package, *package.rglob("*")):
        path.chmod(PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE)


def _signature(value: tuple[str, tuple[int, ...]]) -> str:
    name, shape = value
    return f"{name} ({', '.join(map(str, shape))})"
