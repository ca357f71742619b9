"""The sound around what mattered, cut to the sample."""

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

import numpy as np
import soundfile

from engine.core.errors import InputError
from engine.core.files import whole_file
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import ALARM_LINE
from engine.session.folder import SOUND
from engine.session.reader import SessionReader
from engine.session.sound_files import Pcm, read_sound, segments

CLIP_BEFORE_S: Final = 10.0
CLIP_AFTER_S: Final = 20.0

ClipFormat = Literal["flac", "wav"]


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of sound, in samples of the source, and what it is around."""

    name: str
    start: int
    stop: int


def clips_of(
    reader: SessionReader,
    before_s: float = CLIP_BEFORE_S,
    after_s: float = CLIP_AFTER_S,
    from_s: float = 0.0,
    to_s: float = float("inf"),
) -> list[Clip]:
    """One clip around the onset of each spike and one around each mark in [from_s, to_s), by time."""
    moments = [(s.onset, "spike") for s in reader.spikes()]
    moments += [(m.t, "mark-" + _safe(m.label)) for m in reader.marks() if m.label != ALARM_LINE]
    return [clip_at(t, kind, before_s, after_s) for t, kind in sorted(moments) if from_s <= t < to_s]


def clip_at(t: float, kind: str, before_s: float = CLIP_BEFORE_S, after_s: float = CLIP_AFTER_S) -> Clip:
    """The samples from ``before_s`` before to ``after_s`` after ``t``; nothing is before the start of the source."""
    start = max(0, round((t - before_s) * SAMPLE_RATE_HZ))
    return Clip(f"{t:010.3f}s-{kind}", start, max(start + 1, round((t + after_s) * SAMPLE_RATE_HZ)))


def read_clip(session: Path, clip: Clip) -> tuple[Pcm, int]:
    """The clip's samples, up to where the sound ends, and how many of them were not kept (zeros).

    Raises ``InputError`` where none of it was kept.
    """
    kept = segments(session / SOUND)
    heard = max((segment.end for segment in kept), default=clip.stop)
    return read_sound(session / SOUND, clip.start, max(clip.start + 1, min(clip.stop, heard)))


def write_clip(path: Path, pcm: Pcm, kind: ClipFormat, replace: bool = False) -> None:
    """Write ``pcm`` to a file for its owner alone, whole or not at all.

    Raises ``InputError`` where there is one already and ``replace`` is False.
    """
    encoded = BytesIO()
    soundfile.write(encoded, np.ascontiguousarray(pcm), SAMPLE_RATE_HZ, format=kind.upper(), subtype="PCM_16")
    try:
        with whole_file(path, replace) as file:
            file.write_bytes(encoded.getbuffer())
    except FileExistsError as error:
        raise InputError(f"{path} exists already", "choose another folder, or remove it") from error


def _safe(label: str) -> str:
    return re.sub(r"[^0-9A-Za-z]+", "-", label)[:30].strip("-").lower() or "unnamed"
