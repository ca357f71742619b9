"""When a rise of the index is reported: what a person sets, weights bring along, and the detector of spikes goes by."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from engine.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class SpikeSettings:
    """When a rise of the index is reported.

    on: pressure that a spike must reach. Higher: fewer spikes, fewer false alarms, more missed.
    off: pressure below which a spike ends (hysteresis). Lower: longer spikes, fewer of them.
    min_duration_s: how long it must have lasted since it reached ``on``. Longer: fewer false alarms, later report.
    refractory_s: quiet time after a spike's end. Longer: the same event is reported again less often, and a new one
        soon after it is reported late or not at all.
    merge_s: dips below ``off`` up to this long stay inside a spike. Longer: spikes merge more, and end later.
    """

    on: float = 0.7
    off: float = 0.5
    min_duration_s: float = 1.0
    refractory_s: float = 5.0
    merge_s: float = 3.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.off <= self.on <= 1.0:
            raise UsageError(
                f"The spike thresholds must be 0 <= off <= on <= 1; they are off {self.off:g} and on {self.on:g}.",
                "Set both; off a little below on keeps one event from being reported twice.",
            )
        for name in ("min_duration_s", "refractory_s", "merge_s"):
            if not 0.0 <= getattr(self, name) < float("inf"):
                raise UsageError(f"{name} must be zero or more seconds.", "Leave it out to get the default.")


def at_threshold(settings: SpikeSettings, on: float) -> SpikeSettings:
    """The same settings with another threshold, the lower one in the same proportion."""
    return replace(settings, on=on, off=min(on, on * settings.off / settings.on) if settings.on else 0.0)


def measured_lines(points: Iterable[Any]) -> list[tuple[float, float]]:
    """False alarms a match and threshold of each of a weights' operating points; what is none is left out."""
    found = []
    for point in points:
        false, on = (point.get("false_per_match"), point.get("threshold")) if isinstance(point, dict) else (None, None)
        if isinstance(false, int | float) and isinstance(on, int | float) and 0 < on <= 1:
            found.append((float(false), float(on)))
    return found
