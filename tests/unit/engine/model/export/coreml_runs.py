"""A history through exported Core ML packages, as an app would run it, and through the program itself."""

import numpy as np

from engine.audio.log_mel import log_mel
from engine.core import grid
from engine.model.checkpoint import Weights
from engine.model.front_end import FrontEnd
from tests.unit.engine.model.export.mil import SavedProgram

NAMES = ("column", "embed", "window", "head")
HALF = 2e-2
"""How far logits through an encoder in half precision may be from those in single precision."""


def features_of(weights: Weights, samples: np.ndarray) -> np.ndarray:
    """The last history of front-end frames of a sound: (HISTORY_FRAMES, MEL_BANDS, channels)."""
    return FrontEnd(weights.network.front_end).push(log_mel(samples))[-grid.HISTORY_FRAMES :]


def windows_of(features: np.ndarray) -> np.ndarray:
    starts = np.arange(grid.WINDOWS) * grid.WINDOW_HOP_FRAMES
    return np.stack([features[start : start + grid.WINDOW_FRAMES] for start in starts])


def logits_of(programs: dict[str, SavedProgram], features: np.ndarray) -> np.ndarray:
    """As an app would run them: channels first, one window after the other."""
    embeddings = [programs["window"].run(window.transpose(2, 0, 1)[None]) for window in windows_of(features)]
    return programs["head"].run(np.concatenate(embeddings, axis=3))[0]


def served(weights: Weights, features: np.ndarray) -> np.ndarray:
    network = weights.network
    return network.logits(network.window_embeddings(windows_of(features))[None])[0]
