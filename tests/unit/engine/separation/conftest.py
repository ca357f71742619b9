from pathlib import Path

import pytest

from engine.separation.stem_weights import StemWeights, load_stems
from tests.unit.engine.separation.made_up import write_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small networks; nobody may change it."""
    return write_model(tmp_path_factory.mktemp("stems"))


@pytest.fixture(scope="session")
def weights(model: Path) -> StemWeights:
    return load_stems(str(model))
