"""Whether music is sung, by what a tagger hears in it."""

from pathlib import Path
from typing import Final

import numpy as np

from train.data.real_sounds.tagger import Table, Yamnet

SONG: Final = "song"
INSTRUMENTAL: Final = "instrumental"
SUNG: Final = (
    *("Singing", "Choir", "Vocal music", "Rapping", "Child singing", "A capella", "Chant", "Mantra", "Yodeling"),
    *("Male singing", "Female singing", "Opera"),
)
"""Classes of AudioSet that are voices in music; a tagger need not know all of them."""
LEAST_SCORE: Final = 0.1
LEAST_SHARE: Final = 0.1


def kind_of_music(scores: Table, classes: tuple[str, ...]) -> str:
    """``SONG`` where a tenth of the windows has a voice in it, (windows, classes) scores; else ``INSTRUMENTAL``."""
    columns = [number for number, name in enumerate(classes) if name in SUNG]
    sung = scores[:, columns].max(axis=1) >= LEAST_SCORE
    return SONG if float(np.mean(sung)) >= LEAST_SHARE else INSTRUMENTAL


def heard_kind(file: Path, tagger: Yamnet) -> str:
    """``kind_of_music`` of a sound file."""
    return kind_of_music(tagger.file_scores(file), tagger.classes)
