"""Every test of the commands has folders of its own; tests of long jobs share two workers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for the user's own, empty."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MOMENTUM_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def two_workers() -> Iterator[Any]:
    """Two real workers of this machine; tests with the mark ``xdist_group("cluster")`` share them."""
    from train.jobs.dask_workers import local_workers

    with local_workers(2) as workers:
        yield workers
