"""Real sounds to lay over training strips: those whose manifest allows that weights learned with them are shipped."""

import csv
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.media import MediaFile
from engine.errors import InputError
from engine.mel import LogMel
from train.augment import Frames

MANIFEST: Final = "MANIFEST.csv"
CONFUSING_KINDS: Final = ("negative", "speech", "whistle", "drum_fanfare_horn")
"""Kinds that are no cry of a crowd, whatever they are laid over."""
_LEAST_FRAMES: Final = 8


def load_sounds(folder: Path) -> list[Frames]:
    """Frames in dB of every sound in ``folder`` that is no crowd and that shipped weights may be trained on.

    The folder's ``MANIFEST.csv`` says which: columns ``file``, ``kind`` and ``may_train_shipped_weights``.

    Raises:
        InputError: there is no such manifest, or a file that it names can't be read.
    """
    path = folder / MANIFEST
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        chosen = [
            row["file"]
            for row in rows
            if row["kind"] in CONFUSING_KINDS and row["may_train_shipped_weights"].split()[0] == "yes"
        ]
    except (OSError, UnicodeDecodeError, KeyError, IndexError, AttributeError) as fault:
        raise InputError(f"{path} can't be read: {fault}", f"Give a folder of sounds with its {MANIFEST}.") from fault
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
