"""Sound from a source into a file, with progress for a person."""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from engine import grid
from engine.audio.source import AudioSource
from engine.errors import MomentumError
from tui.text import plain

_EVERY_S = 0.5


class Progress:
    """A line on ``stream`` that says how far it is and how long it will take; silent where that is no terminal."""

    def __init__(self, name: str, duration_s: float | None, stream: TextIO, clock: Callable[[], float]) -> None:
        self._name, self._duration_s, self._stream, self._clock = plain(name), duration_s, stream, clock
        self._began = self._shown = clock()
        self._wanted = stream.isatty()

    def at(self, done_s: float) -> None:
        """So many seconds of sound are done."""
        now = self._clock()
        if not self._wanted or now - self._shown < _EVERY_S or done_s <= 0:
            return
        self._shown = now
        pace = done_s / max(now - self._began, 1e-9)
        text = f"{self._name}: {done_s / 60:.1f} min"
        if self._duration_s:
            left_s = max(self._duration_s - done_s, 0.0) / pace
            text = f"{self._name}: {100 * done_s / self._duration_s:3.0f} %, {left_s:.0f} s left"
        self._stream.write(f"\r{text}, {pace:.0f} times real time\x1b[K")
        self._stream.flush()

    def done(self) -> None:
        """Leave the line clean."""
        if self._wanted:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def write_flac(source: AudioSource, file: Path) -> None:
    """Write the whole source as 16-bit FLAC, for its owner alone; the file appears when it is complete.

    Raises ``MomentumError`` where the folder can't be written to.
    """
    import soundfile

    progress = Progress(file.name, source.duration_s, sys.stderr, time.monotonic)
    try:
        handle, unfinished = tempfile.mkstemp(prefix=f".{file.stem}-", suffix=".flac", dir=file.parent)
    except OSError as error:
        raise MomentumError(
            f"{file.parent} can't be written to: {error.strerror}", "Choose a folder that is there and yours."
        ) from error
    try:
        with (
            os.fdopen(handle, "wb") as opened,
            soundfile.SoundFile(
                opened, "w", samplerate=grid.SAMPLE_RATE_HZ, channels=1, format="FLAC", subtype="PCM_16"
            ) as sound,
        ):
            for block in source.blocks():
                sound.write(block.samples)
                progress.at(block.end / grid.SAMPLE_RATE_HZ)
        Path(unfinished).replace(file)
    finally:
        progress.done()
        Path(unfinished).unlink(missing_ok=True)
