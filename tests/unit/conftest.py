"""Every test of the commands has folders of its own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for the user's own, empty."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MOMENTUM_HOME", str(folder))
    return folder
