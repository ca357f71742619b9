"""The sound of a session: FLAC segments of a minute, named by their first sample.

The minute that is being heard is raw 16-bit PCM, which loses nothing when the process dies; at its end it becomes FLAC.
A gap in the sound begins a new segment: two stretches are never glued together.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.core.durable_writes import sync
from engine.core.errors import InputError
from engine.core.files import open_private, private_folder, write_whole
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock

SEGMENT_SAMPLES: Final = 60 * SAMPLE_RATE_HZ
FLUSH_SAMPLES: Final = SAMPLE_RATE_HZ // 2
FLUSH_EVERY_S: Final = 0.5
SYNC_EVERY_S: Final = 0.9
"""Less than two flushes: with the second of them the disk is waited for, so a power cut takes a second at most."""
RETRY_EVERY_S: Final = 1.0
FULL_SCALE: Final = 32768

_SAMPLE_BYTES = 2
_FINISHED = ".flac"
_OPEN = ".pcm"
_HALF_WRITTEN = ".tmp"

Pcm = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Segment:
    """The samples [start, end) of the source, in one file."""

    start: int
    end: int
    path: Path


class SoundWriter:
    """Keeps sound in ``folder``. A disk that refuses stops the sound, never the caller; ``take_notices`` says so."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._descriptor: int | None = None
        self._path = folder
        self._start = 0
        self._written = 0
        self._unfinished: list[Path] = []
        self._waiting: list[Pcm] = []
        self._waiting_samples = 0
        self._flushed_s = self._synced_s = float("-inf")
        self._refused_s: float | None = None
        self._refused = ""
        self._stopped = ""
        self._begun = False
        self._notices: list[str] = []

    def write(self, block: AudioBlock, clock_s: float) -> None:
        """Add a block; a start beyond the end of the one before begins a new segment."""
        if self._refused_s is not None and clock_s - self._refused_s < RETRY_EVERY_S:
            return
        try:
            self._add(block, clock_s)
        except OSError as error:
            self._refuse(error, clock_s)

    def stop(self, why: str) -> None:
        """Keep no more sound until ``resume``."""
        if not self._stopped:
            self.close()
            self._stopped = why
            longer = "no longer" if self._begun else "not"
            self._notices.append(f"the sound is {longer} kept: {why}; the index goes on")

    def resume(self) -> None:
        """Keep sound again."""
        if self._stopped:
            self._stopped = ""
            self._notices.append("the sound is kept again")

    def take_notices(self) -> list[str]:
        """What a person should know, each told once."""
        notices, self._notices = self._notices, []
        return notices

    @property
    def trouble(self) -> str:
        """Why no sound is kept at the moment; empty where it is."""
        return self._stopped or (self._refused if self._refused_s is not None else "")

    def close(self) -> None:
        """Finish the open segment; harmless when done twice."""
        try:
            self._finish()
        except OSError as error:
            self._refuse(error, self._flushed_s)

    @property
    def _end(self) -> int:
        return self._start + self._written + self._waiting_samples

    def _add(self, block: AudioBlock, clock_s: float) -> None:
        if self._stopped:
            return
        samples, start = to_pcm(block.samples), block.start
        if self._descriptor is not None and len(samples) and start != self._end:
            self._finish()
        while len(samples):
            if self._descriptor is None:
                self._begin(start)
            part = samples[: SEGMENT_SAMPLES - (self._end - self._start)]
            self._waiting.append(part)
            self._waiting_samples += len(part)
            samples, start = samples[len(part) :], start + len(part)
            if self._end - self._start == SEGMENT_SAMPLES:
                self._finish()
        if self._waiting_samples >= FLUSH_SAMPLES or clock_s - self._flushed_s >= FLUSH_EVERY_S:
            self._flush()
            self._flushed_s = clock_s
            if self._descriptor is not None and clock_s - self._synced_s >= SYNC_EVERY_S:
                sync(self._descriptor)
                self._synced_s = clock_s

    def _begin(self, start: int) -> None:
        private_folder(self.folder)
        self._path = self.folder / f"{start:012d}{_OPEN}"
        self._descriptor = open_private(self._path, os.O_WRONLY | os.O_EXCL)
        self._start = start
        self._written = 0
        self._begun = True

    def _flush(self) -> None:
        if self._descriptor is None or not self._waiting:
            return
        data = memoryview(np.concatenate(self._waiting).tobytes())
        self._waiting.clear()
        self._waiting_samples = 0
        while data:
            written = os.write(self._descriptor, data)
            data = data[written:]
            self._written += written // _SAMPLE_BYTES
        if self._refused_s is not None:
            self._refused_s = None
            self._notices.append("the sound is kept again")

    def _finish(self) -> None:
        if self._descriptor is None:
            return
        try:
            self._flush()
        finally:
            self._let_go()
        for part in list(self._unfinished):
            finish_segment(part)
            self._unfinished.remove(part)

    def _refuse(self, error: OSError, clock_s: float) -> None:
        self._let_go()
        if self._refused_s is None:
            self._notices.append(f"the sound can't be written ({error.strerror}); the index goes on")
        self._refused = error.strerror or str(error)
        self._refused_s = clock_s

    def _let_go(self) -> None:
        """Close the raw file without waiting samples; what it holds becomes FLAC as soon as there is room."""
        self._waiting.clear()
        self._waiting_samples = 0
        if self._descriptor is not None:
            empty = os.fstat(self._descriptor).st_size == 0
            os.close(self._descriptor)
            self._descriptor = None
            if empty:
                self._path.unlink(missing_ok=True)
            else:
                self._unfinished.append(self._path)


def finish_segment(part: Path) -> Path | None:
    """Turn a raw segment into FLAC and return its path; None, and nothing left, where it held no whole sample.

    Raises ``OSError`` where there is no room; the raw segment stays then.
    """
    pcm = np.fromfile(part, dtype="<i2", count=part.stat().st_size // _SAMPLE_BYTES)
    if not len(pcm):
        part.unlink()
        return None
    finished = part.with_suffix(_FINISHED)
    # Encoded in memory: from inside libsndfile a full disk would not come back as an error that says so.
    flac = BytesIO()
    soundfile.write(flac, pcm, SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")
    write_whole(finished, flac.getbuffer(), part.with_suffix(_HALF_WRITTEN))
    part.unlink()
    return finished


def finish_left_overs(folder: Path) -> list[Segment]:
    """What a killed recorder left behind becomes FLAC. Returns the segments that were made. Raises ``OSError``."""
    made = []
    for half in folder.glob("*" + _HALF_WRITTEN):
        half.unlink()
    for part in sorted(folder.glob("*" + _OPEN)):
        finished = finish_segment(part)
        if finished is not None:
            made.append(_segment(finished))
    return made


def segments(folder: Path) -> list[Segment]:
    """The segments in ``folder`` by time, the one that is being written included; unreadable ones are left out."""
    found: dict[int, Segment] = {}
    for path in sorted(folder.glob("*")):
        if path.suffix in (_FINISHED, _OPEN) and path.stem.isdecimal():
            try:
                segment = _segment(path)
            except (OSError, soundfile.LibsndfileError):
                continue
            # While a raw segment is being turned into FLAC both exist for a moment and hold the same.
            found.setdefault(segment.start, segment)
    return [found[start] for start in sorted(found)]


def read_sound(folder: Path, start: int, stop: int) -> tuple[Pcm, int]:
    """The samples [start, stop) of the source as int16, and how many of them there are no sound for (zeros).

    Raises ``InputError`` where none of it was kept.
    """
    pcm = np.zeros(stop - start, dtype=np.int16)
    heard = 0
    for segment, samples in _overlapping(folder, start, stop):
        at = segment.start - start
        pcm[at : at + len(samples)] = samples
        heard += len(samples)
    if heard == 0:
        raise InputError(
            f"the session kept no sound from {start / SAMPLE_RATE_HZ:.1f} s to {stop / SAMPLE_RATE_HZ:.1f} s",
            "record with --sound to keep it",
        )
    return pcm, stop - start - heard


def to_pcm(samples: NDArray[np.float32]) -> Pcm:
    """Full scale 1 to 16 bits, rounded, clipped."""
    scaled = np.rint(samples * np.float32(FULL_SCALE))
    clipped: Pcm = np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    return clipped


def _overlapping(folder: Path, start: int, stop: int) -> Iterator[tuple[Segment, Pcm]]:
    for segment in segments(folder):
        first, last = max(start, segment.start), min(stop, segment.end)
        if first >= last:
            continue
        samples = _read(segment, first - segment.start, last - segment.start)
        if len(samples):
            yield Segment(first, first + len(samples), segment.path), samples


def _read(segment: Segment, start: int, stop: int) -> Pcm:
    try:
        if segment.path.suffix == _OPEN:
            return np.fromfile(segment.path, "<i2", stop - start, offset=start * _SAMPLE_BYTES).astype(np.int16)
        samples, _ = soundfile.read(segment.path, start=start, stop=stop, dtype="int16")
        return np.asarray(samples, dtype=np.int16)
    except (OSError, soundfile.LibsndfileError):
        # Garbage in one segment, or one deleted for room just now, costs that segment only.
        return np.zeros(0, dtype=np.int16)


def _segment(path: Path) -> Segment:
    start = int(path.stem)
    if path.suffix == _OPEN:
        return Segment(start, start + path.stat().st_size // _SAMPLE_BYTES, path)
    about = soundfile.info(path)
    if about.samplerate != SAMPLE_RATE_HZ or about.channels != 1:
        raise OSError(0, f"{path.name} is no segment of a session")
    return Segment(start, start + about.frames, path)
