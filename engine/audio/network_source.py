"""Sound from an address: a whole recording that is fetched, or something live that is listened to."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Final

from engine.audio.ffmpeg_connection import AddressDecoder, Patience, connect
from engine.audio.media_file import BLOCK_SAMPLES, Decoded
from engine.audio.non_blocking_decoder import FetchedDecoder
from engine.audio.pacing import Paced, paced
from engine.audio.reconnecting import Over
from engine.audio.source import Around, AudioSource
from engine.audio.watchdog import WatchSettings
from engine.core import grid
from engine.core.errors import DeviceError, MomentumError, UsageError
from engine.core.signals import AudioBlock

PATIENCE: Final = Patience()
_LIVE_BLOCK: Final = 4 * grid.HOP
_LIVE_AHEAD: Final = 640
"""Chunks that may wait, half a minute: servers send the last seconds at once, and hls sends piece after piece."""
_AHEAD: Final = 8


def watch_settings(give_up_after_s: float | None) -> WatchSettings:
    """What a watchdog needs to know of an address: the net has longer pauses than a cable, and a server needs rest."""
    return WatchSettings(
        stalled_after_s=4.0,
        reopen_after_s=12.0,
        first_retry_s=1.0,
        longest_retry_s=30.0,
        dumb_retry_s=12.0,
        reopen_on_zeros=False,
        give_up_after_s=give_up_after_s,
    )


class LiveAddress(Around):
    """Something live, heard at the pace of the clock: what was sent ahead of it waits, so nothing comes in bursts.

    ``blocks`` raises ``DeviceError`` when it breaks off, after all that was heard; ``open_again`` asks anew.
    """

    live = True

    def __init__(
        self,
        address: str,
        decoder: AddressDecoder,
        patience: Patience = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(Decoded(decoder.name, FetchedDecoder(decoder, _LIVE_AHEAD), _LIVE_BLOCK))
        self._address = address
        self._patience = patience
        self._clock = clock
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"<LiveAddress {self.name}>"

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the sound as it is due."""
        return paced(self._source.blocks(), 1.0, self._clock, self._sleep)

    def close(self) -> None:
        """Hang up; harmless when done twice."""
        self._source.close()

    def open_again(self) -> "LiveAddress":
        """Ask the same address anew. Raises ``DeviceError``, and ``Over`` where its list has been closed since."""
        try:
            decoder = connect(self._address, self._patience)
        except DeviceError:
            raise
        except MomentumError as fault:  # whatever it sends now, it may send sound again
            raise DeviceError(fault.message, fault.hint) from fault
        if not decoder.live and decoder.listed:
            decoder.close()
            raise Over(f"{self.name} is over.", "Listen to the next one.")
        decoder.live = True
        return LiveAddress(self._address, decoder, self._patience, self._clock, self._sleep)


def open_address(
    address: str,
    speed: float = 1.0,
    patience: Patience = PATIENCE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> AudioSource:
    """Something live as ``LiveAddress``; what has an end at ``speed`` times real time. Raises as ``connect``."""
    decoder = connect(address, patience)
    if decoder.live:
        return LiveAddress(address, decoder, patience, clock, sleep)
    recording = Decoded(decoder.name, FetchedDecoder(decoder, _AHEAD))
    return recording if math.isinf(speed) else Paced(recording, speed, clock, sleep)


def open_recording(address: str, block_samples: int = BLOCK_SAMPLES, patience: Patience = PATIENCE) -> Decoded:
    """What has an end, as fast as it comes. Raises as ``connect``, and ``UsageError`` for something live."""
    decoder = connect(address, patience)
    if decoder.live:
        decoder.close()
        raise UsageError(f"{decoder.name} has no end.", "'momentum live' and 'momentum record' listen to it.")
    return Decoded(decoder.name, FetchedDecoder(decoder, _AHEAD), block_samples)
