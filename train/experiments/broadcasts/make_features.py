"""Features of drawn broadcasts on disk: made where they are missing, and brought to one scale by the training games."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.app.features import Order, make_features
from engine.core.run_protocols import Stop
from engine.core.telling import Progress
from engine.encoders.choices import Choice
from engine.encoders.feature_file import load_features, read_sidecar, write_features
from engine.football.soccernet import HALVES
from train.experiments.broadcasts.simulate_broadcasts import DrawnGame, untold

RAW: Final[Mapping[str, str]] = {"video": "Pixels", "audio": "Crowd"}
"""What the files of each channel are called as they are made: ``1_Pixels.npy``."""
ENCODERS: Final[Mapping[str, str]] = {"video": "pixels", "audio": "crowd"}
SCALED: Final = "Scaled"
_FLAT: Final = 1e-3


def scaled_names(raw: Mapping[str, str]) -> dict[str, str]:
    """What the files of each channel are called on one scale."""
    return {channel: f"{name}{SCALED}" for channel, name in raw.items()}


def make_missing(games: Sequence[DrawnGame], out: Path, progress: Progress) -> None:
    """The features of every video of ``games`` that has none yet. Raises as ``make_features`` does."""
    encoders = tuple(Choice(name, None, "auto") for name in ENCODERS.values())
    for done, game in enumerate(games):
        progress("features", done, len(games), game.game)
        videos = tuple(sorted(game.folder(out).glob("[12]_*p.mp4")))
        for made in make_features(Order(videos, encoders), untold, Stop()):
            if made.fault is not None:
                raise made.fault
    progress("features", len(games), len(games))


def scale(games: Sequence[DrawnGame], out: Path, raw: Mapping[str, str]) -> None:
    """Write every channel once more with mean 0 and deviation 1 over the training games, a column at a time.

    Raises ``InputError`` where features are missing.
    """
    for name in raw.values():
        count, total, squares = 0, 0.0, 0.0
        for file in _files([game for game in games if game.split == "train"], out, name):
            values = np.asarray(load_features(file), dtype=np.float64)
            count, total, squares = count + len(values), total + values.sum(axis=0), squares + (values**2).sum(axis=0)
        mean: NDArray[Any] = np.asarray(total) / count
        deviation = np.sqrt(np.maximum(np.asarray(squares) / count - mean**2, 0.0))
        factor = np.where(deviation > _FLAT, 1.0 / np.maximum(deviation, _FLAT), 0.0)
        for file in _files(games, out, name):
            read = load_features(file)
            scaled = file.with_name(f"{file.stem}{SCALED}.npy")
            said = {**(read_sidecar(file) or {}), "width": read.shape[1], "scaled_by": "the training games"}
            write_features(scaled, len(read), iter([((read - mean) * factor).astype(np.float32)]), said)


def _files(games: Sequence[DrawnGame], out: Path, name: str) -> Iterator[Path]:
    return (game.folder(out) / f"{half}_{name}.npy" for game in games for half in HALVES)
