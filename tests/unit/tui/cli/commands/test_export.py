"""``momentum export``."""

import json
import sys
from pathlib import Path

import pytest

from engine.core.extras import installing
from engine.core.paths import shipped_weights
from engine.model.checkpoint import read_config
from tests.extras import need
from tui.cli.main import main


def test_onnx_tells_every_file_with_what_it_takes_and_gives(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    assert main(["export", "onnx", str(tmp_path / "out"), "--json"]) == 0
    rows = {Path(row["file"]).name: row for row in json.loads(capsys.readouterr().out)}
    assert set(rows) == {"columns.onnx", "embed.onnx", "window.onnx", "head.onnx"}
    embedding = read_config(shipped_weights() / "default")[0].encoder.embedding
    assert rows["head.onnx"]["input"] == f"histories (n, 15, {embedding})"
    assert rows["head.onnx"]["output"] == "logits (n, 2)"
    for row in rows.values():
        assert Path(row["file"]).stat().st_size == row["bytes"]


def test_without_the_extra_onnx_says_what_to_install_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert main(["export", "onnx", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == f"momentum: onnx is not installed\n  {installing('onnx')}\n"
    assert not (tmp_path / "out").exists()


def test_coreml_tells_every_package_with_its_fixed_shapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    need("coremltools", "coreml")
    assert main(["export", "coreml", str(tmp_path / "out"), "--json"]) == 0
    told = capsys.readouterr()
    rows = {Path(row["file"]).name: row for row in json.loads(told.out)}
    assert set(rows) == {"column.mlpackage", "embed.mlpackage", "window.mlpackage", "head.mlpackage"}
    assert rows["head.mlpackage"]["output"] == "logits (1, 2)"
    assert told.err == ""


def test_without_the_extra_coreml_says_what_to_install_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "coremltools", None)
    assert main(["export", "coreml", str(tmp_path / "out")]) == 2
    said = f"momentum: coremltools is not installed\n  {installing('coreml')}\n"
    assert capsys.readouterr().err == said
    assert not (tmp_path / "out").exists()
