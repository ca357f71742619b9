"""Two ways to get at the sound of a file: libsndfile for sound files, FFmpeg for everything with a picture.

Over 300 lines, since both tell a fault in the data in the same way and resume after it by the same rules.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn, Protocol

import numpy as np

from engine.audio.downmix import to_mono
from engine.audio.ffmpeg_file import open_container
from engine.audio.late_fault import UntilFault
from engine.audio.resampling import HIGHEST_RATE_HZ
from engine.audio.wav_header import missing_s
from engine.core.errors import InputError
from engine.core.signals import Samples

CHUNK_FRAMES = 32768
CHUNK_VALUES = 8 * CHUNK_FRAMES
"""Samples of all channels that libsndfile reads at once: soundfile seeks after each read, where FLAC decodes anew."""
SALVAGE_FRAMES = 256
GAP_S = 0.1
"""Timestamps that jump by less are rounding (milliseconds in mkv), not lost sound."""
LONGEST_GAP_S = 3600.0
"""A longer jump is a timestamp gone wrong: no one waits an hour in a recording."""
BREAK_OFF_S = 0.5
"""Sound that ends this much before its declared length was cut off."""
BROKE_OFF = "What came before was used. Get the file again, or repair it: 'ffmpeg -i FILE -c copy NEW'."

_MATROSKA_DURATION = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")


class Chunk(NamedTuple):
    """Mono float32 of shape (n,) at the file's own rate, ``gap_s`` seconds after the chunk before."""

    samples: Samples
    rate_hz: int
    gap_s: float
    repaired: int


class Decoder(Protocol):
    """Chunks of a file, once; one that has to wait for them yields empty ones meanwhile.

    A fault raises a ``MomentumError`` after everything decoded before it was yielded.
    """

    @property
    def duration_s(self) -> float | None: ...

    def chunks(self) -> Iterator[Chunk]: ...

    def close(self) -> None: ...


class SoundFileDecoder:
    """wav, flac, ogg, opus, aiff and the other formats of libsndfile, told by content, never by name.

    Not mp3: soundfile seeks after every read, and mpg123 decodes the first frames after a seek wrongly. Measured on a
    steady tone read in blocks: errors as large as the tone itself.
    """

    def __init__(self, path: Path) -> None:
        """Raises ``soundfile.LibsndfileError`` where libsndfile does not know the content."""
        import soundfile

        # By descriptor: given a name, libsndfile would believe extensions such as .raw or .vox.
        self._raw: BinaryIO = path.open("rb", buffering=0)
        self._missing_s = missing_s(self._raw, path.stat().st_size)
        self._raw.seek(0)
        self._opened: Callable[[], Any] = lambda: soundfile.SoundFile(self._raw.fileno(), closefd=False)
        try:
            self._file: Any = self._opened()
        except soundfile.LibsndfileError:
            self._raw.close()
            raise
        self._name = path.name
        self._fault = soundfile.LibsndfileError
        check_rate(self._name, self._file.samplerate)

    @property
    def empty(self) -> bool:
        """Whether libsndfile finds no sound, which it also says of an ogg file that was cut off."""
        return bool(self._file.frames == 0)

    @property
    def duration_s(self) -> float | None:
        return float(self._file.frames / self._file.samplerate)

    def chunks(self) -> Iterator[Chunk]:
        rate_hz, heard = self._file.samplerate, 0
        size = whole = -(-CHUNK_VALUES // self._file.channels)
        damage: Exception | None = None
        while True:
            try:
                read = self._file.read(size, dtype="float32", always_2d=True)
            except self._fault as fault:
                damage = damage or fault  # later ones tell of the salvaging
                if size == whole and self._back_at(heard):
                    # What was sound in the chunk that failed is lost with it: take it again in small steps.
                    size = SALVAGE_FRAMES
                    continue
                damaged(self._name, heard / rate_hz, self.duration_s, damage)
            if len(read) == 0:
                break
            heard += len(read)
            samples, repaired = to_mono(read)
            yield Chunk(samples, rate_hz, 0.0, repaired)
        if self._file.frames - heard > BREAK_OFF_S * rate_hz:
            damaged(self._name, heard / rate_hz, self.duration_s)
        if self._missing_s > BREAK_OFF_S:
            damaged(self._name, heard / rate_hz, heard / rate_hz + self._missing_s)

    def close(self) -> None:
        self._file.close()
        self._raw.close()

    def _back_at(self, frame: int) -> bool:
        """Go back, in the file opened anew: after FLAC has lost its place libsndfile can't even seek any more."""
        self._file.close()
        self._raw.seek(0)
        try:
            self._file = self._opened()
            return bool(self._file.seek(frame) == frame)
        except self._fault:
            return False


class FFmpegDecoder:
    """The best audio stream of mp4, m4a, mkv, webm, mov, ts, mp3, aac and what else FFmpeg reads, through PyAV."""

    def __init__(
        self, name: str, container: Any, file: BinaryIO | None = None, chunk_frames: int = CHUNK_FRAMES
    ) -> None:
        """Of an open container, and the file it reads. Raises ``InputError`` where there is no sound."""
        import av

        self.name = name
        self._fault = av.FFmpegError
        self._file = file
        self._container = container
        self._chunk_frames = chunk_frames
        self._stream: Any = self._container.streams.best("audio")
        if self._stream is None:
            self.close()
            raise InputError(
                f"{self.name} has no sound in it.",
                "Choose a recording with an audio track: 'ffprobe FILE' lists what is inside.",
            )
        for other in self._container.streams:
            if other.index != self._stream.index:
                # The picture need not even be read from the disk.
                other.discard = av.stream.Discard.all

    @classmethod
    def of_file(cls, path: Path) -> "FFmpegDecoder":
        """Raises ``av.FFmpegError`` where FFmpeg does not know the content, ``InputError`` where there is no sound."""
        container, file = open_container(path)
        return cls(path.name, container, file)

    @property
    def duration_s(self) -> float | None:
        exact = self._declared_s()
        if exact is not None:
            return exact
        return None if self._container.duration is None else float(self._container.duration / 1_000_000)

    def chunks(self) -> Iterator[Chunk]:
        """Frames of one kind are put together first: one by one, what is done with them costs more than decoding."""
        pending: list[_Frame] = []
        count = 0
        frames = UntilFault(self._frames())
        for frame in chain(frames, (None,)):
            if pending and (frame is None or count >= self._chunk_frames or not frame.continues(pending[-1])):
                samples, repaired = to_mono(_as_float(np.concatenate([each.values for each in pending])))
                yield Chunk(samples, pending[0].rate_hz, pending[0].gap_s, repaired)
                pending, count = [], 0
            if frame is not None:
                pending.append(frame)
                count += len(frame.values)
        frames.raise_it()

    def close(self) -> None:
        self._container.close()
        if self._file is not None:
            self._file.close()

    def _decode(self, packet: Any) -> Iterable[Any]:
        frames: Iterable[Any] = packet.decode()
        return frames

    def _ended(self, heard_s: float) -> None:
        """The sound is over, as far as FFmpeg can tell."""
        declared_s = self._declared_s()
        if declared_s is not None and declared_s - heard_s > BREAK_OFF_S:
            self._break_off(heard_s, declared_s)

    def _break_off(self, heard_s: float, duration_s: float | None, fault: Exception | None = None) -> NoReturn:
        """The sound ends before it should: for ``fault``, or against what the file declares."""
        damaged(self.name, heard_s, duration_s, fault)

    def _frames(self) -> Iterator["_Frame"]:
        heard_s, end_s = 0.0, None
        try:
            for packet in self._container.demux(self._stream):
                for frame in self._decode(packet):
                    rate_hz, at_s = frame.sample_rate, frame.time
                    check_rate(self.name, rate_hz)
                    jump_s = 0.0 if at_s is None or end_s is None else at_s - end_s
                    gap_s = jump_s if GAP_S < jump_s < LONGEST_GAP_S else 0.0
                    length_s = frame.samples / rate_hz
                    end_s = None if at_s is None else at_s + length_s
                    heard_s += gap_s + length_s
                    yield _Frame(_by_channel(frame), rate_hz, gap_s)
        except self._fault as fault:
            self._break_off(heard_s, self.duration_s, fault)
        self._ended(max(heard_s, end_s or 0.0))

    def _declared_s(self) -> float | None:
        """Length of the audio stream where the file states it: in the tables of mp4 and mov, in a tag of mkv and webm.

        A container's length may be that of its picture, and those of mp3, aac and ts are FFmpeg's estimates.
        """
        if "mp4" in self._container.format.name.split(","):
            length = self._stream.duration
            return None if length is None else float(length * self._stream.time_base)
        tag = _MATROSKA_DURATION.fullmatch(self._stream.metadata.get("DURATION", ""))
        if tag is None:
            return None
        hours, minutes, seconds = tag.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def check_rate(name: str, rate_hz: int) -> None:
    """Refuse a sample rate that only a broken header can hold, with an ``InputError``."""
    if not 0 < rate_hz <= HIGHEST_RATE_HZ:
        raise InputError(f"{name} claims {rate_hz} samples a second.", "Its header is damaged; get the file again.")


def describe(fault: Exception) -> str:
    """What a library says of a fault, without its numbers and paths."""
    reason = getattr(fault, "strerror", None) or getattr(fault, "error_string", None) or str(fault)
    return str(reason).strip().rstrip(".")


class _Frame(NamedTuple):
    """What FFmpeg decoded at once: shape (n, channels) in the decoder's own number format."""

    values: Any
    rate_hz: int
    gap_s: float

    def continues(self, before: "_Frame") -> bool:
        """Whether this is the same kind of sound, and follows at once."""
        same = self.values.dtype == before.values.dtype and self.values.shape[1] == before.values.shape[1]
        return same and self.rate_hz == before.rate_hz and self.gap_s == 0


def _by_channel(frame: Any) -> Any:
    values = frame.to_ndarray()
    return values.T if frame.format.is_planar else values.reshape(frame.samples, -1)


def _as_float(values: Any) -> Samples:
    """Samples of any of FFmpeg's formats as float32 of the same shape, full scale 1."""
    with np.errstate(over="ignore"):
        floats: Samples = values.astype(np.float32)
    if values.dtype == np.uint8:
        floats = (floats - np.float32(128)) / np.float32(128)
    elif values.dtype.kind == "i":
        floats = floats / np.float32(-float(np.iinfo(values.dtype).min))
    return floats


def damaged(
    name: str, heard_s: float, duration_s: float | None, fault: Exception | None = None, what: str = "sound"
) -> NoReturn:
    """Raise what a person is told of a file whose ``what`` ends before it should."""
    of = f" of {duration_s:.1f} s" if duration_s is not None and duration_s > heard_s else ""
    why = f" ({describe(fault)})" if fault is not None else ""
    raise InputError(
        f"{name} is damaged: its {what} breaks off at {heard_s:.1f} s{of}{why}.",
        BROKE_OFF,
    ) from fault
