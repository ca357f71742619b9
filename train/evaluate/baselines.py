"""What any scorer must beat: chance, loudness, loudness in the crowd's band, and boosting on mel statistics.

Every one is causal: a score at a frame's end depends on no later frame. Scores of one baseline compare with each other
only; calibrated on matches they become probabilities, on which the spike detector can run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import Frames, band_edges_hz
from engine.core import grid
from engine.core.errors import InputError, UsageError
from engine.core.extras import installing
from engine.model.front_end import frame_level_db
from train.metrics.ranking import Flags, Scores

Ends = NDArray[np.int64]

CHANCE: Final = "chance"
LOUDNESS: Final = "loudness"
BAND_LOUDNESS: Final = "crowd-band loudness"
BOOSTING: Final = "boosting"
BOOSTING_ON_CRIES: Final = "boosting on cries"

CROWD_HZ: Final = (500.0, 1000.0)
"""Where beds, roars and groans are strongest."""
_CHANCE_S: Final = 10.0
_NOW_S: Final = 1.0
_MINUTE_S: Final = 60.0
_LEAST_SPREAD_DB: Final = 0.5
_RECENT: Final = round(2.0 / grid.HOP_S)
_LATEST: Final = round(0.5 / grid.HOP_S)
_PIECE: Final = 4
_BACKGROUND_PIECES: Final = round(25.0 / grid.HOP_S / _PIECE)
_BACKGROUND_EVERY: Final = 3
_AT_ONCE: Final = 512
ROUNDS: Final = 150
"""Trees that boosting has."""


def chance(ends: Ends, rng: np.random.Generator) -> Scores:
    """A number drawn anew every ten seconds, in [0, 1), whatever is heard."""
    period = (ends * grid.HOP_S / _CHANCE_S).astype(np.int64)
    return rng.random(int(period.max()) + 1 if len(period) else 0)[period]


def loudness(mel: Frames, ends: Ends) -> Scores:
    """How many standard deviations the last second is louder than the last minute (what there is of it)."""
    return _z_score(frame_level_db(mel), ends)


def band_loudness(mel: Frames, ends: Ends) -> Scores:
    """The same within ``CROWD_HZ`` alone."""
    centres = band_edges_hz()[1:-1]
    return _z_score(frame_level_db(mel[:, (centres >= CROWD_HZ[0]) & (centres <= CROWD_HZ[1])]), ends)


def _z_score(level_db: Scores, ends: Ends) -> Scores:
    now, minute = round(_NOW_S / grid.HOP_S), round(_MINUTE_S / grid.HOP_S)
    centred = level_db - (level_db.mean() if len(level_db) else 0.0)  # for the sums' precision; drops out below
    recent = _mean_before(centred, ends, now)
    mean = _mean_before(centred, ends, minute)
    square = _mean_before(centred * centred, ends, minute)
    spread = np.sqrt(np.maximum(square - mean * mean, 0.0))
    return (recent - mean) / np.maximum(spread, _LEAST_SPREAD_DB)


def _mean_before(values: NDArray[Any], ends: Ends, count: int) -> NDArray[np.float64]:
    """Mean of the ``count`` rows before each of ``ends``, or of what there is."""
    sums = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0, dtype=np.float64)])
    starts = np.maximum(ends - count, 0)
    held = (ends - starts).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray((sums[ends] - sums[starts]) / held)


def mel_statistics(mel: Frames, ends: Ends) -> NDArray[np.float32]:
    """What boosting sees at each of ``ends``: (ends, 4 * MEL_BANDS), whatever the gain.

    By band: the mean of the last 2 s minus the median of the last 25 s; the same mean minus that of all bands (the
    shape of the sound); the standard deviation within the 2 s; the last half second minus the 2 s.
    """
    recent = _mean_before(mel, ends, _RECENT)
    square = _mean_before(np.square(mel, dtype=np.float64), ends, _RECENT)
    spread = np.sqrt(np.maximum(square - recent * recent, 0.0))
    change = _mean_before(mel, ends, _LATEST) - recent
    shape = recent - recent.mean(axis=1, keepdims=True)
    return np.concatenate([recent - _background(mel, ends), shape, spread, change], axis=1).astype(np.float32)


def _background(mel: Frames, ends: Ends) -> NDArray[np.float64]:
    """Median of the last 25 s by band, in pieces of four frames, taken anew every twelve.

    In the first 25 s of a sound its first piece stands in for what has not been heard.
    """
    pieces = len(mel) // _PIECE
    if not pieces:
        return _mean_before(mel, ends, len(mel))
    means = mel[: pieces * _PIECE].reshape(pieces, _PIECE, -1).mean(axis=1)
    lead = np.repeat(means[:1], _BACKGROUND_PIECES, axis=0)
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([lead, means]), _BACKGROUND_PIECES, axis=0)
    taken = np.arange(0, pieces + 1, _BACKGROUND_EVERY)  # window k holds the pieces before piece k
    medians = np.empty((len(taken), means.shape[1]))
    for first in range(0, len(taken), _AT_ONCE):
        medians[first : first + _AT_ONCE] = np.median(windows[taken[first : first + _AT_ONCE]], axis=-1)
    return np.asarray(medians[ends // _PIECE // _BACKGROUND_EVERY])


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Moments of one match for boosting: statistics (n, 4 * MEL_BANDS), and which of them are positive (n,)."""

    statistics: NDArray[np.float32]
    positive: Flags

    def thinned(self, most: int, rng: np.random.Generator) -> "Examples":
        """At most ``most`` moments of each kind, drawn at random."""
        chosen = np.concatenate(
            [rng.permutation(np.flatnonzero(self.positive == kind))[:most] for kind in (True, False)]
        )
        return Examples(self.statistics[np.sort(chosen)], self.positive[np.sort(chosen)])


def check_boosting() -> None:
    """Raises ``UsageError`` where what boosting needs is not installed."""
    try:
        import sklearn.ensemble  # noqa: F401 - both are asked for, not used
        import threadpoolctl  # noqa: F401
    except ImportError as missing:
        raise UsageError(
            f"{missing.name} is not installed, and boosting needs it",
            f"{installing('train')}; reels alone can be heard without, with --teach 0.",
        ) from missing


class Boosting:
    """Gradient boosting on mel statistics (scikit-learn's histogram boosting), fitted to labelled moments.

    Raises:
        InputError: the examples are of one class.
        UsageError: scikit-learn is not installed.
    """

    def __init__(self, examples: Sequence[Examples], seed: int, rounds: int = ROUNDS) -> None:
        check_boosting()
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        positive = np.concatenate([one.positive for one in examples]) if examples else np.zeros(0, bool)
        if not positive.any() or positive.all():
            raise InputError("boosting was given moments of one class only", "Teach it with more matches.")
        self._model = HistGradientBoostingClassifier(
            learning_rate=0.08,
            max_iter=rounds,
            max_leaf_nodes=15,
            min_samples_leaf=100,
            l2_regularization=1.0,
            max_features=0.25,
            early_stopping=False,
            random_state=seed,
        )
        with threadpool_limits(1):  # threads that wait for each other cost a hundred times more on a busy machine
            self._model.fit(np.concatenate([one.statistics for one in examples]), positive)

    def __call__(self, mel: Frames, ends: Ends) -> Scores:
        """Log-odds at each of ``ends``, by the share of positives that it was fitted to."""
        if not len(ends):
            return np.zeros(0)
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return np.asarray(self._model.decision_function(mel_statistics(mel, ends)), dtype=np.float64)
