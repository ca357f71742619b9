"""Sound into a file: whole, or not at all."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.app import write_sound
from engine.core import grid


class Noise:
    """Some seconds of it, as a source hands them out."""

    duration_s = 20.0

    def blocks(self):
        samples = np.random.default_rng(1).normal(0, 0.1, grid.SAMPLE_RATE_HZ).astype(np.float32)
        for second in range(20):
            yield type("Block", (), {"samples": samples, "end": (second + 1) * grid.SAMPLE_RATE_HZ})


def test_the_whole_source_is_written(tmp_path: Path):
    write_sound.write_flac(Noise(), tmp_path / "noise.flac", lambda *_: None)
    assert soundfile.info(tmp_path / "noise.flac").frames == 20 * grid.SAMPLE_RATE_HZ


class NoRoom:
    """A file on a disk that takes a hundred kilobytes."""

    def __init__(self, raw) -> None:
        self._raw = raw
        self.seek, self.tell = raw.seek, raw.tell

    def write(self, data) -> int:
        if self._raw.tell() > 100_000:
            raise OSError(28, "No space left on device")
        return self._raw.write(data)


def test_a_full_disk_is_an_error_and_nothing_else_is_printed(tmp_path: Path, monkeypatch, capfd):
    usual = write_sound._Written
    monkeypatch.setattr(write_sound, "_Written", lambda raw: usual(NoRoom(raw)))
    with pytest.raises(OSError, match="No space left") as caught:
        write_sound.write_flac(Noise(), tmp_path / "noise.flac", lambda *_: None)
    assert caught.value.filename == str(tmp_path / "noise.flac")
    assert capfd.readouterr().err == "" and list(tmp_path.iterdir()) == []
