"""Sound as servers send it."""

from pathlib import Path

import numpy as np
import pytest

from tests.unit.engine.audio.sounds import noise, tone, write_sound


@pytest.fixture
def flac(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "match.flac", np.stack([noise(8.0, 48000), noise(8.0, 48000, seed=4)], 1), 48000)


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_sound(tmp_path_factory.mktemp("mp3") / "town.mp3", tone(44100, 6.0, 2), 44100).read_bytes()
