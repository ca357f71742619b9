"""Intervals by drawing whole matches (Efron's bootstrap), never windows: windows of one match are not independent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]
"""How often each match counts, shape (matches,)."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Figures by name over all matches, and over each draw: arrays (draws,), NaN where not defined."""

    values: Mapping[str, float]
    resampled: Mapping[str, NDArray[np.float64]]
    matches: int

    def interval(self, name: str) -> Interval:
        """The figure over all matches, and the interval in which 95 % of the draws fall.

        Draws in which the figure is not defined are left out; where that are more than half, there is no interval.
        """
        return _interval(self.values[name], self.resampled[name], self.matches)

    def difference(self, other: "Resampled", name: str) -> Interval:
        """How much larger the figure is than another scorer's, draw by draw. Both must come of the same draws."""
        return _interval(
            self.values[name] - other.values[name], self.resampled[name] - other.resampled[name], self.matches
        )


def resample_figures(figures: Callable[[Weights], Mapping[str, float]], draws: NDArray[np.float64]) -> Resampled:
    """Figures over all matches and over every draw; ``figures`` gives them for matches that count so often."""
    matches = draws.shape[1]
    values = dict(figures(np.ones(matches)))
    rows = [figures(draw) for draw in draws] if matches > 1 else []
    return Resampled(values, {name: np.array([row[name] for row in rows]) for name in values}, matches)


def interval(figure: Callable[[Weights], float], draws: NDArray[np.float64]) -> Interval:
    """One figure with its interval."""
    return resample_figures(lambda weights: {"": figure(weights)}, draws).interval("")


def _interval(value: float, drawn: NDArray[np.float64], matches: int) -> Interval:
    if not isfinite(value):
        return Interval(None)
    defined = drawn[np.isfinite(drawn)]
    if matches < 2 or not len(defined) or len(defined) < LEAST_DEFINED * len(drawn):
        return Interval(float(value))
    low, high = np.quantile(defined, [0.025, 0.975])
    return Interval(float(value), float(low), float(high))
