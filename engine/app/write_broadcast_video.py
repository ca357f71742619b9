"""Pictures and sound of a simulated broadcast into one file."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.core import grid
from engine.core.errors import MomentumError
from engine.core.files import whole_file
from engine.core.telling import Progress
from engine.simulator.broadcast.broadcast import SimulatedBroadcast
from engine.simulator.match import SimulatedMatch

_PICTURE_BITS: Final = 120_000
_SOUND_BITS: Final = 64_000
_PIXELS: Final = 160 * 90
_KEY_EVERY_S: Final = 5


def write_video(broadcast: SimulatedBroadcast, file: Path, progress: Progress, replace: bool = False) -> None:
    """Write an MP4 (MPEG-4 picture, AAC sound at the simulator's rate), for its owner alone, once it is whole.

    Frame ``n`` is shown from ``n / fps`` s on, and sound and picture begin together. The same broadcast gives the same
    bytes on the same machine and PyAV.

    Raises:
        FileExistsError: it is there, and is not to be replaced.
        MomentumError: the folder can't be written to.
    """
    import av

    try:
        with (
            whole_file(file, replace) as unfinished,
            av.open(str(unfinished), "w", format="mp4", **_SAME_BYTES) as made,
        ):
            _write(made, broadcast, progress)
    except FileExistsError:
        raise
    except OSError as error:
        raise MomentumError(
            f"{file.parent} can't be written to: {error.strerror}", "Choose a folder that is there and yours."
        ) from error


_SAME_BYTES: Final[dict[str, Any]] = {"options": {"fflags": "+bitexact", "movflags": "+faststart"}}


def _write(made: Any, broadcast: SimulatedBroadcast, progress: Progress) -> None:
    import av

    fps, (width, height) = broadcast.fps, broadcast.size
    picture = made.add_stream("mpeg4", rate=fps)
    picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
    picture.bit_rate = _PICTURE_BITS * width * height // _PIXELS
    picture.codec_context.gop_size = _KEY_EVERY_S * fps
    sound = made.add_stream("aac", rate=grid.SAMPLE_RATE_HZ, layout="mono")
    sound.bit_rate = _SOUND_BITS
    for stream in (picture, sound):
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
    heard = _sound_frames(SimulatedMatch(broadcast.sound(), "broadcast"))
    heard_samples = 0
    for n, pixels in enumerate(broadcast.frames()):
        while heard_samples * fps <= n * grid.SAMPLE_RATE_HZ:
            block = next(heard, None)
            if block is None:
                break
            heard_samples += block.samples
            made.mux(sound.encode(block))
        shown = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        shown.pts, shown.time_base = n, Fraction(1, fps)
        made.mux(picture.encode(shown))
        if n % (10 * fps) == 0:
            progress("simulating", n / fps, broadcast.half.duration_s)
    for block in heard:
        made.mux(sound.encode(block))
    made.mux(sound.encode(None))
    made.mux(picture.encode(None))
    progress("simulating", broadcast.half.duration_s, broadcast.half.duration_s)


def _sound_frames(match: SimulatedMatch) -> Iterator[Any]:
    import av

    start = 0
    for block in match.blocks():
        samples = np.ascontiguousarray(block.samples, dtype=np.float32)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = grid.SAMPLE_RATE_HZ, start, Fraction(1, grid.SAMPLE_RATE_HZ)
        start += samples.shape[1]
        yield frame
