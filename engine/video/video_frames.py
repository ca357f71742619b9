"""The moving picture of a file: decoded frames with their times, through PyAV.

Time 0 is where the file's sound or picture begins, whichever is first. A cover that a sound file carries is no picture.
"""

import math
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from engine.audio.decoders import BREAK_OFF_S, LONGEST_GAP_S, damaged, describe
from engine.audio.ffmpeg_file import open_container
from engine.audio.media_file import head_of, is_text, unreadable
from engine.core.errors import InputError, UsageError

Decoding = Literal["auto", "software", "hardware"]
READABLE: Final = "Readable are mp4, mov, mkv, webm, avi, ts and what else FFmpeg knows, such as H.264 and HEVC."
_WHAT: Final = "picture"


class Timed(NamedTuple):
    """A decoded frame of PyAV, when it is shown, and until when as far as is known; seconds."""

    frame: Any
    at_s: float
    until_s: float


Wanted: TypeAlias = Callable[[float, float], bool]


def always(begin_s: float, end_s: float) -> bool:
    """Every frame is wanted."""
    return True


_USUAL_RATE_HZ: Final = 25.0
_THREADS: Final = 2
"""Each thread holds a frame and its references, some 100 MB at 4K."""
_BACK_S: Final = 1.0
"""Times that go back by more begin anew: another recording was joined to the first. A jump of an hour is no time."""
_BAD_IN_A_ROW: Final = 250
"""Packets that can't be decoded, one after another, before a file is given up."""


class PictureFile:
    """The frames of a file in the order they are shown, each once.

    ``decoding``: ``hardware`` is VideoToolbox's, on a Mac alone, with FFmpeg's own where it can't; ``auto`` takes it on
    a Mac. Frames that can't be decoded are left out and counted in ``lost``.

    Raises ``UsageError`` for ``hardware`` elsewhere, ``InputError`` for what can't be opened and what has no picture,
    and out of ``frames``, after all that came before, where the picture breaks off.
    """

    def __init__(self, path: str | Path, decoding: Decoding = "auto") -> None:
        path = Path(path)
        self.name = path.name
        self._container, self._file = _open(path, path.name, decoding)
        self.lost = 0
        stream = _moving(self._container)
        if stream is None:
            self.close()
            raise InputError(
                f"{self.name} has no picture in it.",
                "Choose a recording with a moving picture: 'ffprobe FILE' lists what is inside.",
            )
        if stream.codec_context is None:
            self.close()
            raise InputError(f"{self.name}: its picture is of a kind that can't be decoded here.", READABLE)
        self._stream = stream
        self._zero_s = _zero_s(self._container)
        self._skips = self._times_mended = False
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = _THREADS
        for other in self._container.streams:
            if other.index != stream.index:
                other.discard = _discard_all()

    @property
    def rate_hz(self) -> float:
        """Frames a second on average, as the file says or FFmpeg guesses."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        return float(rate) if rate and 0.01 < float(rate) < 1000.0 else _USUAL_RATE_HZ

    @property
    def pixel_shape(self) -> float:
        """How wide a pixel is beside its height; 1 where the file does not say, or says nonsense."""
        ratio = self._stream.sample_aspect_ratio
        return float(ratio) if ratio and 0.1 < float(ratio) < 10.0 else 1.0

    @property
    def duration_s(self) -> float | None:
        """From time 0 to the end of the picture as it is declared; None where it is not."""
        stream = self._stream
        if stream.duration is not None and stream.start_time is not None:
            return float((stream.start_time + stream.duration) * stream.time_base) - self._zero_s
        whole = self._container.duration
        return None if whole is None else float(whole / 1_000_000)

    def frames(self, wanted: Wanted = always) -> Iterator[Timed]:
        """The frames; times never go back. Those that nobody wants and no other is made of may be left out.

        ``wanted`` is told from when to when one is shown, infinite for the last.
        """
        import av

        until_s, last_s, shift_s, begun, bad, fault = 0.0, 0.0, 0.0, False, 0, None
        try:
            for packet, next_s in _with_next(self._container.demux(self._stream)):
                self._skip_unwanted(packet, next_s, wanted)
                try:
                    decoded = packet.decode()
                except (av.InvalidDataError, av.ExternalError) as error:
                    self.lost, bad, fault = self.lost + 1, bad + 1, error
                    if bad > _BAD_IN_A_ROW:
                        damaged(self.name, until_s, self.duration_s, error, _WHAT)
                    continue
                for frame in decoded:
                    bad = 0
                    lasts_s = self._lasts_s(frame)
                    at_s = until_s if frame.time is None else frame.time - self._zero_s + shift_s
                    if begun and (at_s - until_s > LONGEST_GAP_S or last_s - at_s > _BACK_S):  # as the sound goes on
                        shift_s += until_s - at_s
                        at_s = until_s
                        self._times_mended = True
                    at_s = max(at_s, last_s)
                    until_s, last_s, begun = at_s + lasts_s, at_s, True
                    yield Timed(frame, at_s, until_s)
        except av.FFmpegError as error:
            damaged(self.name, until_s, self.duration_s, error, _WHAT)
        if not begun:
            why = f" ({describe(fault)})" if fault else ""
            raise InputError(f"{self.name}: no frame of its picture can be decoded{why}.", READABLE) from fault
        if self._cut_short(until_s):
            damaged(self.name, until_s, self.duration_s, what=_WHAT)

    def close(self) -> None:
        """Give the file back; harmless when done twice."""
        self._container.close()
        self._file.close()

    def _skip_unwanted(self, packet: Any, next_s: float | None, wanted: Wanted) -> None:
        """Tell the decoder of each packet whether it may skip what no other frame is made of."""
        needless = False
        if packet.pts is not None and next_s is not None and not self._times_mended:
            needless = not wanted(float(packet.pts * packet.time_base) - self._zero_s, next_s - self._zero_s)
        if needless != self._skips:
            self._stream.codec_context.skip_frame = "NONREF" if needless else "DEFAULT"
            self._skips = needless

    def _lasts_s(self, frame: Any) -> float:
        if frame.duration and frame.time_base:
            return float(frame.duration * frame.time_base)
        return 1.0 / self.rate_hz

    def _cut_short(self, until_s: float) -> bool:
        """Only mp4 and mov have a table of all frames; the lengths of others are estimates, or those of the sound."""
        if "mp4" not in self._container.format.name.split(","):
            return False
        declared_s = self.duration_s
        return declared_s is not None and declared_s - until_s > max(BREAK_OFF_S, 2.0 / self.rate_hz)


def sound_start_s(path: Path) -> float:
    """Seconds from time 0 of a file with a picture to the first of its sound; 0 for sound files, and where unknown."""
    import av

    try:
        container, file = open_container(path)
    except (av.FFmpegError, OSError):
        return 0.0  # whoever reads the sound says what is wrong
    with file, container:
        stream = container.streams.best("audio")
        if stream is None or stream.start_time is None or _moving(container) is None:
            return 0.0
        return max(0.0, float(stream.start_time * stream.time_base) - _zero_s(container))


_REORDERED: Final = 20
"""H.264 and HEVC hold back 16 frames at most."""


def _with_next(packets: Iterator[Any]) -> Iterator[tuple[Any, float | None]]:
    """Packets in the order they are decoded in, each with the time of the one shown next; None where that is unknown.

    Packets come before they are shown by no more than ``_REORDERED`` others, so as many are looked at ahead and behind:
    a packet's own length would be that until the next one decoded.
    """
    waiting: deque[Any] = deque()
    times: deque[float] = deque(maxlen=2 * _REORDERED)

    def taken() -> tuple[Any, float | None]:
        packet = waiting.popleft()
        if packet.pts is None:
            return packet, None
        at_s = float(packet.pts * packet.time_base)
        return packet, min((other for other in times if other > at_s), default=math.inf)

    for packet in packets:
        waiting.append(packet)
        if packet.pts is not None:
            times.append(float(packet.pts * packet.time_base))
        if len(waiting) > _REORDERED:
            yield taken()
    while waiting:
        yield taken()


def _moving(container: Any) -> Any:
    """The best stream with a moving picture; None where there is none."""
    import av

    cover = av.stream.Disposition.attached_pic
    best = container.streams.best("video")
    streams = [stream for stream in container.streams.video if not stream.disposition & cover]
    return best if best in streams else next(iter(streams), None)


_PRIMING_S: Final = 0.2
"""Sound may begin this much before 0, where a codec's first samples are there to be thrown away."""


def _zero_s(container: Any) -> float:
    starts = [
        float(stream.start_time * stream.time_base)
        for stream in container.streams
        if stream.type in ("video", "audio") and stream.start_time is not None
    ]
    first = min(starts, default=0.0)
    return 0.0 if -_PRIMING_S < first < 0.0 else first


_GET_AGAIN: Final = "Get the file again, or repair it: 'ffmpeg -i FILE -c copy NEW'."


def _open(path: Path, name: str, decoding: Decoding) -> tuple[Any, Any]:
    if is_text(head_of(path, name)):
        raise InputError(f"{name} is a text file, not a video.", READABLE)
    import av

    try:
        return open_container(path, **_hardware(decoding))
    except av.FFmpegError as error:
        raise InputError(f"{name} can't be read as a video ({describe(error)}).", _GET_AGAIN) from error
    except OSError as error:
        raise unreadable(name, error) from error


def _hardware(decoding: Decoding) -> dict[str, Any]:
    """What PyAV is to be told: VideoToolbox decodes what it can beside the processor, FFmpeg the rest."""
    if decoding == "hardware" and sys.platform != "darwin":
        raise UsageError("hardware decodes the picture on a Mac alone, by VideoToolbox", "Leave out --decoding.")
    if decoding == "software" or sys.platform != "darwin":
        return {}
    from av.codec.hwaccel import HWAccel

    return {"hwaccel": HWAccel("videotoolbox", allow_software_fallback=True)}


def _discard_all() -> Any:
    import av

    return av.stream.Discard.all
