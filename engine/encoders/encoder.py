"""What every encoder is: pictures or sound in, one row of numbers for each moment out."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core.signals import AudioBlock
from engine.video.fit import Fit, Picture

Values: TypeAlias = NDArray[np.float32]

BLOCK_ROWS = 64
"""Rows that are encoded and kept at once. Their bits may depend on it, since a product's may on its size."""


class Rows(NamedTuple):
    """Values (n, width) of the rows ``first`` to ``first + n``."""

    first: int
    values: Values


class Described(Protocol):
    """What is written beside the rows. ``title`` stands in the names of files, ``checksum`` is the SHA-256 of the
    weights' tensors, empty where there are none; ``sees_s`` is what a row sees, in seconds from its own time."""

    name: str
    title: str
    width: int
    checksum: str
    sees_s: tuple[float, float]


class PictureEncoder(Described, Protocol):
    """A function of the picture of each row, or of that and the one before."""

    fit: Fit

    def encode(self, pictures: NDArray[np.uint8], before: Picture | None) -> Values:
        """Pictures (n, height, width, 3) in the shape of ``fit`` -> (n, width); ``before`` is the picture of the row
        before the first, None at the beginning."""
        ...


class SoundEncoder(Described, Protocol):
    """A function of the sound around each row's time, or of all before it."""

    sound_hz: int
    """The rate at which it wants the sound."""

    def encode(self, sound: Iterable[AudioBlock], start_s: float, rate_hz: float, first: int) -> Iterator[Rows]:
        """Sound that begins ``start_s`` after row 0's time -> its rows in blocks of ``BLOCK_ROWS``, from ``first`` on,
        a multiple of that. There is a row for every time before the end of the sound."""
        ...
