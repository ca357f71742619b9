"""Sound from a source into a file."""

from contextlib import ExitStack
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
        sound = stack.enter_context(
            soundfile.SoundFile(
                stack.enter_context(unfinished.open("wb")),
                "w",
                samplerate=grid.SAMPLE_RATE_HZ,
                channels=1,
                format="FLAC",
                subtype="PCM_16",
            )
        )
        for block in source.blocks():
            sound.write(block.samples)
            progress("simulating", block.end / grid.SAMPLE_RATE_HZ, source.duration_s)
