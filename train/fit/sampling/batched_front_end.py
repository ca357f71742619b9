"""The engine's causal front end for many segments at once, each with its own past."""

from math import exp

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.model import front_end as engine_front_end
from engine.model.front_end import FrontEndConfig, frame_level_db


def front_end_of(frames: NDArray[np.float32], starts: NDArray[np.int64], config: FrontEndConfig) -> NDArray[np.float32]:
    """What a ``FrontEnd`` that first heard frame ``starts[i]`` of segment i makes of it.

    Args:
        frames: (n, t, MEL_BANDS) in dB; what stands before a segment's start is ignored, but must be finite.
        starts: (n,), the number of the first frame that counts in each segment.
        config: which front end.

    Returns:
        (n, t, MEL_BANDS, channels); rows before a segment's start mean nothing.
    """
    n, t, _ = frames.shape
    slowest = 1.0 - exp(-grid.HOP_S / config.time_constant_s)
    ages = np.maximum(np.arange(1, t + 1) - starts[:, None], 1)
    shares = np.maximum(slowest, 1.0 / ages)  # 1 up to the first frame: whatever was before it is forgotten there
    levels = frame_level_db(frames.reshape(n * t, -1)).reshape(n, t)
    references = np.empty((n, t))
    reference = np.zeros(n)
    for i in range(t):
        reference += shares[:, i] * (levels[:, i] - reference)
        references[:, i] = reference
    below, above = references + config.floor_db, references + config.ceiling_db
    limited = np.clip(frames.astype(np.float64), below[..., None], above[..., None])
    channels = []
    if config.kind != "background":
        centred = limited - references[..., None] - engine_front_end.LEVEL_CENTRE_DB
        channels.append(centred / engine_front_end.LEVEL_SCALE_DB)
    if config.kind != "level":
        channels.append(_against_background(limited, shares, config) / engine_front_end.BACKGROUND_SCALE_DB)
    return np.stack(channels, axis=-1).astype(np.float32)


def _against_background(
    limited: NDArray[np.float64], shares: NDArray[np.float64], config: FrontEndConfig
) -> NDArray[np.float64]:
    background = np.zeros((limited.shape[0], limited.shape[2]))
    against = np.empty_like(limited)
    for i in range(limited.shape[1]):
        share = shares[:, i : i + 1]
        difference = limited[:, i] - background
        background += share * difference
        against[:, i] = (1.0 - share) * difference
    return np.clip(against, -config.ceiling_db, config.ceiling_db)
