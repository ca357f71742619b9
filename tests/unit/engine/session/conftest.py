from pathlib import Path

import pytest

from tests.unit.engine.session.helpers import FakeTime


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "sessions"
