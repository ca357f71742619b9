"""Small things the tests of the simulator share: a whole simulation in memory, and its level over time."""

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator.match import Score, SimulatedMatch


def sound_of(score: Score) -> Samples:
    return np.concatenate([block.samples for block in SimulatedMatch(score).blocks()])


def level_db(sound: Samples, start_s: float, end_s: float) -> float:
    part = sound[int(start_s * grid.SAMPLE_RATE_HZ) : int(end_s * grid.SAMPLE_RATE_HZ)]
    return float(10 * np.log10(np.mean(np.square(part, dtype=np.float64)) + 1e-12))
