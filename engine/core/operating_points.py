"""The alarm lines that weights were measured at: what each gives, the next one, and the one in force in words."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from engine.core.spike_settings import measured_lines

_SAME: Final = 1e-4
"""Weights keep the line in force with four digits."""
_OF_ANOTHER_DETECTOR: Final = ("spike_off", "spike_min_duration_s", "spike_refractory_s", "spike_merge_s")
"""Settings with which no line was measured."""


class OperatingPoint(NamedTuple):
    """A threshold, how often it was measured to raise a false alarm, and the share of real cries that it found; None
    where that was not measured."""

    alarms_per_match: float | None
    threshold: float
    cries_found: float | None = None


def points_of(rows: Iterable[Any], settings: Mapping[str, Any] | None = None) -> tuple[OperatingPoint, ...]:
    """Operating points as the weights' config spells them, the highest first; rows that are none are left out, and of
    several budgets with one threshold there is one point.

    Where ``settings`` make another detector of alarms than the measured one, the lines alone are known.
    """
    points = [
        OperatingPoint(false, threshold, _share(row)) for row in rows for false, threshold in measured_lines([row])
    ]
    if settings and any(settings.get(name) is not None for name in _OF_ANOTHER_DETECTOR):
        points = [OperatingPoint(None, point.threshold) for point in points]
    one_each = {point.threshold: point for point in points}
    return tuple(sorted(one_each.values(), key=lambda point: point.threshold, reverse=True))


def _share(row: Mapping[str, Any]) -> float | None:
    found = row.get("real_cries_found")
    return float(found) if isinstance(found, int | float) and 0 <= found <= 1 else None


def point_in_force(points: Iterable[OperatingPoint], threshold: float) -> OperatingPoint | None:
    """The operating point whose threshold is the one in force, if there is one."""
    return next((point for point in points if abs(point.threshold - threshold) < _SAME), None)


def next_point(points: Iterable[OperatingPoint], threshold: float, more: int) -> OperatingPoint | None:
    """The next operating point with more (``more`` = 1) or fewer (-1) alarms than ``threshold`` gives; None at the end.

    More alarms go with a lower threshold.
    """
    ordered = sorted(points, key=lambda point: point.threshold)
    if more > 0:
        return next((point for point in reversed(ordered) if point.threshold < threshold - _SAME), None)
    return next((point for point in ordered if point.threshold > threshold + _SAME), None)


def budget_sentence(points: Iterable[OperatingPoint], threshold: float) -> str:
    """What the alarm line means in alarms, in words."""
    point = point_in_force(points, threshold)
    if point is not None and point.alarms_per_match is not None:
        count = round(point.alarms_per_match, 1)
        found = "" if point.cries_found is None else f", {point.cries_found:.0%} of real cries found"
        return f"about {count:g} false alarm{'' if count == 1 else 's'} a match{found}"
    return "no measured rate of false alarms for it"
