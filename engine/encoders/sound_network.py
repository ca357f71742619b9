"""Networks of sound as encoders: VGGish's trunk as SoccerNet's audio features have it, and mn04, taught on AudioSet.

Each reads the log-mel of a stretch around a row's time, computed here as its teachers did.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.signals import AudioBlock
from engine.encoders.encoder import Rows, Values
from engine.encoders.encoder_weights import EncoderWeights
from engine.encoders.network_interface import Compute, in_groups
from engine.encoders.sound_windows import windows


@dataclass(frozen=True, slots=True)
class _Hearing:
    """What an encoder hears of a row: ``samples`` at ``sound_hz``, from ``from_s`` after its time on."""

    title: str
    sound_hz: int
    samples: int
    from_s: float
    log_mel: Callable[[Values], Values]


class SoundNetwork:
    """See the module; ``compute`` makes a function of a network and its tensors."""

    def __init__(self, name: str, weights: EncoderWeights, compute: Compute) -> None:
        self.name = name
        self._hearing = HEARINGS[name]
        self.title = self._hearing.title
        self.sound_hz = self._hearing.sound_hz
        self.width = weights.net.width
        self.checksum = weights.checksum
        self.sees_s = (self._hearing.from_s, self._hearing.from_s + self._hearing.samples / self.sound_hz)
        self._network = compute(weights.net, weights.tensors)

    def encode(self, sound: Iterable[AudioBlock], start_s: float, rate_hz: float, first: int) -> Iterator[Rows]:
        """See ``SoundEncoder.encode``."""
        hearing = self._hearing
        for block in windows(sound, self.sound_hz, hearing.samples, hearing.from_s, start_s, rate_hz, first):
            yield Rows(block.first, in_groups(self._network, hearing.log_mel, block.samples))


def vggish_log_mel(samples: Values) -> Values:
    """16 kHz sound (n, samples) -> (n, frames, 64, 1): magnitudes from 125 to 7500 Hz, log(x + 0.01)."""
    frames = _frames(samples, 400, 160) * _hann(400, periodic=True)
    magnitudes = np.abs(np.fft.rfft(frames, 512))
    return np.log(magnitudes @ _triangles(64, 512, 16000, 125.0, 7500.0).T + 0.01).astype(np.float32)[..., None]


def mn_log_mel(samples: Values) -> Values:
    """32 kHz sound (n, samples) -> (n, 128, frames, 1): of its differences, power up to 15 kHz."""
    sharper = samples[:, 1:] - np.float32(0.97) * samples[:, :-1]
    padded = np.pad(sharper, [(0, 0), (512, 512)], "reflect")
    window = np.zeros(1024)
    window[112:912] = _hann(800, periodic=False)
    power = np.abs(np.fft.rfft(_frames(padded, 1024, 320) * window)) ** 2
    mel = np.log(power @ _triangles(128, 1024, 32000, 0.0, 15000.0).T + 0.00001)
    return np.ascontiguousarray(((mel + 4.5) / 5.0).astype(np.float32).transpose(0, 2, 1)[..., None])


def _frames(samples: Values, length: int, hop: int) -> NDArray[np.float32]:
    """(n, samples) -> (n, frames, length), whole frames alone."""
    return np.lib.stride_tricks.sliding_window_view(samples, length, axis=1)[:, ::hop]


@cache
def _hann(length: int, *, periodic: bool) -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / (length if periodic else length - 1))


_MEL_SLOPE: Final = 1127.0
_MEL_CORNER_HZ: Final = 700.0


@cache
def _triangles(bands: int, fft: int, rate_hz: int, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """(bands, fft / 2 + 1): triangles that are straight on HTK's mel scale, of height 1, without the lowest bin."""
    mel = _MEL_SLOPE * np.log1p(np.arange(fft // 2 + 1) * rate_hz / fft / _MEL_CORNER_HZ)
    low, high = (_MEL_SLOPE * np.log1p(hz / _MEL_CORNER_HZ) for hz in (low_hz, high_hz))
    edges = np.linspace(low, high, bands + 2)
    rising = (mel - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - mel) / (edges[2:] - edges[1:-1])[:, None]
    triangles: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    triangles[:, 0] = 0.0
    return triangles


HEARINGS: Final = {
    # 46 frames of the half second, which is what the published features have.
    "vggish": _Hearing("VGGish", 16000, 45 * 160 + 400, 0.0, vggish_log_mel),
    # Two seconds around the middle of the half second.
    "mn04": _Hearing("mn04", 32000, 64000, -0.75, mn_log_mel),
}
