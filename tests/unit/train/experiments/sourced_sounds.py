"""A folder of sounds whose manifest names sources, made from noise."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile

from engine.core.grid import SAMPLE_RATE_HZ

COLUMNS = ("file", "kind", "what", "notes", "may_train_shipped_weights", "source")
YES, NO = "yes", "no (share-alike): evaluate only"
KINDS = {
    "music": ("song", "instrumental"),
    "speech": ("speech",),
    "whistle": ("whistle",),
    "horn": ("horn",),
    "drum": ("drums",),
    "surroundings": ("surroundings",),
}
SOURCES = 24


def dying_away(seconds: float, fall_db: float, rng: np.random.Generator) -> np.ndarray:
    """Noise that falls by so much in its second half."""
    t = np.linspace(0, 1, round(seconds * SAMPLE_RATE_HZ))
    return 0.2 * rng.normal(size=len(t)) * 10 ** (-fall_db * np.clip(2 * t - 1, 0, 1) / 20)


def make(root: Path) -> list[tuple[str, ...]]:
    """Write the folder, and return its rows."""
    rows: list[tuple[str, ...]] = []
    for kind, whats in KINDS.items():
        for what in whats:
            for number in range(SOURCES):
                may = NO if number % 3 else YES
                rows.append((f"{kind}/{what}{number}.flac", kind, what, "", may, f"maker {number}"))
    for number in range(6):
        rows.append((f"crowd/cheer{number}.flac", "crowd", "crowd cheer", "", NO, f"game {number}"))
        rows.append((f"crowd/chant{number}.flac", "crowd", "chant", "", NO, f"game {number}"))
        rows.append((f"bed/bed{number}.flac", "bed", "crowd", "", YES, f"game {number}"))
        rows.append((f"applause/clap{number}.flac", "applause", "applause", "", YES, f"game {number}"))
    rows.append(("bed/drums.flac", "bed", "crowd", "drums + chant loop", NO, "game 9"))
    write_sounds(
        root,
        COLUMNS,
        rows,
        lambda name, rng: dying_away(6.0, 20.0, rng) if "cheer" in name else 0.05 * rng.normal(size=3 * SAMPLE_RATE_HZ),
    )
    return rows


def write_sounds(
    root: Path,
    columns: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    sound_of: Callable[[str, np.random.Generator], np.ndarray],
) -> None:
    """Write a manifest, and the sound of each row by its name and random numbers of its own."""
    with (root / "MANIFEST.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    for number, (name, *_) in enumerate(rows):
        (root / name).parent.mkdir(exist_ok=True)
        sound = sound_of(name, np.random.default_rng(number))
        soundfile.write(root / name, np.clip(sound, -1, 1), SAMPLE_RATE_HZ)
