"""Raw sound on standard input: ``ffmpeg … -f s16le - | momentum live -``."""

import os
import select
import time
from collections.abc import Callable, Iterator

import numpy as np

from engine.audio.downmix import to_mono
from engine.audio.resampling import Resampler
from engine.audio.source import Live
from engine.core.errors import InputError, UsageError
from engine.core.signals import AudioBlock, Samples

HEARTBEAT_S = 0.2
MOST_CHANNELS = 64
_READ_BYTES = 65536
_SAMPLE_BYTES = 2
_FULL_SCALE = np.float32(32768)
_SEND = "Send raw 16 bit sound: 'ffmpeg -i INPUT -f s16le -ac 1 -ar 22050 - | momentum live -'."


class PipePcm(Live):
    """Interleaved signed 16 bit little-endian sound from a file descriptor, cut anywhere, even within a sample.

    The descriptor stays its owner's: ``close`` only ends the iteration. While nothing comes, an empty block is yielded
    every 0.2 s; whether that is a stall is for the listener to judge. Bytes at the end that make no whole sample are
    left out and counted in ``trailing_bytes``.

    Raises ``UsageError`` for a terminal or an impossible rate or channel count; ``blocks`` raises ``InputError`` where
    the pipe ends without a single sample.
    """

    def __init__(
        self,
        descriptor: int,
        rate_hz: int,
        channels: int = 1,
        *,
        clock: Callable[[], float] = time.monotonic,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        if not 1 <= channels <= MOST_CHANNELS:
            raise UsageError(f"{channels} channels are not possible.", f"Give 1 to {MOST_CHANNELS} with --channels.")
        if not 1000 <= rate_hz <= 1_000_000:
            raise UsageError(f"{rate_hz} samples a second are not sound.", "Give the rate in hertz: --rate 48000.")
        if os.isatty(descriptor):
            raise UsageError("Standard input is a terminal, not a pipe.", _SEND)
        self._descriptor = descriptor
        self._rate_hz = rate_hz
        self._frame_bytes = channels * _SAMPLE_BYTES
        self._clock = clock
        self._heartbeat_s = heartbeat_s
        self._rest = b""
        self._closed = False
        self.trailing_bytes = 0

    @property
    def name(self) -> str:
        """What the sound comes through."""
        return "standard input"

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the sound as it comes, until the writer closes the pipe."""
        resampler = Resampler()
        while not self._closed:
            piece = self._read()
            if piece is None:
                break
            heard_at = self._clock()
            sounded = False
            if len(piece):
                for start, samples in resampler.push(piece, self._rate_hz):
                    sounded = True
                    yield AudioBlock(samples, start, heard_at)
            if not sounded:
                yield AudioBlock(np.zeros(0, np.float32), resampler.position, heard_at)
        for start, samples in resampler.finish():
            yield AudioBlock(samples, start, self._clock())
        if resampler.position == 0 and not self._closed:
            raise InputError("Nothing came on standard input.", _SEND)

    def close(self) -> None:
        """End the iteration at its next step; harmless when done twice."""
        self._closed = True

    def _read(self) -> Samples | None:
        """What has come, as mono float32 of shape (n,): empty where nothing has, None at the end."""
        # select, not poll or epoll: it also takes a regular file ('momentum live - < sound.raw').
        ready, _, _ = select.select([self._descriptor], [], [], self._heartbeat_s)
        if not ready:
            return np.zeros(0, np.float32)
        came = os.read(self._descriptor, _READ_BYTES)
        if not came:
            self.trailing_bytes = len(self._rest)
            return None
        data = self._rest + came
        whole = len(data) // self._frame_bytes * self._frame_bytes
        self._rest = data[whole:]
        values = np.frombuffer(data[:whole], "<i2").reshape(-1, self._frame_bytes // _SAMPLE_BYTES)
        return to_mono(values.astype(np.float32) / _FULL_SCALE)[0]
