"""The sound that a reading of a session had behind it, heard again."""

from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.log_mel import Frames, log_mel
from engine.audio.unbroken_hops import Silence, zero_hops
from engine.core import grid
from engine.core.errors import InputError
from engine.core.signals import Samples
from engine.session.sound_files import FULL_SCALE, read_sound, segments

_SETTLED_S: Final = 600.0
"""What lies further back than this has left the front end's references: e to the minus 19 of it is there."""


def frames_behind(sound: Path, end: int) -> Frames:
    """Log-mel frames (n, MEL_BANDS) in dB of the unbroken sound up to frame ``end``, at least a history of them.

    ``sound`` is the folder of a session's segments. As in ``PressureStream``, a gap or a second of digital silence
    begins anew. Raises ``InputError`` where less than a history of sound was kept.
    """
    stop = grid.samples_for(end)
    first = max(0, end - grid.HISTORY_FRAMES - round(_SETTLED_S / grid.HOP_S)) * grid.HOP
    start = max(first, _kept_from(sound, stop))
    start = -(-start // grid.HOP) * grid.HOP
    if start < stop:
        pcm, missing = read_sound(sound, start, stop)
        samples = _since_silence(pcm.astype(np.float32) / np.float32(FULL_SCALE))
        if not missing and grid.frames_in(len(samples)) >= grid.HISTORY_FRAMES:
            return log_mel(samples)
    raise InputError(
        f"no unbroken sound was kept of the {grid.HISTORY_S:.0f} s before {grid.end_time_s(end):.1f} s",
        "Record with --sound to keep it; choose a moment well after a gap.",
    )


def _kept_from(sound: Path, stop: int) -> int:
    """The first sample of the unbroken sound that was kept up to ``stop``; ``stop`` where there is none."""
    start = stop
    for segment in reversed(segments(sound)):
        if segment.start < start <= segment.end:
            start = segment.start
    return start


def _since_silence(samples: Samples) -> Samples:
    """What follows the last stretch of digital silence in whole hops."""
    zero = zero_hops(samples[: len(samples) - len(samples) % grid.HOP])
    begins = [alike.first for alike in Silence().stretches(zero) if alike.anew]
    return samples[begins[-1] * grid.HOP :] if begins else samples
