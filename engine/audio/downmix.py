"""Any number of channels to one, with nothing in it that is not sound."""

import numpy as np

from engine.core.signals import Samples

LOUDEST = 1e6
"""A sample beyond this (+120 dBFS) is damage, not sound: its square would overflow further down."""


def to_mono(channels: Samples) -> tuple[Samples, int]:
    """Mean over the channels of float32 sound of shape (n, channels): float32 of shape (n,).

    Samples that are NaN, infinite or beyond ``LOUDEST`` become silence; the second value counts them. Channel is
    added to channel, so that a sample's bits never depend on how many others came in the same call.
    """
    mono = _mean(channels)
    # NaN passes through the mean and through max, so one comparison finds every kind of damage.
    if len(mono) == 0 or np.abs(mono).max() <= LOUDEST:
        return mono, 0
    sound = np.abs(channels) <= LOUDEST
    return _mean(np.where(sound, channels, np.float32(0.0))), int(channels.size - np.count_nonzero(sound))


def _mean(channels: Samples) -> Samples:
    count = channels.shape[1]
    mono: Samples = channels[:, 0].astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for channel in range(1, count):
            mono += channels[:, channel]
        if count > 1:
            mono *= np.float32(1.0 / count)
    return mono
