"""Pieces of music in a WAD, the archive of a family of games, played with a sampled soundfont by FluidSynth."""

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Final

import numpy as np

from engine.core import grid
from engine.core.errors import InputError
from engine.core.signals import Samples

_MIDI: Final = b"MThd"
_MUSIC: Final = "D_"


def midi_pieces(wad: Path) -> dict[str, bytes]:
    """Every MIDI piece in the archive by its name, each once. Raises ``InputError`` where it is no WAD."""
    content = wad.read_bytes()
    if content[:4] not in (b"IWAD", b"PWAD"):
        raise InputError(f"{wad} is no WAD", "Fetch the package again.")
    count, directory = struct.unpack_from("<ii", content, 4)
    pieces: dict[str, bytes] = {}
    for entry in range(count):
        first, size, raw = struct.unpack_from("<ii8s", content, directory + 16 * entry)
        name = raw.rstrip(b"\0").decode("ascii", "replace")
        piece = content[first : first + size]
        if name.startswith(_MUSIC) and piece.startswith(_MIDI) and piece not in pieces.values():
            pieces[name.removeprefix(_MUSIC).lower()] = piece
    return pieces


def played(midi: bytes, soundfont: Path, seconds: float, folder: Path) -> Samples:
    """At most the first ``seconds`` of a piece, mono at 22050 Hz. Raises ``InputError`` without FluidSynth."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise InputError("There is no fluidsynth to play pieces of music with", "apt-get install fluidsynth")
    score = folder / "piece.mid"
    score.write_bytes(midi)
    command = [program, "-niq", "-g", "0.5", "-r", str(grid.SAMPLE_RATE_HZ), "-O", "s16", "-T", "raw", "-F", "-"]
    with subprocess.Popen(
        [*command, str(soundfont), str(score)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as run:
        assert run.stdout is not None
        raw = run.stdout.read(round(seconds * grid.SAMPLE_RATE_HZ) * 4)
        run.kill()
    stereo = np.frombuffer(raw[: len(raw) // 4 * 4], "<i2").reshape(-1, 2)
    return np.asarray(stereo.mean(axis=1) / 32768, np.float32)
