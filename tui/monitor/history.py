"""The readings of a session in memory, so that any stretch of it can be drawn at any zoom."""

import math
from bisect import bisect_right
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engine.core.heard_tags import Heard, in_words
from engine.core.signals import Health, Reading
from engine.session.schema import HEALTH_CODES
from tui.monitor.feed import Column, Floats, Readings

_CODES = {health: code for code, health in enumerate(HEALTH_CODES)}
_FIRST_CAPACITY = 4096
_HEARD_FOR_S = 2.0
"""What was heard is told about once a second; older than this it is not shown any more."""


def highest_in_columns(
    t: Floats, values: Column, first: int, count: int, column_s: float, until_s: float = math.inf
) -> Floats:
    """The highest of ``values`` in each of ``count`` columns, of shape (count,); NaN where there was no number.

    ``t`` (n,) rises; of ``values`` the first n are looked at. Column ``i`` is the time
    ``[i * column_s, (i + 1) * column_s)``: its bounds depend on the zoom alone, so that a picture scrolls by whole
    columns and a column that has passed never changes. The maximum, not the mean, so that a spike stays visible
    however far out the view is zoomed.
    """
    result = np.full(count, np.nan)
    stop = int(np.searchsorted(t, until_s, side="right"))
    edges = np.searchsorted(t[:stop], np.arange(first, first + count + 1) * column_s, side="left")
    filled: NDArray[np.bool_] = edges[1:] > edges[:-1]
    if filled.any():
        starts = edges[:-1][filled]
        end = int(edges[1:][filled][-1])
        result[filled] = np.fmax.reduceat(values[:end], starts)
    return result


class History:
    """Readings in order of time, in arrays that grow by doubling: about 5 MB in eight hours.

    A reading that does not come after the newest one is left out: a session never goes back in time.
    """

    def __init__(self) -> None:
        self._length = 0
        self._t = np.empty(_FIRST_CAPACITY)
        self._pressure = np.empty(_FIRST_CAPACITY, np.float32)
        self._level = np.empty(_FIRST_CAPACITY, np.float32)
        self._peak = np.empty(_FIRST_CAPACITY, np.float32)
        self._health = np.empty(_FIRST_CAPACITY, np.uint8)
        self._heard_t: list[float] = []
        self._heard: list[str] = []

    def __len__(self) -> int:
        return self._length

    @property
    def head_s(self) -> float:
        """Time of the newest reading, 0 before the first."""
        return float(self._t[self._length - 1]) if self._length else 0.0

    def load(self, readings: Readings) -> None:
        """Add many readings at once."""
        fresh = readings.t > self.head_s if self._length else np.ones(len(readings.t), bool)
        count = int(fresh.sum())
        self._reserve(count)
        place = slice(self._length, self._length + count)
        self._t[place] = readings.t[fresh]
        self._pressure[place] = readings.pressure[fresh]
        self._level[place] = readings.level_db[fresh]
        self._peak[place] = readings.peak_db[fresh]
        self._health[place] = readings.health[fresh]
        self._length += count
        for t, heard in readings.heard:
            self._hear(t, heard)

    def extend(self, readings: Iterable[Reading]) -> None:
        """Add readings one after the other."""
        for reading in readings:
            if self._length and reading.t <= self._t[self._length - 1]:
                continue
            self._reserve(1)
            at = self._length
            self._t[at] = reading.t
            self._pressure[at] = math.nan if reading.pressure is None else reading.pressure
            self._level[at] = reading.level_db
            self._peak[at] = reading.peak_db
            self._health[at] = _CODES[reading.health]
            self._length += 1
            if reading.heard is not None:
                self._hear(reading.t, reading.heard)

    def _hear(self, t: float, heard: Heard) -> None:
        if not self._heard_t or t > self._heard_t[-1]:
            self._heard_t.append(t)
            self._heard.append(in_words(heard))  # as words: ten hours of them are little

    @property
    def tells_tags(self) -> bool:
        """Whether anything was told of what is heard."""
        return bool(self._heard_t)

    def heard_at(self, t: float) -> str | None:
        """What was heard at ``t`` in words, empty where nothing was clear; None where nobody told, or long before."""
        index = bisect_right(self._heard_t, t) - 1
        return self._heard[index] if index >= 0 and t - self._heard_t[index] <= _HEARD_FOR_S else None

    def at(self, t: float) -> Reading | None:
        """The newest reading not after ``t``, or None before the first."""
        index = int(np.searchsorted(self._t[: self._length], t, side="right")) - 1
        if index < 0:
            return None
        pressure = float(self._pressure[index])
        return Reading(
            t=float(self._t[index]),
            pressure=None if math.isnan(pressure) else pressure,
            level_db=float(self._level[index]),
            peak_db=float(self._peak[index]),
            health=Health(HEALTH_CODES[self._health[index]]),
        )

    def columns(self, first: int, count: int, column_s: float, until_s: float = math.inf) -> Floats:
        """The highest pressure of each of ``count`` columns, as ``highest_in_columns`` has them."""
        times = self._t[: self._length]
        return highest_in_columns(times, self._pressure, first, count, column_s, until_s)

    def highest_level(self, from_s: float, to_s: float) -> float | None:
        """The highest peak in dBFS of the readings in ``(from_s, to_s]``, or None where there are none."""
        times = self._t[: self._length]
        start, stop = np.searchsorted(times, [from_s, to_s], side="right")
        return float(self._peak[start:stop].max()) if stop > start else None

    def mean_pressure(self, from_s: float, to_s: float) -> float | None:
        """The mean pressure of the readings in ``(from_s, to_s]`` that have a number, or None."""
        times = self._t[: self._length]
        start, stop = np.searchsorted(times, [from_s, to_s], side="right")
        values = self._pressure[start:stop]
        values = values[~np.isnan(values)]
        return float(values.mean()) if len(values) else None

    def rate(self, from_s: float, to_s: float) -> float | None:
        """Readings a second among those in ``(from_s, to_s]``, or None where there are fewer than two."""
        times = self._t[: self._length]
        start, stop = np.searchsorted(times, [from_s, to_s], side="right")
        return float((stop - start - 1) / (times[stop - 1] - times[start])) if stop - start > 1 else None

    def _reserve(self, more: int) -> None:
        capacity = len(self._t)
        if self._length + more <= capacity:
            return
        while capacity < self._length + more:
            capacity *= 2
        for name in ("_t", "_pressure", "_level", "_peak", "_health"):
            old = getattr(self, name)
            new = np.empty(capacity, old.dtype)
            new[: self._length] = old[: self._length]
            setattr(self, name, new)
