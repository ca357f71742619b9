"""Frames at even moments: row ``i`` is the picture at ``i / rate`` seconds, the last frame shown by then.

Before the first frame that is the first. Each row's picture is made when it is needed, in blocks of so many rows:
memory does not grow with the length of a file.
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.audio.late_fault import UntilFault
from engine.video.fit import Fit, Picture, fitted
from engine.video.video_frames import PictureFile, Timed

ROUNDING_S: Final = 0.001
"""Times in milliseconds, as mkv has them, may lie this much behind what was meant."""


class Block(NamedTuple):
    """Pictures (n, height, width, 3) of the rows ``first`` to ``first + n``; ``before`` is that of the row before."""

    first: int
    pictures: NDArray[np.uint8]
    before: Picture | None


def rows(source: PictureFile, rate_hz: float, fit: Fit, first: int = 0) -> Iterator[tuple[int, Picture]]:
    """Rows from ``first`` on, until the last frame has been shown; earlier ones are decoded and not looked at.

    Raises what ``PictureFile.frames`` does, after all rows that came before.
    """
    row = first
    shown: Timed | None = None

    def wanted(begin_s: float, end_s: float) -> bool:
        """Whether a row falls between the two; those before ``first`` do not count."""
        next_row = max(first, math.ceil((begin_s - ROUNDING_S) * rate_hz))
        return next_row / rate_hz < end_s + ROUNDING_S

    frames = UntilFault(source.frames(wanted))
    for timed in frames:
        picture: Picture | None = None
        while row / rate_hz + ROUNDING_S < timed.at_s:
            picture = fitted((shown or timed).frame, fit, source.pixel_shape) if picture is None else picture
            yield row, picture
            row += 1
        shown = timed
    if shown is not None:
        picture = None
        while row / rate_hz < shown.until_s - ROUNDING_S:
            picture = fitted(shown.frame, fit, source.pixel_shape) if picture is None else picture
            yield row, picture
            row += 1
    frames.raise_it()


def blocks(source: PictureFile, rate_hz: float, fit: Fit, size: int, first: int = 0) -> Iterator[Block]:
    """Rows in blocks of ``size``, the last one shorter; ``first`` is a multiple of ``size``.

    A block's bits do not depend on where one began: what an encoder compares with the row before comes along.
    """
    if first % size:
        raise ValueError(f"a block does not begin at row {first}")
    before: Picture | None = None
    gathered: list[Picture] = []
    begin = first
    found = UntilFault(rows(source, rate_hz, fit, max(0, first - 1)))
    for row, picture in found:
        if row < first:
            before = picture
            continue
        gathered.append(picture)
        if len(gathered) == size:
            yield Block(begin, np.stack(gathered), before)
            before, begin, gathered = picture, begin + size, []
    if gathered:
        yield Block(begin, np.stack(gathered), before)
    found.raise_it()
