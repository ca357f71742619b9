"""Intervals by drawing whole matches (Efron's bootstrap), never windows: windows of one match are not independent."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

Statistic = Callable[[NDArray[np.float64]], float]
"""A figure over matches, given how often each match counts, shape (matches,)."""

LEAST_DEFINED = 0.5


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % percentile interval; None where it is not defined: no event, or a single match."""

    value: float | None
    low: float | None = None
    high: float | None = None


def draws_of(matches: int, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each match is drawn, shape (draws, matches). Figures to be compared must share them."""
    return rng.multinomial(matches, np.full(matches, 1 / matches), draws).astype(np.float64)


def interval(statistic: Statistic, draws: NDArray[np.float64]) -> Interval:
    """The figure over all matches, and the interval in which 95 % of the draws fall.

    Draws in which the figure is not defined (NaN) are left out; where that are more than half, there is no interval.
    """
    matches = draws.shape[1]
    value = statistic(np.ones(matches))
    if not isfinite(value):
        return Interval(None)
    if matches < 2:
        return Interval(float(value))
    drawn = np.array([statistic(draw) for draw in draws])
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < LEAST_DEFINED * len(draws):
        return Interval(float(value))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(float(value), float(low), float(high))
