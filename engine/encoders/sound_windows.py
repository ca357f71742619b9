"""The stretch of sound that belongs to each row, from sound that comes in blocks; silence where there is none."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np

from engine.core.signals import AudioBlock, Samples
from engine.encoders.encoder import BLOCK_ROWS, Values

_ROUNDING_S: Final = 0.001


class Windows(NamedTuple):
    """Sound (n, samples) of the rows ``first`` to ``first + n``."""

    first: int
    samples: Values


def unbroken(sound: Iterable[AudioBlock], sound_hz: int) -> Iterator[Samples]:
    """The samples, with silence where some are missing; a second of it at once, however long the gap."""
    end = 0
    for block in sound:
        while end < block.start:
            missing = min(block.start - end, sound_hz)
            yield np.zeros(missing, np.float32)
            end += missing
        yield block.samples
        end = block.start + len(block.samples)


def row_count(seconds: float, rate_hz: float) -> int:
    """Rows at 0, 1 / rate, … that lie before ``seconds``."""
    return max(0, int(np.ceil((seconds - _ROUNDING_S) * rate_hz)))


def windows(
    sound: Iterable[AudioBlock],
    sound_hz: int,
    samples: int,
    sees_from_s: float,
    start_s: float,
    rate_hz: float,
    first: int = 0,
) -> Iterator[Windows]:
    """For each row the ``samples`` samples that begin ``sees_from_s`` after its time; in blocks of ``BLOCK_ROWS``.

    The sound begins ``start_s`` after row 0's time; ``first`` is a multiple of ``BLOCK_ROWS``.
    """
    kept, kept_from = np.zeros(0, np.float32), round(start_s * sound_hz)
    if kept_from > 0:
        kept, kept_from = np.zeros(kept_from, np.float32), 0
    row = first

    def begins(number: int) -> int:
        return round((number / rate_hz + sees_from_s) * sound_hz)

    def cut(count: int) -> Windows:
        """The next rows; what lies before the sound, or after it, is silent."""
        nonlocal kept, kept_from, row
        out = np.zeros((count, samples), np.float32)
        for i in range(count):
            begin = begins(row + i) - kept_from
            piece = kept[max(0, begin) : max(0, begin + samples)]
            out[i, max(0, -begin) : max(0, -begin) + len(piece)] = piece
        found, row = Windows(row, out), row + count
        forgotten = min(max(0, begins(row) - kept_from), len(kept))
        kept, kept_from = kept[forgotten:], kept_from + forgotten
        return found

    for piece in unbroken(sound, sound_hz):
        if not len(piece):
            continue
        kept = np.concatenate([kept, piece])
        while begins(row + BLOCK_ROWS - 1) + samples <= kept_from + len(kept):
            yield cut(BLOCK_ROWS)
        forgotten = min(max(0, begins(row) - kept_from), len(kept))  # of rows that are there already
        kept, kept_from = kept[forgotten:], kept_from + forgotten
    rows = row_count((kept_from + len(kept)) / sound_hz, rate_hz)
    while row < rows:
        yield cut(min(BLOCK_ROWS, rows - row))
