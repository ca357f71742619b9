"""Something to listen to where there is no microphone: a murmuring ground with a roar now and then.

A stand-in, honest but crude: noise in the bands of a crowd, louder and brighter in a roar. There is no match behind it.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine import grid
from engine.signals import AudioBlock

DEFAULT_SEED = 7
LENGTH_S = 600.0
_CELL = 16 * grid.HOP
_BED_RMS = 0.03
_ROAR_EVERY_S = 55.0
_ROAR_DB = 14.0
_RISE_S = 0.7
_DECAY_DB_PER_S = 3.0


def open_demo(seed: int | None = None) -> "DemoSource":
    """The demo of that seed; the same seed is the same sound."""
    return DemoSource(DEFAULT_SEED if seed is None else seed)


class DemoSource:
    """Ten minutes of a crowd made of noise, cell by cell, so that memory stays the same."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    @property
    def name(self) -> str:
        """``demo:SEED``."""
        return f"demo:{self._seed}"

    @property
    def live(self) -> bool:
        """It waits."""
        return False

    @property
    def duration_s(self) -> float | None:
        """Ten minutes."""
        return LENGTH_S

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the sound, about 0.7 s a block."""
        total = round(LENGTH_S * grid.SAMPLE_RATE_HZ)
        # Halves of neighbouring cells overlap under sine windows, whose squares add up to one: noise without a seam.
        window = np.sin(np.pi * (np.arange(2 * _CELL) + 0.5) / (2 * _CELL))
        before = np.zeros(_CELL)
        for cell, start in enumerate(range(0, total, _CELL)):
            noise = window * self._noise(cell, start / grid.SAMPLE_RATE_HZ)
            samples = (before + noise[:_CELL])[: total - start]
            before = noise[_CELL:]
            level = _BED_RMS * 10 ** (self._roar_db((start + np.arange(len(samples))) / grid.SAMPLE_RATE_HZ) / 20)
            yield AudioBlock((samples * level).astype(np.float32), start)

    def close(self) -> None:
        """Nothing is held."""

    def _noise(self, cell: int, at_s: float) -> NDArray[np.float64]:
        """Unit noise of two cells with a hump where crowds have theirs: 700 Hz, in a roar 850 Hz."""
        rng = np.random.default_rng((self._seed, cell))
        hertz = np.fft.rfftfreq(2 * _CELL, 1 / grid.SAMPLE_RATE_HZ)
        centre_hz = 850.0 if self._roar_db(np.array([at_s]))[0] > _ROAR_DB / 2 else 700.0
        shape = np.exp(-0.5 * (np.log2(np.maximum(hertz, 1.0) / centre_hz) / 1.1) ** 2)
        noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(2 * _CELL)) * shape)
        return np.asarray(noise / noise.std())

    def _roar_db(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far above the bed it is: a quick rise and a slow decay, once in each stretch of 55 s."""
        onsets = np.random.default_rng(self._seed).uniform(5.0, 45.0, 1 + int(LENGTH_S / _ROAR_EVERY_S))
        stretch = np.minimum((seconds / _ROAR_EVERY_S).astype(np.int64), len(onsets) - 1)
        since_s = seconds - stretch * _ROAR_EVERY_S - onsets[stretch]
        rise, decay = since_s / _RISE_S, _ROAR_DB - _DECAY_DB_PER_S * (since_s - _RISE_S)
        return np.clip(np.where(since_s < _RISE_S, rise * _ROAR_DB, decay), 0.0, _ROAR_DB)
