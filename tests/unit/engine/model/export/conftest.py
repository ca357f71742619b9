import pytest

from engine.core.paths import shipped_weights
from engine.model.checkpoint import Weights, load


@pytest.fixture(scope="session")
def weights() -> Weights:
    """The shipped ones."""
    return load(shipped_weights() / "default")
