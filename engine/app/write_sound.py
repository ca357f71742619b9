"""Sound from a source into a file."""

import os
import tempfile
from pathlib import Path

from engine.audio.source import AudioSource
from engine.core import grid
from engine.core.errors import MomentumError
from engine.core.telling import Progress


def write_flac(source: AudioSource, file: Path, progress: Progress) -> None:
    """Write the whole source as 16-bit FLAC, for its owner alone; the file appears when it is complete.

    Raises ``MomentumError`` where the folder can't be written to.
    """
    import soundfile

    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name[:100]}-", suffix=".part", dir=file.parent)
    except OSError as error:
        raise MomentumError(
            f"{file.parent} can't be written to: {error.strerror}", "Choose a folder that is there and yours."
        ) from error
    unfinished = Path(name)
    try:
        with (
            os.fdopen(handle, "wb") as opened,
            soundfile.SoundFile(
                opened, "w", samplerate=grid.SAMPLE_RATE_HZ, channels=1, format="FLAC", subtype="PCM_16"
            ) as sound,
        ):
            for block in source.blocks():
                sound.write(block.samples)
                progress("simulating", block.end / grid.SAMPLE_RATE_HZ, source.duration_s)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
