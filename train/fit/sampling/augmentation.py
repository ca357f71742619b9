"""Changes to segments that leave their labels true, so that a network can't learn one simulator's or one ground's
sound.

All of it happens on log-mel frames: a microphone's or a room's colour is a sum of decibels there, added sound a sum of
powers. Gain needs no augmentation, the front end takes it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import Frames
from engine.core import grid
from train.data.packed_mel import FLOOR_DB

_FRAMES_A_SECOND: Final = 1.0 / grid.HOP_S


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How much of each change; shares are the part of segments that get it.

    ``colour_db``: spread of a random equaliser curve. ``shift_bands``: pitch and voices up or down. ``expansion``: how
    far level changes are stretched or squeezed, as by automatic gain. ``cut_share``: a low-pass, as of a telephone.
    ``noise_share``: a stationary noise of random colour. ``sounds_share``: real sounds, where there are some.
    ``mask_share``: bands and moments hidden, after SpecAugment (Park et al., 2019). ``mixup``: parameter of the Beta
    distribution of Zhang et al. (2018), 0 for none.
    """

    colour_db: float = 6.0
    shift_bands: int = 2
    expansion: float = 0.25
    cut_share: float = 0.2
    noise_share: float = 0.4
    sounds_share: float = 0.4
    mask_share: float = 0.7
    mixup: float = 0.2


def change_sound(
    frames: Frames, rng: np.random.Generator, settings: Augmentation, sounds: Sequence[Frames] = ()
) -> Frames:
    """Frames (n, MEL_BANDS) in dB, as another microphone at another ground might have heard them."""
    out = frames
    bands = np.arange(grid.MEL_BANDS)
    if settings.shift_bands:
        shift = int(rng.integers(-settings.shift_bands, settings.shift_bands + 1))
        out = out[:, np.clip(bands + shift, 0, grid.MEL_BANDS - 1)]
    if settings.expansion:
        middle = np.median(out[::8], axis=0)
        out = middle + (out - middle) * np.float32(1.0 + rng.uniform(-settings.expansion, settings.expansion))
    if sounds and rng.random() < settings.sounds_share:
        out = _with_sounds(out, rng, sounds)
    if settings.colour_db:
        knots = np.sort(rng.choice(grid.MEL_BANDS, 6, replace=False))
        curve = np.interp(bands, knots, rng.normal(0.0, settings.colour_db, 6))
        out = out + (curve * rng.uniform(0.0, 1.0)).astype(np.float32)
    if rng.random() < settings.noise_share:
        out = _add_powers(out, _noise(rng, len(out), float(np.median(out.max(axis=1)))))
    if rng.random() < settings.cut_share:
        from_band = float(rng.uniform(0.55, 1.0)) * grid.MEL_BANDS
        out = out - (np.clip(bands - from_band, 0, None) * rng.uniform(2.0, 8.0)).astype(np.float32)
    return np.maximum(out, np.float32(FLOOR_DB))


def _noise(rng: np.random.Generator, frames: int, loud_db: float) -> Frames:
    """Stationary noise up to 35 dB below the loudest bands; a band's power varies as a mean over its bins does."""
    bands = np.arange(grid.MEL_BANDS)
    colour = rng.normal(0.0, 0.25) * bands + np.interp(bands, np.linspace(0, 63, 5), rng.normal(0.0, 4.0, 5))
    level_db = loud_db - rng.uniform(3.0, 35.0) - colour.max()
    width = 1.0 + 0.12 * bands
    wobble_db = 10.0 * np.log10(rng.gamma(width, 1.0 / width, (frames, grid.MEL_BANDS)) + 1e-6)
    return np.asarray(level_db + colour + wobble_db, np.float32)


def _with_sounds(frames: Frames, rng: np.random.Generator, sounds: Sequence[Frames]) -> Frames:
    """A few real sounds laid over, each -5 to 15 dB against what is there."""
    out = frames.copy()
    bed_db = _level_db(np.median(frames[::8], axis=0)[None])
    for _ in range(int(rng.integers(1, 4))):
        sound = sounds[int(rng.integers(len(sounds)))]
        at = int(rng.integers(0, max(1, len(out) - len(sound))))
        piece = sound[: len(out) - at]
        level_db = np.percentile(_level_db(piece), 90)
        gain_db = bed_db + rng.uniform(-5.0, 15.0) - level_db
        out[at : at + len(piece)] = _add_powers(out[at : at + len(piece)], piece + np.float32(gain_db.item()))
    return out


def _level_db(frames: Frames) -> NDArray[np.float64]:
    return np.asarray(10.0 * np.log10((10.0 ** (frames.astype(np.float64) / 10.0)).sum(axis=1)))


def _add_powers(one_db: Frames, other_db: Frames) -> Frames:
    """Decibels of the sum of two independent sounds."""
    high = np.maximum(one_db, other_db)
    difference = np.abs(one_db - other_db)
    return np.asarray(
        high + np.float32(10.0) * np.log10(np.float32(1.0) + np.float32(10.0) ** (-difference / np.float32(10.0)))
    )


def mask(segments: Frames, rng: np.random.Generator, settings: Augmentation) -> None:
    """Hide bands and moments of front-end segments (n, t, MEL_BANDS, channels), in place.

    A hidden value is the segment's mean in its band, for moments, and 0, the middle of the range, for bands.
    """
    for segment in segments:
        if rng.random() >= settings.mask_share:
            continue
        for _ in range(int(rng.integers(0, 3))):
            width = int(rng.integers(1, 9))
            low = int(rng.integers(0, grid.MEL_BANDS - width))
            segment[:, low : low + width] = 0.0
        usual = segment.mean(axis=0)
        for _ in range(int(rng.integers(0, 1 + len(segment) // int(10 * _FRAMES_A_SECOND)))):
            length = int(rng.integers(1, 16))
            first = int(rng.integers(0, len(segment) - length))
            segment[first : first + length] = usual
