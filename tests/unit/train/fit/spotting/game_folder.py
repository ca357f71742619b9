"""A folder of games as SoccerNet lays them out, their features made so that events can be seen in them."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

LABELS = ("Goal", "Corner", "Yellow card")
ROWS = 480
PICTURE, SOUND = "PICTURE", "SOUND"


def write_game(
    folder: Path,
    seed: int,
    rows: int = ROWS,
    each: int = 4,
    seen: Sequence[str] = LABELS,
    heard: Sequence[str] = LABELS,
) -> None:
    """One game: ``each`` events of every label in each half, far apart; rows around those in ``seen`` and ``heard``
    lean towards a direction of the label's in the picture and in the sound."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    annotations = []
    for half in (1, 2):
        places = rng.permutation(np.arange(20, rows - 20, (rows - 40) // (each * len(LABELS))))[: each * len(LABELS)]
        picture = rng.standard_normal((rows, 12)).astype(np.float32)
        sound = rng.standard_normal((rows, 6)).astype(np.float32)
        for n, row in enumerate(places.tolist()):
            kind = n % len(LABELS)
            label, around = LABELS[kind], slice(row - 2, row + 4)
            picture[around, kind] += 5.0 * (label in seen)
            sound[around, kind] += 5.0 * (label in heard)
            ms = row * 500
            annotations.append(
                {
                    "gameTime": f"{half} - {ms // 60000:02d}:{ms // 1000 % 60:02d}",
                    "label": label,
                    "position": str(ms),
                    "team": "home",
                    "visibility": "visible",
                }
            )
        np.save(folder / f"{half}_{PICTURE}.npy", picture)
        np.save(folder / f"{half}_{SOUND}.npy", sound)
    (folder / "Labels-v2.json").write_text(json.dumps({"annotations": annotations}))


def write_games(folder: Path, **more) -> None:
    """A game to learn from, one to choose by and one to judge by, in folders of their own."""
    for number, part in enumerate(("train", "valid", "test")):
        write_game(folder / part / "a_league" / "2020-2021" / f"game {number}", number, **more)
