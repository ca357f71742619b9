"""``momentum export``."""

import json
import sys
from pathlib import Path

import pytest

from tui.cli import main


def test_onnx_tells_every_file_with_what_it_takes_and_gives(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    assert main(["export", "onnx", str(tmp_path / "out")]) == 0
    rows = {Path(row["file"]).name: row for row in json.loads(capsys.readouterr().out)}
    assert set(rows) == {"columns.onnx", "embed.onnx", "window.onnx", "head.onnx"}
    assert rows["head.onnx"]["input"] == "histories (n, 15, 128)"
    assert rows["head.onnx"]["output"] == "logits (n, 2)"
    for row in rows.values():
        assert Path(row["file"]).stat().st_size == row["bytes"]


def test_without_the_extra_onnx_says_what_to_install_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert main(["export", "onnx", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == "momentum: onnx is not installed\n  pip install 'acoustic-momentum[onnx]'\n"
    assert not (tmp_path / "out").exists()
