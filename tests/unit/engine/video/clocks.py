"""Videos that show the number of their frame, as black and white blocks that survive any codec and scaling."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.unit.engine.audio.sounds import noise

BITS = 12
TICKS_HZ = 12800


def clock_face(number: int, height: int = 64, width: int = 96) -> np.ndarray:
    """``number`` in the middle third of an otherwise grey picture: 3 rows of 4 blocks, and a white left edge."""
    bits = [(number >> bit) & 1 for bit in range(BITS)]
    face = np.full((height, width, 3), 96, np.uint8)
    face[:, : width // 12] = 255
    blocks = np.kron(np.array(bits).reshape(3, 4) * 255, np.ones((height // 3, width // 12)))
    top, left = (height - blocks.shape[0]) // 2, (width - blocks.shape[1]) // 2
    face[top : top + blocks.shape[0], left : left + blocks.shape[1]] = blocks[..., None]
    return face


def number_on(picture: np.ndarray) -> int:
    """The number that an upright, uncropped picture of a clock face shows."""
    height, width = picture.shape[:2]
    grey = picture.mean(axis=2)
    rows = ((np.arange(3) + 0.5) / 3 * height).astype(int)
    columns = ((np.arange(4) + 0.5) / 12 * width + width / 3).astype(int)
    return sum(int(bit) << place for place, bit in enumerate((grey[np.ix_(rows, columns)] > 128).ravel()))


def write_clock(
    path: Path,
    times_s: Sequence[float],
    *,
    turned: int = 0,
    sound_s: float = 0.0,
    sound_from_s: float = 0.0,
    size: tuple[int, int] = (64, 96),
    codec: str = "mpeg4",
    pixel_shape: int = 1,
    **options: str,
) -> Path:
    """A video whose frame ``i`` is shown at ``times_s[i]``; ``turned`` degrees by what the file says of it.

    ``pixel_shape``: how wide a pixel is beside its height. ``sound_s`` seconds of noise, if any, begin at
    ``sound_from_s``.
    """
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS_HZ)
        stream.codec_context.options = {"b": "4000000"} | ({"bf": "2"} if codec == "mpeg4" else {})
        stream.codec_context.sample_aspect_ratio = Fraction(pixel_shape)
        if turned:
            stream.set_display_rotation(turned)
        sound = container.add_stream("aac", rate=16000, layout="mono") if sound_s else None
        for number, at_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray(clock_face(number, *size), format="rgb24")
            frame.pts, frame.time_base = round(at_s * TICKS_HZ), Fraction(1, TICKS_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            samples = noise(sound_s, 16000)
            for begin in range(0, len(samples) - 1024, 1024):
                piece = av.AudioFrame.from_ndarray(samples[None, begin : begin + 1024], format="fltp", layout="mono")
                piece.sample_rate, piece.pts = 16000, begin + round(sound_from_s * 16000)
                piece.time_base = Fraction(1, 16000)
                container.mux(sound.encode(piece))
            container.mux(sound.encode(None))
    return path


def even(rate_hz: float, seconds: float, start_s: float = 0.0) -> list[float]:
    """Times of a steady rate."""
    return [start_s + i / rate_hz for i in range(round(rate_hz * seconds))]
