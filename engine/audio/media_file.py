"""Sound and video files as a source."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.audio.decoders import Decoder, FFmpegDecoder, SoundFileDecoder, describe
from engine.audio.late_fault import UntilFault
from engine.audio.resampling import Resampler
from engine.core import grid
from engine.core.errors import InputError
from engine.core.signals import AudioBlock, Samples
from engine.core.sound_address import is_address, shown

BLOCK_SAMPLES = 32 * grid.HOP
READABLE = "Readable are wav, flac, ogg, opus, mp3, aiff, and the sound of mp4, m4a, mkv, webm, mov, ts."
_ADDRESS = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):/+")
"""What is left of the beginning of an address that was taken for a path."""
CUT_OFF = "If it is a recording, it was damaged or cut off: get it again, or export it again as wav."


class Decoded:
    """What a decoder knows, as a source: of any rate and any number of channels, in blocks with bounded memory.

    Blocks hold ``block_samples`` samples, fewer before a gap and at the end. The channels are averaged. Where
    timestamps jump, the next block's ``start`` jumps with them. ``repaired_samples`` counts samples (of any channel)
    that were NaN, infinite or absurdly large and were replaced by silence.

    An empty chunk becomes an empty block. Raises out of ``blocks``, after all sound before it, what the decoder raises,
    and ``InputError`` where no sound came.
    """

    live = False
    """A recording waits."""

    def __init__(
        self, name: str, decoder: Decoder, block_samples: int = BLOCK_SAMPLES, rate_hz: int = grid.SAMPLE_RATE_HZ
    ) -> None:
        if block_samples < 1:
            raise ValueError(f"block_samples must be positive, not {block_samples}")
        self.name = name
        self._block_samples = block_samples
        self._decoder = decoder
        self._rate_hz = rate_hz
        self.repaired_samples = 0

    @property
    def duration_s(self) -> float | None:
        """Length in seconds as it is declared; None where it is not."""
        return self._decoder.duration_s

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the sound from the beginning; may be iterated once."""
        resampler, cutter = Resampler(self._rate_hz), _Cutter(self._block_samples)
        chunks = UntilFault(self._decoder.chunks())
        for chunk in chunks:
            if not len(chunk.samples):
                yield AudioBlock(chunk.samples, cutter.start)  # a heartbeat
                continue
            self.repaired_samples += chunk.repaired
            for start, samples in resampler.push(chunk.samples, chunk.rate_hz, chunk.gap_s):
                yield from cutter.push(start, samples)
        for start, samples in resampler.finish():
            yield from cutter.push(start, samples)
        yield from cutter.rest()
        chunks.raise_it()
        if resampler.position == 0:
            raise _without_sound(self.name)

    def close(self) -> None:
        """Close what is decoded; harmless when done twice."""
        self._decoder.close()


class MediaFile(Decoded):
    """A sound or video file; its name is that of the file, without its folder.

    Raises ``InputError`` at once for what can't be opened or has no sound, and out of ``blocks`` for a fault in the
    middle, after all sound before it. Another ``rate_hz`` than the grid's is for networks that were taught at theirs.
    """

    def __init__(
        self, path: str | Path, block_samples: int = BLOCK_SAMPLES, rate_hz: int = grid.SAMPLE_RATE_HZ
    ) -> None:
        path = Path(path)
        super().__init__(path.name, _open(path, path.name), block_samples, rate_hz)


class _Cutter:
    """Pieces of any size in, blocks of one size out; a gap ends a block early."""

    def __init__(self, block_samples: int) -> None:
        self._block_samples = block_samples
        self._pieces: list[Samples] = []
        self.start = 0
        """Where the next block begins."""
        self._count = 0

    def push(self, start: int, samples: Samples) -> Iterator[AudioBlock]:
        if start != self.start + self._count:
            yield from self.rest()
            self.start = start
        while len(samples):
            piece = samples[: self._block_samples - self._count]
            self._pieces.append(piece)
            self._count += len(piece)
            samples = samples[len(piece) :]
            if self._count == self._block_samples:
                yield from self.rest()

    def rest(self) -> Iterator[AudioBlock]:
        if self._count:
            block = AudioBlock(np.concatenate(self._pieces), self.start)
            self.start, self._count, self._pieces = block.end, 0, []
            yield block


def _open(path: Path, name: str) -> Decoder:
    """The decoder that knows the content: libsndfile first, for its exact lengths and speed, then FFmpeg."""
    head = head_of(path, name)
    decoder = None if _is_mpeg(head) else _open_sound(path, name)
    if decoder is not None and not decoder.empty:
        return decoder
    if decoder is not None:
        decoder.close()
    elif is_text(head):
        raise InputError(f"{name} is a text file, not a recording.", READABLE)
    import av

    try:
        return FFmpegDecoder.of_file(path)
    except av.FFmpegError as error:
        if decoder is not None:
            raise _without_sound(name) from error
        raise InputError(f"{name} can't be read as sound or video ({describe(error)}).", CUT_OFF) from error
    except OSError as error:
        raise unreadable(name, error) from error


def _open_sound(path: Path, name: str) -> SoundFileDecoder | None:
    import soundfile

    try:
        return SoundFileDecoder(path)
    except soundfile.LibsndfileError:
        return None
    except OSError as error:
        raise unreadable(name, error) from error


def head_of(path: Path, name: str) -> bytes:
    """The first bytes of a regular file that has any; what is none is refused unopened, for opening it may hang."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(f"{name or path} is a folder.", "Name one of the recordings in it.")
        if not stat.S_ISREG(mode):
            raise InputError(
                f"{name} is a pipe or a device, not a file.",
                "Send raw sound to standard input: 'ffmpeg -i INPUT -f s16le -ac 1 -ar 22050 - | momentum live -'.",
            )
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError as error:
        address = _ADDRESS.sub(r"\1://", str(path))
        if is_address(address):
            raise InputError(
                f"{shown(address)} is an address, and only a file will do here.",
                "Addresses are taken by 'momentum live', 'record', 'score' and 'ingest'.",
            ) from None
        raise InputError(f"There is no file {path}.", "Check the path.") from error
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from error
    if not head:
        raise InputError(f"{name} is empty.", "The recording or the copy failed; get the file again.")
    return head


def _is_mpeg(head: bytes) -> bool:
    """Whether this is an mp3 or aac stream, with or without an ID3 tag before it."""
    return head.startswith(b"ID3") or (head[0] == 0xFF and len(head) > 1 and head[1] & 0xE0 == 0xE0)


def is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The head may end in the middle of a letter.
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\t\r\n\f\ufeff" for letter in text)


def unreadable(name: str, error: Exception) -> InputError:
    return InputError(f"{name} can't be opened: {describe(error)}.", "Check who may read it: 'ls -l FILE'.")


def _without_sound(name: str) -> InputError:
    return InputError(f"{name} has no sound in it: its length is zero.", "Record or export it again.")
