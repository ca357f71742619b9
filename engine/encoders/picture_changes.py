"""What happens between two pictures half a second apart: a cut, a pan, something that moves. Measured, not learned."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.video.fit import Picture

_LEVELS: Final = 4
"""Of each colour in a histogram: coarse, so that light that changes is no cut."""
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
_PEAK_BEFORE: Final = 1e-6


def grey(picture: Picture) -> NDArray[np.float32]:
    """Brightness (height, width), 0 to 1."""
    brightness: NDArray[np.float32] = picture.astype(np.float32) @ (_LUMA / np.float32(255))
    return brightness


def colours(picture: Picture) -> NDArray[np.float64]:
    """The share of each of 64 coarse colours."""
    coarse = (picture >> 6).astype(np.intp)
    places = (coarse[..., 0] * _LEVELS + coarse[..., 1]) * _LEVELS + coarse[..., 2]
    return np.bincount(places.ravel(), minlength=_LEVELS**3) / places.size


def cut(before: Picture, after: Picture) -> float:
    """The share of the picture that has changed its colours: 0 for the same shot, near 1 for another place."""
    return float(np.abs(colours(before) - colours(after)).sum() / 2)


def pan(before: NDArray[np.float32], after: NDArray[np.float32]) -> tuple[float, float, float]:
    """How far the camera has turned between two brightnesses of one shape, and how sure that is.

    As shares of the width and the height, right and down positive for what is seen; by phase correlation. Sureness is
    the height of the correlation's peak, 0 to 1.
    """
    window = np.outer(np.hanning(before.shape[0]), np.hanning(before.shape[1]))
    product = np.fft.rfft2((after - after.mean()) * window) * np.conj(np.fft.rfft2((before - before.mean()) * window))
    correlation = np.fft.irfft2(product / (np.abs(product) + _PEAK_BEFORE), before.shape)
    peak = int(correlation.argmax())
    down, right = divmod(peak, before.shape[1])
    height, width = before.shape
    down, right = (down + height // 2) % height - height // 2, (right + width // 2) % width - width // 2
    return right / width, down / height, float(correlation.flat[peak])


def grass(picture: Picture) -> float:
    """The share of pixels that are green before all: the pitch, of which a close-up shows little."""
    red, green, blue = (picture[..., channel].astype(np.int16) for channel in range(3))
    return float(np.mean((green > red + 8) & (green > blue + 8)))
