"""Real sounds to lay over training segments: those whose manifest allows that weights learned with them are shipped."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.log_mel import Frames, LogMel
from engine.audio.media_file import MediaFile
from train.data.real_sounds.parts import TRAIN
from train.data.real_sounds.sound_manifest import FOLDS, read_manifest

CONFUSING_KINDS: Final = (
    *("negative", "speech", "whistle", "drum_fanfare_horn"),
    *("music", "horn", "drum", "surroundings"),
)
"""Kinds that are no cry of a crowd, whatever they are laid over."""
_LEAST_FRAMES: Final = 8


def load_sounds(folder: Path, folds: Collection[int] = range(FOLDS)) -> list[Frames]:
    """Frames in dB of every sound in ``folder`` that is no crowd and that shipped weights may be trained on.

    The folder's ``MANIFEST.csv`` says which: columns ``file``, ``kind`` and ``may_train_shipped_weights``. Only those
    in ``folds`` are taken (``train.data.real_sounds.sound_manifest.Clip.fold``), so that others are left to test on;
    of a manifest that names sources, only those that teach (``train.data.real_sounds.parts``).

    Raises:
        InputError: there is no such manifest, or a file that it names can't be read.
    """
    clips = read_manifest(folder)
    chosen = [
        clip.file for clip in clips if clip.kind in CONFUSING_KINDS and clip.fold in folds and clip.part in ("", TRAIN)
    ]
    sounds = []
    for name in chosen:
        log_mel = LogMel()
        source = MediaFile(folder / name)
        try:
            pieces = [log_mel.push(block.samples) for block in source.blocks()]
        finally:
            source.close()
        frames = np.concatenate(pieces) if pieces else np.zeros((0, 0), np.float32)
        if len(frames) >= _LEAST_FRAMES:
            sounds.append(frames)
    return sounds
