"""Streaming log-mel: samples in, frames out, the same frames however the samples are cut.

Slaney mel scale and area normalisation, periodic Hann window, power spectrum, decibels against a fixed reference of 1
with a floor (what ``librosa.feature.melspectrogram`` and ``power_to_db(ref=1, amin=1e-10, top_db=None)`` give with
``center=False``). Every frame is computed by itself, in the same order of operations, so that its bits do not depend
on how many frames were computed with it.
"""

from dataclasses import replace
from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.signals import AudioBlock, Samples

Frames: TypeAlias = NDArray[np.float32]

_CHUNK_FRAMES: Final = 64
_LINEAR_HZ_PER_MEL: Final = 200.0 / 3
_LOG_START_HZ: Final = 1000.0
_LOG_STEP: Final = float(np.log(6.4)) / 27.0


def hz_of_mel(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel scale (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above."""
    log_start_mel = _LOG_START_HZ / _LINEAR_HZ_PER_MEL
    return np.where(
        mel < log_start_mel,
        mel * _LINEAR_HZ_PER_MEL,
        _LOG_START_HZ * np.exp(_LOG_STEP * (mel - log_start_mel)),
    )


def mel_of_hz(hz: float) -> float:
    """Inverse of ``hz_of_mel`` for one frequency."""
    if hz < _LOG_START_HZ:
        return hz / _LINEAR_HZ_PER_MEL
    return _LOG_START_HZ / _LINEAR_HZ_PER_MEL + float(np.log(hz / _LOG_START_HZ)) / _LOG_STEP


@cache
def band_edges_hz() -> NDArray[np.float64]:
    """``MEL_BANDS + 2`` corner frequencies; band ``b`` rises from edge ``b``, peaks at ``b + 1``, ends at ``b + 2``."""
    return hz_of_mel(np.linspace(0.0, mel_of_hz(grid.SAMPLE_RATE_HZ / 2), grid.MEL_BANDS + 2))


@cache
def filter_bank() -> NDArray[np.float64]:
    """Triangular filters of equal area, shape (MEL_BANDS, FRAME_LENGTH // 2 + 1)."""
    edges = band_edges_hz()
    bins = np.arange(grid.FRAME_LENGTH // 2 + 1) * grid.SAMPLE_RATE_HZ / grid.FRAME_LENGTH
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    area: NDArray[np.float64] = triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return area


@cache
def _segments() -> tuple[NDArray[np.intp], NDArray[np.complex128]]:
    """The filter bank in a form that sums each frame by itself.

    Between two neighbouring edges a spectral bin belongs to two bands only: the one that rises there and the one
    that falls. So two weighted sums over contiguous bins a segment give every band; as the real and the imaginary part
    of one they are taken in one go.
    """
    bank = filter_bank()
    starts = np.searchsorted(
        np.arange(bank.shape[1]) * grid.SAMPLE_RATE_HZ / grid.FRAME_LENGTH, band_edges_hz()[:-1], side="left"
    )
    segment_of_bin = np.searchsorted(starts, np.arange(bank.shape[1]), side="right") - 1
    bins = np.arange(bank.shape[1])
    padded = np.vstack([bank, np.zeros((1, bank.shape[1]))])
    rising = padded[segment_of_bin, bins]
    falling = np.where(segment_of_bin > 0, padded[segment_of_bin - 1, bins], 0.0)
    return starts, rising + 1j * falling


@cache
def _window() -> NDArray[np.float64]:
    n = np.arange(grid.FRAME_LENGTH)
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * n / grid.FRAME_LENGTH)


def log_mel(samples: Samples) -> Frames:
    """All whole frames of ``samples`` (n,) in dB: shape (frames, MEL_BANDS)."""
    count = grid.frames_in(len(samples))
    out = np.empty((count, grid.MEL_BANDS), np.float32)
    starts, weights = _segments()
    frames = np.lib.stride_tricks.as_strided(
        samples, (count, grid.FRAME_LENGTH), (samples.strides[0] * grid.HOP, samples.strides[0]), writeable=False
    )
    for first in range(0, count, _CHUNK_FRAMES):
        spectrum = np.fft.rfft(frames[first : first + _CHUNK_FRAMES] * _window())
        power = spectrum.real**2 + spectrum.imag**2
        sums = np.add.reduceat(power * weights, starts, axis=1)
        mel = sums.real[:, : grid.MEL_BANDS] + sums.imag[:, 1 : grid.MEL_BANDS + 1]
        out[first : first + _CHUNK_FRAMES] = 10.0 * np.log10(np.maximum(mel, grid.POWER_FLOOR))
    return out


def with_frames(block: AudioBlock) -> AudioBlock:
    """The block with its log-mel frames, if it begins on the grid; else as it is."""
    return block if block.start % grid.HOP else replace(block, frames=log_mel(block.samples))


class LogMel:
    """Log-mel of a stream: keeps the samples that the next frame still needs, less than two hops of them."""

    def __init__(self) -> None:
        self._kept: Samples = np.zeros(0, np.float32)

    def push(self, samples: Samples, known: Frames | None = None) -> Frames:
        """Take ``samples`` (n,), full scale 1; return the frames they complete, shape (frames, MEL_BANDS), in dB.

        ``known`` is ``log_mel`` of the samples where it has been computed already; it is used where it fits.
        """
        samples = np.asarray(samples, np.float32)
        held = len(self._kept)
        begun = -(-held // grid.HOP)  # frames that begin in what was kept
        needed = (begun - 1) * grid.HOP + grid.FRAME_LENGTH - held if begun else 0
        if len(samples) < needed + grid.FRAME_LENGTH:
            return self._after(np.concatenate([self._kept, samples]))
        # Only those few are joined; the rest of a long block is read where it lies.
        first = log_mel(np.concatenate([self._kept, samples[:needed]]))
        begin = begun * grid.HOP - held
        return np.concatenate([first, self._after(samples[begin:], known if begin == 0 else None)])

    def _after(self, samples: Samples, known: Frames | None = None) -> Frames:
        """The frames of ``samples``; what is left of them is kept."""
        self._kept = samples[grid.frames_in(len(samples)) * grid.HOP :].copy()
        return log_mel(samples) if known is None else known
