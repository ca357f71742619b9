"""Sound from a source into a file."""

from contextlib import ExitStack
from io import RawIOBase
from pathlib import Path

from engine.audio.source import AudioSource
from engine.core import grid
from engine.core.errors import MomentumError
from engine.core.files import whole_file
from engine.core.telling import Progress


def write_flac(source: AudioSource, file: Path, progress: Progress) -> None:
    """Write the whole source as 16-bit FLAC, for its owner alone; the file appears when it is complete.

    Raises ``MomentumError`` where the folder can't be written to.
    """
    import soundfile

    with ExitStack() as stack:
        try:
            unfinished = stack.enter_context(whole_file(file, replace=True))
        except OSError as error:
            raise MomentumError(
                f"{file.parent} can't be written to: {error.strerror}", "Choose a folder that is there and yours."
            ) from error
        written = _Written(stack.enter_context(unfinished.open("wb", buffering=0)))
        try:
            with soundfile.SoundFile(
                written, "w", samplerate=grid.SAMPLE_RATE_HZ, channels=1, format="FLAC", subtype="PCM_16"
            ) as sound:
                for block in source.blocks():
                    sound.write(block.samples)
                    written.check()
                    progress("simulating", block.end / grid.SAMPLE_RATE_HZ, source.duration_s)
        except (AssertionError, soundfile.LibsndfileError):  # soundfile's words for a write that came up short
            written.check()
            raise
        written.check()


class _Written:
    """A file as libsndfile writes to it: what goes wrong is kept, since in its callbacks it could only be printed."""

    def __init__(self, raw: RawIOBase) -> None:
        self._raw = raw
        self._fault: OSError | None = None
        self.seek, self.tell = raw.seek, raw.tell

    def write(self, data: bytes) -> int:
        """How many bytes of ``data`` were written."""
        done = 0
        try:
            while done < len(data):
                done += self._raw.write(data[done:]) or 0
        except OSError as fault:
            self._fault = fault
        return done

    def check(self) -> None:
        """Raises the ``OSError`` that was kept, if there is one."""
        if self._fault is not None:
            raise self._fault
