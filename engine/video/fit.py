"""How a picture of any size, shape and rotation becomes one of the size that an encoder reads."""

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
"""(height, width, 3), red, green, blue."""

BORDER: Final = 114
"""The grey that detectors of the YOLO family were taught to take for nothing."""
_FROM_HERE_ON_SMALLER: Final = 2


@dataclass(frozen=True, slots=True)
class Fit:
    """The wanted size, and what becomes of another shape.

    ``crop``: as large as needed to cover it, the middle is kept; what SoccerNet did to make features, with 224 x 224.
    ``border``: as large as fits, at the top left, grey below or to the right of it. ``stretch``: its shape is given up.
    """

    height: int
    width: int
    how: Literal["crop", "border", "stretch"] = "crop"

    def scaled(self, height: float, width: float) -> tuple[int, int]:
        """Height and width to scale a picture of that shape to, before what is too much is cut off."""
        if self.how == "stretch":
            return self.height, self.width
        scales = (self.height / height, self.width / width)
        scale = max(scales) if self.how == "crop" else min(scales)
        high, wide = max(1, round(height * scale)), max(1, round(width * scale))
        if self.how == "crop":
            return max(high, self.height), max(wide, self.width)
        return min(high, self.height), min(wide, self.width)


def fitted(frame: Any, fit: Fit, pixel_shape: float = 1.0) -> Picture:
    """PyAV's ``frame`` upright, in the shape that ``fit`` wants.

    ``pixel_shape``: how wide one of its pixels is beside its height. Reducing averages over areas, as
    SoccerNet's did: lines of a pitch would flicker otherwise.
    """
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    shape = (frame.height, frame.width * pixel_shape)
    height, width = fit.scaled(*(shape[::-1] if turns % 2 else shape))
    stored = (width, height) if turns % 2 else (height, width)
    smaller = stored[0] * _FROM_HERE_ON_SMALLER <= frame.height
    scaled = frame.reformat(
        height=stored[0], width=stored[1], format="rgb24", interpolation="AREA" if smaller else "BILINEAR"
    )
    return _in_shape(np.rot90(scaled.to_ndarray(), turns), fit)


def _in_shape(picture: Picture, fit: Fit) -> Picture:
    height, width = picture.shape[:2]
    if fit.how == "border":
        bordered = np.full((fit.height, fit.width, 3), BORDER, np.uint8)
        bordered[:height, :width] = picture
        return bordered
    top, left = (height - fit.height) // 2, (width - fit.width) // 2
    return np.ascontiguousarray(picture[top : top + fit.height, left : left + fit.width])
