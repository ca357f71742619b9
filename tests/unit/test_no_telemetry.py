"""ONNX Runtime sends telemetry unless told not to before its import: all of the project's ways lead past that."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.onnx_runtime import runtime_or_skip

ROOT = Path(__file__).parents[2]
THE_PLACE = ROOT / "engine" / "model" / "onnx_runtime.py"
IMPORTERS = frozenset({"import_module", "importorskip", "__import__"})


def _imported(source: str) -> Iterator[str]:
    """What a module imports by a statement, or by a call with the name written out."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module)):
                yield module
            case ast.Call(ast.Name(function) | ast.Attribute(attr=function), [ast.Constant(str(name)), *_]):
                if function in IMPORTERS:
                    yield name


def _imports_runtime(source: str) -> bool:
    return "onnxruntime" in source and any(name.split(".")[0] == "onnxruntime" for name in _imported(source))


@pytest.mark.parametrize(
    "source",
    [
        "import onnxruntime",
        "import numpy, onnxruntime as ort",
        "def f():\n    from onnxruntime.capi import x",
        "import importlib\nimportlib.import_module('onnxruntime')",
        "import pytest\npytest.importorskip('onnxruntime', reason='')",
    ],
)
def test_a_bare_import_is_seen(source: str):
    assert _imports_runtime(source)


def test_onnx_runtime_is_imported_in_one_place_only():
    files = [file for folder in ("engine", "train", "tui", "tests") for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 200
    assert [file for file in files if _imports_runtime(file.read_text())] == [THE_PLACE]


def test_it_is_told_before_its_import_and_leaves_nothing_in_the_cache(tmp_path: Path):
    runtime_or_skip()
    code = (
        "from engine.model.checkpoint import load; from engine.model.inference_engines import network_of;"
        "from engine.core.paths import shipped_weights; network_of(load(shipped_weights() / 'default'), 'onnx')"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    folders = {name: str(tmp_path / name) for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    subprocess.run([sys.executable, "-c", code], env={**environment, **folders}, cwd=ROOT, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
