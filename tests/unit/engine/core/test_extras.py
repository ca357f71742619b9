"""What is told about installing must work where it is typed."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from engine.core.extras import installing


def test_it_is_the_pip_of_this_program_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    mine = Path(sys.executable).parent
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(mine.parent)
    assert installing("onnx") == f"{mine.name}/pip install 'acoustic-momentum[onnx]'"
    monkeypatch.chdir(tmp_path)
    assert installing("onnx") == f"{mine}/pip install 'acoustic-momentum[onnx]'"
    monkeypatch.setenv("PATH", str(mine))
    assert installing("onnx") == "pip install 'acoustic-momentum[onnx]'"


def test_without_one_of_its_own_the_interpreter_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "my python"))
    assert installing("train") == f"'{tmp_path}/my python' -m pip install 'acoustic-momentum[train]'"


def test_this_pip_knows_the_package():
    pip = shlex.split(installing("onnx").split(" install ")[0])
    assert subprocess.run([*pip, "show", "acoustic-momentum"], capture_output=True, check=False).returncode == 0
