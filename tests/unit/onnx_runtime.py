"""ONNX Runtime for tests, by the program's own way to it: one that imports it otherwise would send telemetry."""

import pytest

from engine.model.onnx_graph import OnnxMissing
from engine.model.onnx_runtime import runtime_package


def runtime_or_skip():
    """The package, or a skipped test."""
    try:
        return runtime_package()
    except OnnxMissing:
        pytest.skip("needs the extra 'onnx'", allow_module_level=True)
