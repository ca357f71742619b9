"""Sound in, the sound of each stem out, in fixed blocks: what is heard live is what a file gives, to the bit.

The networks were trained on sound of 44.1 kHz in two channels, in spectra of 4096 samples every 1024, and hear what
lies below 11 kHz. At the grid's 22.05 kHz that is all there is, and half the samples give the same spectra, so nothing
is resampled; one channel is given twice, and a mask is the mean of both.

A block of ``block`` spectra is masked by networks that see ``context`` spectra that came before it and ``ahead`` that
come after it: always as many, and always from the same places of the sound. Before the sound begins there is silence.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import Samples
from engine.separation.u_net import CHANNELS, MULTIPLE, STEMS, StemNetwork

LENGTH: Final = 2048
STEP: Final = 512
BINS: Final = 1024
"""Frequencies that the networks see; the last one of a spectrum, 11025 Hz, gets the mask of the one below it."""
_FULL_SCALE: Final = 44100 / SAMPLE_RATE_HZ
"""Sums over as many samples as the networks were trained on are larger by this."""
_NOTHING: Final = 1e-10

Stems: TypeAlias = NDArray[np.float32]
"""Samples of every stem, (STEMS, n), in the order of ``STEMS``."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """Numbers of spectra, each 23.2 ms after the one before. Their sum is a multiple of ``MULTIPLE``.

    Longer blocks cost less and are later; a longer context knows more of what is a voice.
    """

    context: int = 96
    block: int = 32
    ahead: int = 0

    def __post_init__(self) -> None:
        if self.seen % MULTIPLE or self.block < 1 or min(self.context, self.ahead) < 0:
            raise ValueError(f"{self.seen} spectra can't be halved {MULTIPLE.bit_length() - 1} times")

    @property
    def seen(self) -> int:
        """Spectra that the networks see for a block."""
        return self.context + self.block + self.ahead

    @property
    def delay(self) -> int:
        """Samples that have been heard and not given out, at most."""
        return STEP * (self.block + self.ahead - 1) + LENGTH

    @property
    def block_s(self) -> float:
        """Seconds of sound in a block."""
        return self.block * STEP / SAMPLE_RATE_HZ

    @property
    def delay_s(self) -> float:
        """The same as ``delay`` in seconds."""
        return self.delay / SAMPLE_RATE_HZ


class Blocks:
    """Takes an unbroken stretch of sound apart.

    Args:
        networks: the networks of the stems.
        scheme: the blocks.
    """

    def __init__(self, networks: StemNetwork, scheme: Scheme) -> None:
        self._networks = networks
        self._scheme = scheme
        # The middle of the first spectrum is the first sample, with silence before it.
        self._sound: list[Samples] = [np.zeros(LENGTH // 2, np.float32)]
        self._held = LENGTH // 2
        self._spectra = np.zeros((scheme.seen, BINS + 1), np.complex64)
        self._next = -scheme.ahead
        """Number of the spectrum that is masked next; those below 0 are of the silence before the sound."""
        self._taken = self._given = 0
        self._sums = np.zeros((len(STEMS), LENGTH - STEP), np.float32)
        self._weights = np.zeros(LENGTH - STEP, np.float32)

    def push(self, samples: Samples) -> Stems:
        """Take ``samples`` (n,), full scale 1; return what they complete of every stem, (STEMS, m): mostly nothing."""
        self._taken += len(samples)
        return self._with(samples)

    def finish(self) -> Stems:
        """What is left of every stem, (STEMS, m): as if silence followed."""
        found = [self._with(np.zeros(self._scheme.delay, np.float32))]
        left = self._taken - (self._given - found[0].shape[1])
        return found[0][:, :left]

    def _with(self, samples: Samples) -> Stems:
        self._sound.append(samples)
        self._held += len(samples)
        step, found = self._scheme.block * STEP, [np.zeros((len(STEMS), 0), np.float32)]
        if self._held >= step - STEP + LENGTH:
            sound = np.concatenate(self._sound)
            first = 0
            while len(sound) - first >= step - STEP + LENGTH:
                found.append(self._block(sound[first : first + step - STEP + LENGTH]))
                self._given += found[-1].shape[1]
                first += step
            self._sound, self._held = [sound[first:].copy()], len(sound) - first
        return np.concatenate(found, axis=1)

    def _block(self, sound: Samples) -> Stems:
        """The samples that the next ``block`` spectra, of ``sound``, complete."""
        scheme, window = self._scheme, _window()
        frames = np.lib.stride_tricks.sliding_window_view(sound, LENGTH)[::STEP]
        new = np.fft.rfft(frames * window).astype(np.complex64)
        self._spectra = np.concatenate([self._spectra[scheme.block :], new])
        masked = self._masks() * self._spectra[scheme.context : scheme.context + scheme.block]
        pieces = np.fft.irfft(masked, LENGTH).astype(np.float32) * window
        sums = np.concatenate([self._sums, np.zeros((len(STEMS), scheme.block * STEP), np.float32)], axis=1)
        weights = np.concatenate([self._weights, np.zeros(scheme.block * STEP, np.float32)])
        for i in range(scheme.block):
            if self._next + i >= 0:
                sums[:, i * STEP : i * STEP + LENGTH] += pieces[:, i]
                weights[i * STEP : i * STEP + LENGTH] += window * window
        done = scheme.block * STEP
        self._sums, self._weights = sums[:, done:].copy(), weights[done:].copy()
        early = min(done, max(0, LENGTH // 2 - self._next * STEP))
        self._next += scheme.block
        found: Stems = sums[:, early:done] / weights[early:done]
        return found

    def _masks(self) -> NDArray[np.float32]:
        """What share of the block's spectra each stem has: (STEMS, block, BINS + 1), from 0 to 1."""
        scheme = self._scheme
        heard = np.abs(self._spectra[:, :BINS]) * np.float32(_FULL_SCALE)
        estimates = self._networks.estimates(np.repeat(heard[:, :, None], CHANNELS, axis=2))
        power = np.square(estimates[:, scheme.context : scheme.context + scheme.block])
        shares = ((power + _NOTHING / 2) / (power.sum(axis=0) + _NOTHING)).mean(axis=-1)
        masks: NDArray[np.float32] = np.concatenate([shares, shares[:, :, -1:]], axis=-1)
        return masks


@cache
def _window() -> Samples:
    n = np.arange(LENGTH)
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * n / LENGTH), np.float32)
