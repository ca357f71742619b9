"""Sound and media files made for the tests."""

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import soundfile

from engine.audio.source import AudioSource
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock


def tone(rate_hz: int, seconds: float, channels: int = 1, hertz: float = 440.0, amplitude: float = 0.5) -> np.ndarray:
    """The same sine on every channel: float32 of shape (n, channels)."""
    sine = amplitude * np.sin(2 * np.pi * hertz * np.arange(round(rate_hz * seconds)) / rate_hz)
    return np.repeat(sine[:, None], channels, axis=1).astype(np.float32)


def noise(seconds: float, rate_hz: int = SAMPLE_RATE_HZ, seed: int = 3) -> np.ndarray:
    """White noise: float32 of shape (n,)."""
    return (0.1 * np.random.default_rng(seed).standard_normal(round(rate_hz * seconds))).astype(np.float32)


def write_sound(path: Path, sound: np.ndarray, rate_hz: int, subtype: str | None = None) -> Path:
    """A file of libsndfile; ``opus`` lives in ogg."""
    kind = {".opus": "OGG"}.get(path.suffix, path.suffix[1:].upper())
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    with soundfile.SoundFile(path, "w", rate_hz, channels, subtype, format=kind) as file:
        # In pieces: libsndfile's Vorbis encoder overflows the stack when it gets a minute at once.
        for begin in range(0, len(sound), 100_000):
            file.write(sound[begin : begin + 100_000])
    return path


def write_av(
    path: Path,
    codec: str,
    sound: np.ndarray,
    rate_hz: int,
    *,
    format: str | None = None,
    skip: range = range(0),
    **options: str,
) -> Path:
    """A file of FFmpeg with ``sound`` of shape (n, channels) in it; the frames numbered ``skip`` are left out."""
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[sound.shape[1]]
    with av.open(str(path), "w", format=format, options=options) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        stream.codec_context.open()
        size = stream.codec_context.frame_size or 1024
        convert = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate_hz)
        for number, begin in enumerate(range(0, len(sound) - size + 1, size)):
            planes = np.ascontiguousarray(sound[begin : begin + size].T)
            frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate_hz, begin
            if number not in skip:
                for piece in convert.resample(frame):
                    container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def write_silent_film(path: Path) -> Path:
    """A second of picture without sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(25):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
        container.mux(stream.encode(None))
    return path


def heard(source: AudioSource) -> np.ndarray:
    """All the sound of a source without gaps, as one array."""
    return joined(list(source.blocks()))


def joined(blocks: Iterable[AudioBlock]) -> np.ndarray:
    """Blocks as one array, which they are only where no sound is missing between them."""
    pieces, end = [np.zeros(0, np.float32)], 0
    for block in blocks:
        assert block.samples.dtype == np.float32 and block.samples.ndim == 1
        assert block.start == end, "sound is missing"
        pieces.append(block.samples)
        end = block.end
    return np.concatenate(pieces)


def pitch_hz(sound: np.ndarray) -> float:
    """Frequency of the strongest partial of sound at the grid's rate, to about 0.1 Hz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    return float(spectrum.argmax() * SAMPLE_RATE_HZ / (1 << 18))


def rms(sound: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def middle(sound: np.ndarray) -> np.ndarray:
    """Sound without its first and last quarter, where codecs fade in and out."""
    return sound[len(sound) // 4 : 3 * len(sound) // 4]
