"""Tools that every sound of the simulator is made with: noise of any spectrum, filters that move, pulses with a pitch.

A *spectrum* is an amplitude per bin of the short FFT (shape (BINS,)) or per frame and bin ((frames, BINS)); one of
ones leaves white noise of unit variance as it is. A *track* is a slow curve, one value every ``TRACK`` samples.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.signals import Samples

Curve: TypeAlias = NDArray[np.float64]
Spectrum: TypeAlias = NDArray[np.float32]

FFT: Final = grid.HOP
STEP: Final = FFT // 2
BINS: Final = FFT // 2 + 1
TRACK: Final = FFT // 4
TRACK_S: Final = TRACK / grid.SAMPLE_RATE_HZ
STEP_S: Final = STEP / grid.SAMPLE_RATE_HZ
_TABLE: Final = 2 * grid.HOP
WINDOW: Final[Samples] = np.sin(np.pi * (np.arange(FFT) + 0.5) / FFT).astype(np.float32)
"""Its square adds up to one at half overlap, so analysis, filter and synthesis leave the level as it is."""


def samples(seconds: float) -> int:
    """Samples in ``seconds``, at least one."""
    return max(1, round(seconds * grid.SAMPLE_RATE_HZ))


def amplitude(level_db: float) -> float:
    """Amplitude of a level in dB."""
    return float(10.0 ** (level_db / 20.0))


def rms(sound: Samples) -> float:
    """Root mean square, 0 of an empty stretch."""
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0


@cache
def bins_hz() -> Curve:
    """Centre frequencies of the bins, the first one moved off 0 so that it has a logarithm."""
    hz = np.arange(BINS) * grid.SAMPLE_RATE_HZ / FFT
    hz[0] = hz[1] / 2
    return hz


def curve_db(points: Mapping[float, float], hz: Curve | None = None) -> Curve:
    """Decibels per bin from ``{hz: db}``, straight lines over the logarithm of frequency."""
    at = bins_hz() if hz is None else hz
    corners_db = np.array(list(points.values()), float)
    return np.asarray(np.interp(np.log(at), np.log(np.array(list(points), float)), corners_db))


def ripple_db(rng: np.random.Generator, spread_db: float, width_octaves: float = 0.6, hz: Curve | None = None) -> Curve:
    """A smooth random curve over log frequency, ``spread_db`` its standard deviation."""
    at = bins_hz() if hz is None else hz
    knots = np.arange(4.0, 14.5, width_octaves)
    return np.asarray(np.interp(np.log2(np.maximum(at, 17.0)), knots, rng.normal(0.0, spread_db, len(knots))))


def wander(rng: np.random.Generator, points: int, step_s: float, period_s: float, spread: float) -> Curve:
    """A stationary random curve of ``points`` values, ``period_s`` its time of change, ``spread`` its deviation.

    White noise through an exponential memory, in closed form: no loop over the points.
    """
    knots = int(points * step_s / period_s) + 4
    at = np.arange(points) * step_s / period_s + rng.uniform(0.0, 1.0)
    # Cubic weights between neighbours keep the curve smooth; the division makes its deviation even along the way.
    values = rng.normal(0.0, 1.0, knots + 2)
    whole = at.astype(int)
    part = at - whole
    a, b = 1 - part, part
    weights = np.stack([a * a * (1 + 2 * b), b * b * (1 + 2 * a)])
    curve: Curve = (values[whole] * weights[0] + values[whole + 1] * weights[1]) / np.sqrt((weights**2).sum(axis=0))
    return curve * spread


def flutter(rng: np.random.Generator, frames: int, rate_hz: float, bands: int, spread_db: float) -> Spectrum:
    """Amplitude factors (frames, BINS) that come and go ``rate_hz`` times a second in each of ``bands`` regions.

    What a crowd of few speakers has and Gaussian noise has not: regions of the spectrum that rise and fall together.
    """
    rows = int(frames * STEP_S * rate_hz) + 3
    field = rng.normal(0.0, spread_db, (rows, bands))
    at = np.arange(frames) * STEP_S * rate_hz
    row = at.astype(int)
    part = (at - row)[:, None]
    in_time = field[row] * (1 - part) + field[row + 1] * part
    knots = np.linspace(np.log(80.0), np.log(11000.0), bands)
    log_hz = np.clip(np.log(bins_hz()), knots[0], knots[-1])
    place = (log_hz - knots[0]) / (knots[1] - knots[0]) if bands > 1 else np.zeros(BINS)
    low = np.minimum(place.astype(int), max(bands - 2, 0))
    mix = np.zeros((bands, BINS))
    mix[low, np.arange(BINS)] += 1 - (place - low)
    mix[np.minimum(low + 1, bands - 1), np.arange(BINS)] += place - low
    return shaped(in_time @ mix)


def inverse(bins: NDArray[np.complexfloating]) -> Samples:
    """Frames (n, FFT) of these spectra."""
    return np.fft.irfft(bins, FFT).astype(np.float32, copy=False)


def _overlap_add(frames: Samples) -> Samples:
    """Join windowed frames (n, FFT) at half overlap: (n + 1) * STEP samples."""
    out = np.zeros((len(frames) + 1, STEP), np.float32)
    out[:-1] = frames[:, :STEP]
    out[1:] += frames[:, STEP:]
    return out.reshape(-1)


def frames_for(length: int) -> int:
    """Frames that cover ``length`` samples, the half frame at each end that only fades included."""
    return -(-length // STEP) + 1


def fast_size(least: int) -> int:
    """The smallest length from ``least`` on that an FFT is quick at: a small number times a power of two.

    A length with a large prime in it takes many times as long.
    """
    power = max(0, (least - 1).bit_length() - 4)
    return -(-least >> power) << power if least > 16 else least


def noise(rng: np.random.Generator, length: int, spectrum: Spectrum) -> Samples:
    """Gaussian noise of ``length`` samples whose amplitude spectrum is ``spectrum`` ((BINS,) or (frames_for, BINS))."""
    count = frames_for(length)
    parts = rng.standard_normal((count, 2 * BINS), dtype=np.float32)
    bins = parts.view(np.complex64) * (spectrum * np.float32(np.sqrt(FFT / 2)))
    return _overlap_add(inverse(bins) * WINDOW)[STEP : STEP + length]


def filtered(sound: Samples, spectrum: Spectrum) -> Samples:
    """``sound`` through a zero-phase filter that may move ((BINS,) or (frames_for, BINS))."""
    length = len(sound)
    count = frames_for(length)
    padded = np.zeros((count + 1) * STEP, np.float32)
    padded[STEP : STEP + length] = sound
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::STEP] * WINDOW
    bins = np.fft.rfft(frames) * spectrum
    return _overlap_add(inverse(bins) * WINDOW)[STEP : STEP + length]


def shaped(db: Curve | Spectrum) -> Spectrum:
    """A spectrum from decibels."""
    spectrum: Spectrum = np.exp(np.asarray(db, np.float32) * np.float32(np.log(10.0) / 20.0))
    return spectrum


def band_db(low_hz: float, high_hz: float, slope_db: float = 24.0) -> Curve:
    """A band pass: flat between the corners, ``slope_db`` an octave outside."""
    octaves = np.log2(bins_hz())
    below = np.maximum(0.0, np.log2(low_hz) - octaves)
    above = np.maximum(0.0, octaves - np.log2(high_hz))
    return np.asarray(-slope_db * (below + above))


def spread_out(track: Curve, length: int) -> Samples:
    """A track as samples: straight lines between its values, the last one held."""
    count = -(-length // TRACK)
    values = np.asarray(track, np.float32)
    if len(values) < count + 1:
        values = np.concatenate([values, np.full(count + 1 - len(values), values[-1], np.float32)])
    ramp = (np.arange(TRACK, dtype=np.float32) / TRACK)[None, :]
    rows = values[:count, None] + (values[1 : count + 1] - values[:count])[:, None] * ramp
    return np.asarray(rows.reshape(-1)[:length], np.float32)


def track_points(length: int) -> int:
    """Values that a track needs to cover ``length`` samples."""
    return -(-length // TRACK) + 1


def by_frame(track: Curve, length: int) -> Curve:
    """A track at the frames of the short FFT that cover ``length`` samples."""
    at = np.arange(frames_for(length)) * (STEP / TRACK)
    return np.asarray(np.interp(at, np.arange(len(track)), track))


def harmonics(weights: Sequence[float] | Curve, rng: np.random.Generator | None = None) -> Samples:
    """One period of a tone with these harmonic amplitudes, unit RMS; random phases where ``rng`` is given."""
    weights = np.asarray(weights, float)[: _TABLE // 4]
    bins = np.zeros(_TABLE // 2 + 1, complex)
    phases = rng.uniform(0, 2 * np.pi, len(weights)) if rng is not None else np.zeros(len(weights))
    bins[1 : len(weights) + 1] = weights * np.exp(1j * phases)
    table = np.fft.irfft(bins)
    return (table / max(float(np.sqrt(np.mean(table**2))), 1e-12)).astype(np.float32)


def tone(table: Samples, pitch_hz: Curve | float, length: int, phase: float = 0.0) -> Samples:
    """Run through ``table`` at a pitch: a number, or a track in Hz."""
    scale = _TABLE / grid.SAMPLE_RATE_HZ
    if isinstance(pitch_hz, float | int):
        place = np.arange(length) * (pitch_hz * scale)
    else:
        place = np.cumsum(spread_out(np.asarray(pitch_hz), length), dtype=np.float64) * scale
    wave: Samples = table[(place + phase * _TABLE).astype(np.int64) & (_TABLE - 1)]
    return wave


def steep(count: int, tilt: float) -> Curve:
    """Harmonic amplitudes that fall like ``1 / h ** tilt``."""
    weights: Curve = np.arange(1, count + 1, dtype=float) ** -tilt
    return weights


def attack_decay(length: int, attack_s: float, decay_s: float) -> Samples:
    """An envelope that rises in ``attack_s`` and falls to 1/e every ``decay_s``."""
    t = np.arange(length, dtype=np.float32) / grid.SAMPLE_RATE_HZ
    envelope: Samples = np.minimum(t / max(attack_s, 1e-4), 1.0).astype(np.float32) * np.exp(-t / max(decay_s, 1e-3))
    return envelope


def faded(sound: Samples, fade_s: float = 0.02) -> Samples:
    """``sound`` with soft ends, in place."""
    n = min(samples(fade_s), len(sound) // 2)
    if n > 0:
        ramp = np.linspace(0.0, 1.0, n, dtype=np.float32)
        sound[:n] *= ramp
        sound[-n:] *= ramp[::-1]
    return sound


def add_at(target: Samples, sound: Samples, start: int) -> None:
    """Add ``sound`` to ``target`` from index ``start`` on; what lies outside is dropped."""
    first, last = max(start, 0), min(start + len(sound), len(target))
    if last > first:
        target[first:last] += sound[first - start : last - start]
