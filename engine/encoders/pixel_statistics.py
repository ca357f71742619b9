"""``pixels``: what a picture looks like at a glance, without any network. For simulated broadcasts, and for tests.

212 numbers a row: the mean colour of 8 x 8 blocks, how much 4 x 4 blocks changed since the row before, whether there
was a cut, how the camera turned, and how green it is. Real footage wants a network.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.encoders.encoder import Values
from engine.encoders.picture_changes import cut, grass, grey, pan
from engine.video.fit import Fit, Picture

_BLOCKS: Final = 8
_COARSE: Final = 4


class Pixels:
    """See the module; stateless, but for the picture of the row before."""

    name = "pixels"
    title = "Pixels"
    checksum = ""
    sees_s = (-0.5, 0.0)
    fit = Fit(72, 128, "stretch")
    width = 3 * _BLOCKS**2 + _COARSE**2 + 4

    def encode(self, pictures: NDArray[np.uint8], before: Picture | None) -> Values:
        """See ``PictureEncoder.encode``; all numbers lie between -1 and 1."""
        rows = np.empty((len(pictures), self.width), np.float32)
        for row, picture in zip(rows, pictures, strict=True):
            row[:] = _row(picture, picture if before is None else before)
            before = picture
        return rows


def _row(picture: Picture, before: Picture) -> NDArray[np.float64]:
    now, then = grey(picture), grey(before)
    means = _means(picture, _BLOCKS).ravel() / 255.0
    moved = _means(np.abs(now - then)[..., None], _COARSE).ravel()
    return np.concatenate([means, moved, [cut(before, picture), *pan(then, now)[:2], grass(picture)]])


def _means(picture: NDArray[np.uint8] | NDArray[np.float32], blocks: int) -> NDArray[np.float64]:
    """The mean of each of ``blocks`` x ``blocks`` parts of (height, width, channels)."""
    height, width, channels = picture.shape
    parts = picture.reshape(blocks, height // blocks, blocks, width // blocks, channels)
    means: NDArray[np.float64] = parts.mean(axis=(1, 3), dtype=np.float64)
    return means
