"""Alarms against danger events: what was caught, what was false, how late, at every threshold.

An event is caught by an alarm that is decided within its reach. An alarm that is decided within the reach of no event
is false. It does not help to sound one alarm and never end it: only the moment of decision counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.core.signals import Alarm, Health, Reading, Spike
from engine.live.spike_detector import SpikeDetector, SpikeSettings
from train.metrics.ranking import Scores


@dataclass(frozen=True, slots=True)
class DangerEvent:
    """A goal or chance at ``t_s``; an alarm counts for it from ``from_s`` to ``to_s``. Seconds of sound.

    ``reaction_s`` is when the crowd's own reaction began, None where there was none or nobody knows.
    """

    t_s: float
    from_s: float
    to_s: float
    goal: bool
    reaction_s: float | None = None


class Stretch(NamedTuple):
    """From ``from_s`` to ``to_s`` seconds of sound something was heard."""

    from_s: float
    to_s: float
    kind: str = ""


@dataclass(frozen=True, slots=True)
class AlarmCounts:
    """What the alarms of one match came to.

    ``delays_s`` are from event to decision for each event caught, ``reaction_delays_s`` from the reaction's onset
    where that is known. Of the false alarms, ``false_on_reaction`` came during a reaction of the crowd to something
    else, the others during none; NaN where nobody knows when the crowd reacted.
    """

    events: int
    caught: int
    goals: int
    goals_caught: int
    reacted: int
    reacted_caught: int
    false: int
    false_on_reaction: float
    delays_s: tuple[float, ...]
    reaction_delays_s: tuple[float, ...]

    @property
    def false_on_nothing(self) -> float:
        """False alarms while the crowd did not react to anything."""
        return self.false - self.false_on_reaction


def count_alarms(
    alarms_s: Sequence[float], events: Sequence[DangerEvent], reactions: Sequence[Stretch] | None = ()
) -> AlarmCounts:
    """Compare the moments at which alarms were decided with the danger events of the match.

    ``reactions`` is None where nobody knows when the crowd reacted.
    """
    decided = np.sort(np.asarray(alarms_s, dtype=np.float64))
    good = np.zeros(len(decided), dtype=bool)
    delays, reaction_delays = [], []
    caught = goals_caught = reacted_caught = 0
    for event in events:
        first, last = np.searchsorted(decided, [event.from_s, event.to_s], side="left")
        last += int(last < len(decided) and decided[last] == event.to_s)
        good[first:last] = True
        if first == last:
            continue
        caught += 1
        goals_caught += event.goal
        delays.append(float(decided[first]) - event.t_s)
        if event.reaction_s is not None:
            reacted_caught += 1
            reaction_delays.append(float(decided[first]) - event.reaction_s)
    on_reaction = nan
    if reactions is not None:
        on_reaction = sum(any(s.from_s <= t <= s.to_s for s in reactions) for t in decided[~good].tolist())
    return AlarmCounts(
        events=len(events),
        caught=caught,
        goals=sum(event.goal for event in events),
        goals_caught=goals_caught,
        reacted=sum(event.reaction_s is not None for event in events),
        reacted_caught=reacted_caught,
        false=int((~good).sum()),
        false_on_reaction=on_reaction,
        delays_s=tuple(delays),
        reaction_delays_s=tuple(reaction_delays),
    )


def detect(t_s: Scores, pressure: Scores, settings: SpikeSettings) -> list[Alarm | Spike]:
    """What the program's own detector makes of readings at ``t_s``, both of shape (n,); NaN is no reading.

    Readings that can't change anything are not shown to it: below ``off`` only the first of a stretch matters, and the
    first after ``merge_s``. So a sweep over thresholds costs little where little happens.
    """
    detector = SpikeDetector(settings)
    decided: list[Alarm | Spike] = []
    for i in _that_matter(t_s, pressure, settings).tolist():
        value = float(pressure[i]) if isfinite(pressure[i]) else None
        reading = Reading(float(t_s[i]), value, 0.0, 0.0, Health.LISTENING if value is not None else Health.SILENT)
        decided += [event for event in detector.push(reading) if isinstance(event, Alarm | Spike)]
    if len(t_s):
        decided += [event for event in detector.finish(float(t_s[-1])) if isinstance(event, Spike)]
    return decided


def decisions_s(t_s: Scores, pressure: Scores, settings: SpikeSettings) -> list[float]:
    """When each alarm was decided, in seconds of sound."""
    return [event.decided_at for event in detect(t_s, pressure, settings) if isinstance(event, Alarm)]


def _that_matter(t_s: Scores, pressure: Scores, settings: SpikeSettings) -> NDArray[np.int64]:
    missing = np.isnan(pressure)
    high = np.flatnonzero(~missing & (pressure >= settings.off))
    if not len(high):
        return high
    ends = high[np.concatenate([np.diff(high) > 1, [True]])]
    after = ends + 1
    # The detector closes at the first reading later than merge_s after the last high one; a reading more, to be safe
    # against the rounding of a difference, changes nothing.
    closing = np.searchsorted(t_s, t_s[ends] + settings.merge_s, side="right")
    gone = np.flatnonzero(missing & ~np.concatenate([[False], missing[:-1]]))
    chosen = np.concatenate([high, after, closing - 1, closing, closing + 1, gone])
    return np.unique(chosen[(chosen >= 0) & (chosen < len(t_s))])
