"""What people said of a session's spikes, as something to learn from.

A review speaks of the stretch in which the index was high, and of nothing else: what nobody reviewed is neither danger
nor calm. So every moment outside the reviewed stretches is left out of the labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core import grid
from train.data.labels import Labels


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A stretch of a session from ``onset_s`` to ``end_s`` seconds, and whether it was danger; ``what`` it was."""

    onset_s: float
    end_s: float
    danger: bool
    what: str = ""

    def since(self, start_s: float) -> "Reviewed":
        """The same in seconds since ``start_s``."""
        return replace(self, onset_s=self.onset_s - start_s, end_s=self.end_s - start_s)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Unbroken sound of ``frames`` frames: from frame ``first`` of the stored ones, from ``start`` of the session's."""

    first: int
    frames: int
    start: int

    def holds(self, review: Reviewed) -> bool:
        """Whether the index had a whole history of this stretch when ``review`` ended."""
        first_s = grid.end_time_s(self.start + grid.HISTORY_FRAMES)
        last_s = grid.end_time_s(self.start + self.frames)
        return first_s <= review.end_s and review.onset_s <= last_s

    def moved(self, review: Reviewed) -> Reviewed:
        """``review`` in seconds of this stretch."""
        return review.since(self.start * grid.HOP_S)


RULE: Final = "reviews"


def review_labels(reviews: Sequence[Reviewed], ends: NDArray[np.int64]) -> Labels:
    """Labels of the windows that end at frames ``ends``: those of a reviewed stretch, weight 0 elsewhere.

    A stretch that is over before the next window ends has that window.
    """
    at_s = grid.end_time_s(ends)
    target, weight = np.zeros(ends.shape, np.float32), np.zeros(ends.shape, np.float32)
    for review in reviews:
        first, last = np.searchsorted(at_s, [review.onset_s, review.end_s])
        rows = slice(first, max(last, first + 1))
        target[rows], weight[rows] = float(review.danger), 1.0
    return Labels(RULE, ends, target, weight, target > 0)


LEAST_REVIEWS: Final = 30
"""So many reviewed spikes are needed before calibration and alarm line are fitted to them alone."""
LEAST_OF_EACH: Final = 8
"""And so many of them right, and so many wrong: one kind alone says nothing about telling them apart."""


def enough(right: int, wrong: int) -> bool:
    """Whether calibration and alarm line can be fitted to so many reviews."""
    return right + wrong >= LEAST_REVIEWS and min(right, wrong) >= LEAST_OF_EACH


def review_counts(right: int, wrong: int) -> str:
    """How many there are, and how many are needed."""
    return (
        f"{right + wrong} reviewed spikes ({right} right, {wrong} wrong); {LEAST_REVIEWS} are needed, "
        f"at least {LEAST_OF_EACH} of each"
    )
