"""What the sounds of a crowd look like on average, as a few corners of a curve, and sound bent towards such a curve.

The corners were set by hand after measurements on recordings of football crowds: power density in dB against
frequency in Hz, the whole at about 0 dB. Drawn deviations are as wide as recordings differ from each other.
"""

from typing import Final

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator import synthesis_primitives as syn
from engine.simulator.synthesis_primitives import Curve

BED: Final = {
    40: -34.0, 150: -29.5, 300: -26.0, 420: -21.5, 520: -20.5, 620: -15.0, 715: -12.3, 800: -13.0, 900: -15.8,
    1050: -17.6, 1300: -18.2, 1600: -20.0, 1900: -23.8, 2100: -25.7, 2400: -25.4, 2900: -27.2, 3500: -29.6,
    3900: -34.0, 4300: -38.0, 5000: -39.5, 6000: -42.5, 7000: -45.5, 8500: -50.0, 9900: -52.5, 10700: -58.0,
}  # fmt: skip
ROAR: Final = {
    40: -37.0, 110: -33.0, 250: -29.0, 350: -24.5, 430: -21.6, 560: -19.8, 650: -15.5, 760: -13.0, 840: -12.0,
    920: -13.0, 1030: -15.6, 1180: -18.1, 1500: -19.4, 1800: -21.1, 2100: -24.3, 2600: -27.0, 3200: -31.4,
    4000: -36.3, 5000: -40.5, 6500: -44.5, 8000: -48.1, 9800: -52.3, 10700: -57.0,
}  # fmt: skip
GROAN: Final = {
    40: -39.0, 105: -28.0, 160: -24.0, 250: -21.0, 350: -18.5, 450: -16.6, 560: -13.6, 665: -11.0, 760: -13.3,
    840: -15.7, 930: -16.6, 1100: -16.8, 1250: -19.2, 1400: -23.0, 1650: -29.8, 1850: -33.0, 2250: -35.6,
    2600: -33.5, 3000: -35.8, 3700: -35.2, 4050: -38.0, 4500: -42.8, 5500: -45.0, 7000: -48.5, 8800: -52.5, 9500: -57.0,
    10700: -60.5,
}  # fmt: skip
CHANT: Final = {
    40: -26.0, 100: -19.5, 200: -15.3, 300: -16.5, 400: -20.8, 460: -20.2, 530: -16.4, 615: -11.9, 690: -14.8,
    800: -22.4, 900: -26.0, 1100: -25.8, 1350: -23.0, 1500: -24.6, 1800: -31.4, 2100: -35.0, 2500: -35.5,
    3000: -39.5, 4000: -46.0, 5000: -50.0, 6500: -54.0, 8000: -56.5, 9500: -58.0, 10700: -60.5,
}  # fmt: skip
APPLAUSE: Final = {
    40: -62.0, 100: -45.5, 160: -32.0, 220: -23.0, 300: -20.2, 500: -20.0, 650: -19.0, 800: -16.4, 1000: -14.0,
    1400: -14.0, 1800: -15.0, 2100: -16.3, 2400: -19.0, 2700: -22.5, 3000: -27.0, 3600: -30.8, 5000: -33.0,
    6500: -37.7, 8500: -43.5, 9900: -46.5, 10700: -51.0,
}  # fmt: skip
BOO: Final = {
    40: -38.0, 110: -22.0, 180: -15.0, 300: -13.0, 450: -14.0, 600: -13.5, 800: -16.0, 1000: -19.5, 1300: -24.0,
    1800: -29.0, 2500: -33.0, 3500: -38.0, 5000: -45.0, 8000: -52.0, 10700: -60.0,
}  # fmt: skip


def draw_colour(
    rng: np.random.Generator, base: dict[int, float], venue_db: Curve, low_db: float, tilt_db: float, ripple_db: float
) -> Curve:
    """A kind's curve as this ground and this moment have it, decibels per bin.

    ``low_db``, ``tilt_db`` (an octave, above 1 kHz) and ``ripple_db`` are the deviations of what is drawn besides
    the share that the ground gives to all its crowd sounds.
    """
    hz = syn.bins_hz() * float(np.exp(rng.normal(0.0, 0.05)))
    octaves = np.log2(hz)
    points = {float(f): db for f, db in base.items()}
    return np.asarray(
        syn.curve_db(points, hz)
        + 0.6 * venue_db
        + rng.normal(0.0, low_db) * np.clip(np.log2(500.0) - octaves, 0.0, 3.0) / 2.0
        + rng.normal(0.0, tilt_db) * np.clip(octaves - 10.0, -0.5, 3.5)
        + syn.ripple_db(rng, ripple_db, 0.4)
    )


_SMOOTHING_OCTAVES: Final = 0.3


def bent(sound: Samples, target_db: Curve, most_db: float = 24.0) -> Samples:
    """``sound`` with its mean spectrum bent to ``target_db``, its fine structure (pitch, rhythm) kept.

    The spectrum is compared in windows of a third of an octave, and corrected by at most ``most_db`` against the mean
    correction, so that nothing is made of what is not there. The level comes out as about 1.
    """
    length = len(sound)
    frames = syn.frames_for(length)
    padded = np.zeros((frames + 1) * syn.STEP, np.float32)
    padded[syn.STEP : syn.STEP + length] = sound
    rows = np.lib.stride_tricks.sliding_window_view(padded, syn.FFT)[:: 2 * syn.STEP] * np.hanning(syn.FFT)
    power = np.mean(np.abs(np.fft.rfft(rows.astype(np.float32))) ** 2, axis=0, dtype=np.float64)
    power += 1e-10 * float(power.max()) + 1e-30
    low, high = _smoothing()
    total = np.concatenate([[0.0], np.cumsum(power)])
    measured_db = 10 * np.log10((total[high] - total[low]) / (high - low))
    correction = target_db - measured_db
    weight = 10 ** (target_db / 10)
    correction = correction - float((correction * weight).sum() / weight.sum())
    out = syn.filtered(sound, syn.shaped(np.clip(correction, -most_db, most_db)))
    return out / max(syn.rms(out), 1e-9)


def _smoothing() -> tuple[np.ndarray, np.ndarray]:
    """First and last bin of the window around each bin."""
    bins = np.arange(syn.BINS)
    factor = 2.0 ** (_SMOOTHING_OCTAVES / 2)
    low = np.minimum(np.floor(bins / factor), bins - 1).clip(0).astype(int)
    high = np.maximum(np.ceil(bins * factor), bins + 2).clip(1, grid.HOP // 2 + 1).astype(int)
    return low, high
