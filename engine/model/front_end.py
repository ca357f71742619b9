"""The causal front end: log-mel frames against what the place sounded like until now.

A microphone's gain shifts every log-mel value by the same number of dB. All that happens here is a difference to a
slow reference that shifts with it, and a limit relative to that reference, so the gain drops out by construction: not
learned, and true for any weights. Values far below the reference are limited to it, which also keeps the floor of the
log-mel (where the gain would not drop out) out of sight.
"""

from dataclasses import dataclass
from math import exp, log
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import Frames
from engine.core import grid
from engine.model.running_mean import RunningMean

FrontEndKind = Literal["level", "background", "both"]
FRONT_END_KINDS: Final = get_args(FrontEndKind)


@dataclass(frozen=True, slots=True)
class FrontEndConfig:
    """What a frame is compared with.

    ``level``: the running level of the whole spectrum, which keeps the shape of the sound. ``background``: each
    band's own running mean, which drops the place's and the microphone's colour. ``both``: one channel each.
    ``time_constant_s``: larger forgets more slowly. ``floor_db``: bands further below the level count as this.
    """

    kind: FrontEndKind = "both"
    time_constant_s: float = 30.0
    floor_db: float = -60.0
    ceiling_db: float = 30.0

    @property
    def channels(self) -> int:
        """Channels that the encoder receives."""
        return 2 if self.kind == "both" else 1


LEVEL_CENTRE_DB: Final = -25.0
LEVEL_SCALE_DB: Final = 15.0
BACKGROUND_SCALE_DB: Final = 10.0
_NEPERS_PER_DB: Final = log(10.0) / 10.0  # of power; exp is several times faster than a power of ten


def frame_level_db(frames: Frames) -> NDArray[np.float64]:
    """Level of each frame in dB: its mel power summed over the bands, shape (frames,)."""
    power: NDArray[np.float64] = np.exp(frames.astype(np.float64) * _NEPERS_PER_DB).sum(axis=1)
    return 10.0 * np.log10(power)


class FrontEnd:
    """Turns frames into the encoder's input, one after the other; nothing depends on later frames.

    The references are exponential means with ``time_constant_s``, plain means until they are that old, so the first
    seconds are already compared with something sensible. They are kept in double precision: the result has the same
    bits however the frames come in.
    """

    def __init__(self, config: FrontEndConfig) -> None:
        self.config = config
        slowest = 1.0 - exp(-grid.HOP_S / config.time_constant_s)
        self._level_db = RunningMean(1, slowest)
        self._background_db = RunningMean(grid.MEL_BANDS, slowest)

    def push(self, frames: Frames) -> Frames:
        """Take frames (n, MEL_BANDS) in dB; return (n, MEL_BANDS, channels), about within [-3, 3]."""
        config = self.config
        fronted = np.empty((*frames.shape, config.channels), np.float32)
        references = self._level_db.push(frame_level_db(frames)[:, None])
        limited = np.clip(frames.astype(np.float64), references + config.floor_db, references + config.ceiling_db)
        if config.kind != "background":
            fronted[..., 0] = (limited - (references + LEVEL_CENTRE_DB)) / LEVEL_SCALE_DB
        if config.kind != "level":
            against = limited - self._background_db.push(limited)
            np.clip(against, -config.ceiling_db, config.ceiling_db, out=against)
            fronted[..., -1] = against / BACKGROUND_SCALE_DB
        return fronted


def at_background(features: Frames) -> Frames:
    """What frames of kind ``both`` (n, MEL_BANDS, 2) would have been had every band stayed at its own background.

    The channel against the background becomes zero, and the level channel is moved by the same number of dB.
    """
    level = features[..., 0] - features[..., 1] * np.float32(BACKGROUND_SCALE_DB / LEVEL_SCALE_DB)
    return np.stack([level, np.zeros_like(level)], axis=-1)


def channels_of(features: Frames, kind: FrontEndKind) -> Frames:
    """The channels that a front end of ``kind`` gives, from those of kind ``both`` (n, MEL_BANDS, 2)."""
    match kind:
        case "both":
            return features
        case "level":
            return features[..., :1]
        case "background":
            return features[..., 1:]
