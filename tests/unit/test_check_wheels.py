"""The check of the wheels reads markers as a Mac would, on any machine; what the index has is asked by hand."""

import pytest

from tests import check_wheels
from tests.check_wheels import asked, missing, pins


def test_what_a_mac_with_each_python_needs_is_told_apart():
    assert "coremltools" in {need.name for need in asked("3.13")}
    assert "coremltools" not in {need.name for need in asked("3.14")}
    names = {need.name for need in asked("3.12")}
    assert {"mlx", "numpy", "pyarrow", "onnxruntime", "statsbombpy", "scikit-learn", "pillow"} <= names
    assert all(need.extras == set() for need in asked("3.12") if need.name == "mlx")
    assert "pytest" not in names


def test_a_pin_for_another_system_or_python_does_not_count():
    lines = ["# pins", "mlx-metal==1; sys_platform == 'darwin'", "mlx_cpu==1; sys_platform != 'darwin'"]
    lines += ["numpy==1; python_version < '3.14'", "numpy==2; python_version >= '3.14'"]
    assert pins("3.13", lines) == {"mlx-metal": "==1", "numpy": "==1"}
    assert pins("3.14", lines)["numpy"] == "==2"
    with pytest.raises(ValueError, match="pinned twice"):
        pins("3.13", ["numpy==1", "numpy==2"])


def test_pip_install_failed_on_a_mac_for_a_wheel_that_was_not_there(monkeypatch: pytest.MonkeyPatch):
    """A package in the middle of the tree has no wheel, and one has no pin: both are named."""
    needs = {"mlx": ["mlx-metal==0.32.4; platform_system == 'Darwin'", "nowhere"], "mlx-metal": []}

    def index(wanted: list[str], python: str):
        names = [line.partition("==")[0] for line in wanted]
        if "mlx-metal" in names:
            return "ERROR: No matching distribution found"
        return [{"name": name, "requires_dist": needs.get(name, [])} for name in names]

    monkeypatch.setattr(check_wheels, "resolve", index)
    said = list(missing("3.12"))
    assert "nowhere has no pin" in said
    assert any(line.startswith("mlx-metal==") and "No matching" in line for line in said)
    assert len(said) == 2
