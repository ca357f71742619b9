"""An explanation made up for the tests: a roar that raised the index, and something low that held it down."""

import numpy as np

from engine.core import grid
from engine.explain.attribution import Attribution, History
from engine.explain.explanation import Explanation

ROAR_FRAMES, ROAR_BANDS = slice(grid.HISTORY_FRAMES - 80, None), slice(24, 36)
LOW_FRAMES, LOW_BANDS = slice(grid.HISTORY_FRAMES - 200, grid.HISTORY_FRAMES - 110), slice(0, 5)


def made_up(t: float = 74.0, then: float = 0.82, low: float = -0.12, nodes: int = 33, sure: float = 1.0) -> Explanation:
    """``sure``: the share of the difference that the parts have found so far."""
    parts = np.zeros((grid.HISTORY_FRAMES, grid.MEL_BANDS))
    roar = parts[ROAR_FRAMES, ROAR_BANDS]
    roar += 0.9 / roar.size
    drum = parts[LOW_FRAMES, LOW_BANDS]
    drum += low / drum.size
    frames = np.full(parts.shape, -60.0, np.float32)
    frames[ROAR_FRAMES, ROAR_BANDS] += 25.0
    frames[LOW_FRAMES, LOW_BANDS] += 30.0
    nothing = np.zeros((*parts.shape, 2), np.float32)
    baseline = 0.04
    done = Attribution(baseline + float(parts.sum()), baseline, sure * parts, nodes)
    return Explanation(t, then, History(frames, nothing, nothing), done, None)
