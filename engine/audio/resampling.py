"""Sound at any rate to the grid's rate, or another, in pieces of any size, with its place in time."""

from collections.abc import Iterator

import numpy as np

from engine.core import grid
from engine.core.signals import Samples

HIGHEST_RATE_HZ = 1_000_000
"""A rate above this is a broken header, and the resampler would build filters without end."""


class Resampler:
    """A streaming resampler that knows where on the source's time line its output lies.

    The output does not depend on how the input was cut, to the bit. Sound on both sides of a gap is resampled on its
    own, so nothing rings across it. Method: soxr, linear phase, "HQ" (20 bit).
    """

    def __init__(self, to_hz: int = grid.SAMPLE_RATE_HZ) -> None:
        self._to_hz = to_hz
        self._rate_hz = 0
        self._position = 0
        self._stream: _Soxr | None = None

    @property
    def position(self) -> int:
        """Index of the next sample that will come out, since the start of the source."""
        return self._position

    def push(self, samples: Samples, rate_hz: int, gap_s: float = 0.0) -> Iterator[tuple[int, Samples]]:
        """Feed mono float32 of shape (n,) at ``rate_hz``, ``gap_s`` seconds after what was fed before.

        Yields (index of the first sample, samples at the rate ``to_hz``); a gap moves the index on by at least one.
        """
        if rate_hz != self._rate_hz or gap_s > 0:
            yield from self.finish()
            if gap_s > 0:
                self._position += max(1, round(gap_s * self._to_hz))
            self._rate_hz = rate_hz
            self._stream = None if rate_hz == self._to_hz else _Soxr(rate_hz, self._to_hz)
        yield from self._out(samples if self._stream is None else self._stream.push(samples))

    def finish(self) -> Iterator[tuple[int, Samples]]:
        """Yield what is still inside; what is pushed next begins afresh."""
        stream, self._stream, self._rate_hz = self._stream, None, 0
        if stream is not None:
            yield from self._out(stream.finish())

    def _out(self, samples: Samples) -> Iterator[tuple[int, Samples]]:
        if len(samples):
            start = self._position
            self._position += len(samples)
            yield start, samples


class _Soxr:
    def __init__(self, rate_hz: int, to_hz: int) -> None:
        # Imported here: sound that has the right rate already never pays for it.
        import soxr

        self._stream = soxr.ResampleStream(rate_hz, to_hz, 1, dtype="float32", quality="HQ")

    def push(self, samples: Samples) -> Samples:
        return self._chunk(samples, last=False)

    def finish(self) -> Samples:
        return self._chunk(np.zeros(0, np.float32), last=True)

    def _chunk(self, samples: Samples, *, last: bool) -> Samples:
        out: Samples = self._stream.resample_chunk(np.ascontiguousarray(samples, np.float32), last=last)
        return out
