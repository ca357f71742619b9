"""Linear read-outs of a cry against other kinds of sound, fitted when the network stands.

Logistic regression on what the newest columns of windows are pooled to, at the moments at which one kind of sound
alone is heard; the two sides count alike however often they sound, of the cries a groan half as much as a cheer, of
the others each alike. The mean over the whole window tells no more, and would make what was before a cry a part of its
reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from engine.core.errors import InputError
from engine.model.network import MlxNetwork
from engine.model.tags import TAG_NAMES
from train.data.matches import TrainingMatch
from train.data.tags import tags_at
from train.fit.network.head_model import first_window_end, pooled_windows
from train.fit.network.widened_network import Array, ReadOut, with_cry_units

AGAINST: Final = (("chant",), ("applause", "boo"))
"""What each read-out tells a cry from: what sounds most like one. Music and speech beside chants gained nothing."""
_CRIES: Final[Mapping[str, float]] = {"cheer": 1.0, "groan": 0.5}
"""What counts as a cry, and how much."""
_CERTAIN: Final = 0.5


@dataclass(frozen=True, slots=True)
class CryReadOutSettings:
    """How the read-outs are fitted and what they are worth; chosen on reels for choosing alone.

    inverse_regularisation: scikit-learn's C for values in standard units. Larger: fits what it learns from closer.
    strength: log-odds of danger for each of the read-outs'. Larger: louder songs and cries are told apart at more cost
        where a simulated crowd cries out without danger.
    most: moments of a tag that are learned from, at most. More: slower, hardly better.
    """

    inverse_regularisation: float = 0.03
    strength: float = 0.1
    most: int = 20000


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What the newest columns of windows are pooled to (n, its width), each at a moment when one tag alone is heard:
    its number (n,)."""

    pooled: Array
    tag: NDArray[np.int64]

    @classmethod
    def of(cls, network: MlxNetwork, matches: Iterable[TrainingMatch]) -> "Heard":
        """The moments of ``matches``, in their order."""
        pooled, tags = [], []
        for match in matches:
            windows = pooled_windows(network, match)[:, -network.encoder.column_width :]
            ends = first_window_end() + grid.WINDOW_HOP_FRAMES * np.arange(len(windows))
            heard, _ = tags_at(match.sounds, grid.end_time_s(ends))
            alone = (heard >= _CERTAIN).sum(axis=1) == 1
            pooled.append(windows[alone].astype(np.float16))
            tags.append(heard[alone].argmax(axis=1))
        return cls(np.concatenate(pooled), np.concatenate(tags))


def widened(
    network: MlxNetwork, matches: Sequence[TrainingMatch], settings: CryReadOutSettings, seed: int
) -> MlxNetwork:
    """The network with units that know a cry from what is in ``AGAINST``, learned from ``matches``.

    Raises ``InputError`` where no cry, or nothing of one of those kinds, is heard in them alone.
    """
    heard = Heard.of(network, matches)
    read_outs = [
        fit_read_out(heard, others, settings, np.random.default_rng([seed, i])) for i, others in enumerate(AGAINST)
    ]
    before = np.zeros(network.encoder.pooled_width - heard.pooled.shape[1], np.float32)
    whole = [ReadOut(np.concatenate([before, newest.weights]), newest.bias) for newest in read_outs]
    return with_cry_units(network, whole, settings.strength)


def fit_read_out(
    heard: Heard, others: Sequence[str], settings: CryReadOutSettings, rng: np.random.Generator
) -> ReadOut:
    """The log-odds of a cry against ``others``, of what the newest columns are pooled to."""
    from sklearn.linear_model import LogisticRegression

    rows, weights, truth = [], [], []
    each = sum(_CRIES.values()) / len(others)
    for name, share in {**_CRIES, **dict.fromkeys(others, each)}.items():
        mine = rng.permutation(np.flatnonzero(heard.tag == TAG_NAMES.index(name)))[: settings.most]
        if not len(mine):
            raise InputError(f"no {name} is heard alone in what is learned from", "Learn from more simulated reels.")
        rows.append(mine)
        weights.append(np.full(len(mine), share / len(mine)))
        truth.append(np.full(len(mine), name not in others))
    pooled = heard.pooled[np.concatenate(rows)].astype(np.float32)
    mean, deviation = pooled.mean(axis=0), pooled.std(axis=0) + 1e-3
    counted = np.concatenate(weights) * len(pooled) / sum(map(np.sum, weights))
    model = LogisticRegression(C=settings.inverse_regularisation, max_iter=200)
    model.fit((pooled - mean) / deviation, np.concatenate(truth), sample_weight=counted)
    slopes = model.coef_[0] / deviation
    return ReadOut(slopes.astype(np.float32), float(model.intercept_[0] - slopes @ mean))
