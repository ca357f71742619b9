"""The last two minutes of a venue's index, in a few numbers that are never more."""

from array import array
from math import isnan, nan
from typing import Final

COLUMN_S: Final = 2.0
COLUMNS: Final = 60
SPAN_S: Final = COLUMN_S * COLUMNS


class PressureRing:
    """The highest index of each of the last sixty stretches of two seconds of sound.

    Not the mean: a spike must stay to be seen. A stretch without a number is NaN.
    """

    __slots__ = ("_head", "_values")

    def __init__(self) -> None:
        self._values = array("f", [nan]) * COLUMNS
        self._head = -1

    def put(self, t: float, pressure: float | None) -> None:
        """Note the index at ``t`` seconds of sound; what lies before the two minutes is let go."""
        column = int(t // COLUMN_S)
        if column <= self._head - COLUMNS:
            return
        if column > self._head:
            for passed in range(max(self._head + 1, column - COLUMNS + 1), column + 1):
                self._values[passed % COLUMNS] = nan
            self._head = column
        before = self._values[column % COLUMNS]
        if pressure is not None and not before >= pressure:
            self._values[column % COLUMNS] = pressure

    def cells(self, most: int) -> list[float]:
        """The two minutes in at most ``most`` values, each the highest of as many stretches as it takes; NaN: none.

        Which stretches share a value depends on the time alone, so that a picture moves by whole cells and what has
        passed never changes.
        """
        share = -(-COLUMNS // max(most, 1))
        count = -(-COLUMNS // share)
        last = self._head // share
        return [self._highest(first * share, share) for first in range(last - count + 1, last + 1)]

    def columns(self) -> list[tuple[float, float]]:
        """The time of each stretch that has a number, at its end, and the number."""
        kept = range(max(self._head - COLUMNS + 1, 0), self._head + 1)
        values = [((column + 1) * COLUMN_S, self._values[column % COLUMNS]) for column in kept]
        return [(t, value) for t, value in values if not isnan(value)]

    def _highest(self, first: int, share: int) -> float:
        found = nan
        for column in range(max(first, self._head - COLUMNS + 1, 0), min(first + share, self._head + 1)):
            value = self._values[column % COLUMNS]
            if not found >= value:
                found = value if not isnan(value) else found
        return found
