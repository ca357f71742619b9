"""Pictures of the simulator: proper PNG files that show what sounds."""

import struct
import zlib

import numpy as np

from engine.core.png import png
from train.experiments.documentation_spectrograms import scenes, sound_of, spectrogram


def decode(data: bytes) -> np.ndarray:
    """The pixels of a PNG of this kind, read by its own structure."""
    columns, rows = struct.unpack(">II", data[16:24])
    place, body = 8, b""
    while place < len(data):
        length, name = struct.unpack(">I4s", data[place : place + 8])
        part = data[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack(">I", data[place + 8 + length : place + 12 + length])
        assert checksum == zlib.crc32(name + part)
        body += part if name == b"IDAT" else b""
        place += 12 + length
    return (
        np.frombuffer(zlib.decompress(body), np.uint8).reshape(rows, 1 + 3 * columns)[:, 1:].reshape(rows, columns, 3)
    )


def test_a_picture_comes_out_of_its_file_as_it_went_in() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (7, 5, 3)).astype(np.uint8)
    assert np.array_equal(decode(png(picture)), picture)


def test_a_roar_is_brighter_than_the_bed_before_it() -> None:
    picture = spectrogram(sound_of("roar")).astype(int).sum(axis=2)
    seconds = picture.shape[1] / 14.0
    before, after = (
        picture[:190, int(2 * seconds) : int(3.5 * seconds)],
        picture[:190, int(5 * seconds) : int(6 * seconds)],
    )
    assert after.mean() > 1.3 * before.mean()


def test_what_the_documentation_shows_is_drawn() -> None:
    assert {"bed", "build-up", "roar", "groan", "chant", "pa-music", "drum"} <= set(scenes())
