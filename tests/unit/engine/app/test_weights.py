"""Weights for another program than the command line."""

from pathlib import Path

import pytest

from engine.app.weights import checked, described, export_network, folder_of, installed
from engine.core.errors import UsageError, WeightsError
from engine.core.paths import Paths
from tests.unit.engine.explain.sessions import small_weights


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    small_weights(tmp_path / "weights" / "small")
    return Paths(tmp_path, tmp_path, tmp_path, tmp_path)


def test_ones_own_weights_and_those_that_came_along_are_listed(paths: Paths):
    assert {"small", "default"} <= {found.name for found in installed(paths)}


def test_a_name_leads_to_card_checksum_and_network(paths: Paths):
    folder = folder_of("small", paths)
    config, checksum, card = described(folder)
    whole = checked(folder)
    assert (config.name, card) == ("small", "# small\n")
    assert checksum == whole.checksum
    with pytest.raises(WeightsError, match="no weights named 'large'"):
        folder_of("large", paths)


def test_a_network_is_exported_and_not_written_over_unasked(paths: Paths, tmp_path: Path):
    pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    weights = checked(folder_of("small", paths))
    written = export_network(weights, "onnx", tmp_path / "out", replace=False)
    assert {row.file.name for row in written} >= {"columns.onnx", "head.onnx"}
    assert all(row.bytes == row.file.stat().st_size for row in written)
    with pytest.raises(UsageError):
        export_network(weights, "onnx", tmp_path / "out", replace=False)
