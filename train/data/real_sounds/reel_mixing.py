"""How the sound of a reel is put together: what of a clip is heard, at which level, what repeats without a seam."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from engine.core import grid
from engine.core.errors import UsageError
from engine.core.files import open_private
from engine.core.signals import Samples
from train.data.real_sounds.reel_truth import ReelTruth, write_truth
from train.data.real_sounds.sound_manifest import Clip, load

RATE_HZ: Final = grid.SAMPLE_RATE_HZ
LONGEST_S: Final = 12.0
BED_DBFS: Final = -32.0
FROM_ANYWHERE: Final = frozenset({"speech", "drum and chant", "chant", "song", "instrumental"})
"""Groups whose clips have no beginning worth keeping: a stretch from anywhere in them."""
_LOUDEST: Final = round(0.4 * RATE_HZ)
_QUIET_DB: Final = -30.0
_LOOP_JOIN_S: Final = 0.5


class Sounds:
    """The clips of a folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Samples] = {}

    def __getitem__(self, clip: Clip) -> Samples:
        if clip.file not in self._read:
            self._read[clip.file] = load(self._folder, clip)
        return self._read[clip.file]


def heard_part(sound: Samples, group: str, rng: np.random.Generator) -> Samples:
    """At most ``LONGEST_S`` of a clip, without the quiet before and after it, so that its onset is one."""
    longest = round(LONGEST_S * RATE_HZ)
    if group in FROM_ANYWHERE and len(sound) > longest:
        first = int(rng.integers(len(sound) - longest + 1))
        sound = sound[first : first + longest]
    step = RATE_HZ // 50
    power = np.square(sound[: len(sound) // step * step], dtype=np.float64).reshape(-1, step).mean(axis=1)
    loud = np.flatnonzero(power > loudest_power(sound) * 10 ** (_QUIET_DB / 10))
    if len(loud):
        sound = sound[loud[0] * step : (loud[-1] + 1) * step]
    sound = sound[:longest].copy()
    fade = min(round(0.02 * RATE_HZ), len(sound))
    sound[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound


def loudest_power(sound: Samples) -> float:
    """Mean power of the loudest 0.4 s, or of all of a shorter sound."""
    window = min(_LOUDEST, len(sound))
    sums = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    return float((sums[window:] - sums[:-window]).max() / window)


def at_level(sound: Samples, level_dbfs: float) -> Samples:
    """The sound with its loudest 0.4 s at a level."""
    return sound * np.float32(10 ** (level_dbfs / 20) / np.sqrt(max(loudest_power(sound), 1e-12)))


def seamless(sound: Samples) -> Samples:
    """The sound with its end blended into its beginning, so that it can be repeated."""
    join = min(round(_LOOP_JOIN_S * RATE_HZ), len(sound) // 4)
    turn = np.linspace(0, np.pi / 2, join, dtype=np.float32)
    looped = sound[: len(sound) - join].copy()
    looped[:join] = looped[:join] * np.sin(turn) + sound[len(sound) - join :] * np.cos(turn)
    return looped


def repeated(loop: Samples, length: int, first: int) -> Samples:
    """So many samples of a loop without end, from sample ``first`` of it on."""
    return np.take(loop, np.arange(first, first + length), mode="wrap")


def write_reel(out: Path, pieces: Iterator[Samples], truth: ReelTruth, force: bool) -> None:
    """Write the sound (FLAC) and its truth beside it.

    Raises:
        UsageError: the files are there already and ``force`` is False.
    """
    truth_file = out.with_suffix(".json")
    taken = [file for file in (out, truth_file) if file.exists()]
    if taken and not force:
        raise UsageError(f"{taken[0]} is there already", "Choose another name, or replace it with --force.")
    descriptor = open_private(out, os.O_RDWR | os.O_TRUNC)
    with (
        os.fdopen(descriptor, "w+b") as raw,
        soundfile.SoundFile(raw, "w", RATE_HZ, 1, "PCM_16", format="FLAC") as flac,
    ):
        for piece in pieces:
            flac.write(np.clip(piece, -1.0, 1.0))
    write_truth(truth, truth_file)
