"""A small network and sounds with one thing in them."""

import numpy as np
import pytest

from engine.core import grid
from engine.explain import attribution
from engine.model.calibration import Calibration
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.network import MlxNetwork
from engine.model.tags import TagsConfig

SMALL = EncoderConfig(channels=(8, 16, 16, 16), embedding=16)
SMALL_HEAD = HeadConfig(hidden=8, fc=8, readout="mean")
BURST_FRAMES = slice(700, 740)
BURST_BANDS = slice(20, 30)


def small_network(
    seed: int = 3, kind: str = "both", readout: str = "mean", tags: TagsConfig | None = None
) -> MlxNetwork:
    head = HeadConfig(hidden=8, fc=8, readout=readout)  # type: ignore[arg-type]
    return MlxNetwork(FrontEndConfig(kind=kind), SMALL, head, seed, tags)  # type: ignore[arg-type]


@pytest.fixture
def first_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Explanations end with their first answer: which sound is explained does not depend on how finely, and a network
    that has learned nothing is refined for seconds.
    """
    monkeypatch.setattr(attribution, "_MOST_NODES", attribution._FIRST_NODES)


@pytest.fixture
def steep() -> Calibration:
    """Lets a random network's small logits move the index."""
    return Calibration(slope=40.0, offset=0.0)


def one_burst() -> np.ndarray:
    """A history of a sound that never changes, but for ten bands that are 12 dB louder for two seconds."""
    frames = np.full((grid.HISTORY_FRAMES, grid.MEL_BANDS), -40.0, np.float32)
    frames[BURST_FRAMES, BURST_BANDS] += 12.0
    return frames


@pytest.fixture
def burst() -> np.ndarray:
    return one_burst()


@pytest.fixture
def lively() -> np.ndarray:
    """More than a history of noise that swells."""
    rng = np.random.default_rng(5)
    swell = 6.0 * np.sin(np.arange(900) / 40.0)[:, None]
    return (-40.0 + swell + 4.0 * rng.normal(size=(900, grid.MEL_BANDS))).astype(np.float32)
