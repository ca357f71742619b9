"""Each confuser alone over a bed: how often does it raise an alarm by itself?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.audio.log_mel import Frames, LogMel
from engine.core import grid
from engine.core.errors import UsageError
from engine.live.spike_detector import SpikeSettings, at_threshold
from engine.simulator.equal_loudness_reel import plan_reel
from engine.simulator.match import Score, SimulatedMatch
from engine.simulator.sound_cues import Confuser
from train.evaluate.predictions import Scorer, ends_of, times_of
from train.metrics.alarms import decisions_s

BED_ALONE: Final = "bed alone"
REST: Final = 0.2
"""At rest the index should stay under this for nearly all of the time."""
_GROUNDS: Final = 2


@dataclass(frozen=True, slots=True)
class ConfuserRow:
    """False alarms an hour by scorer, and the share of readings of the index that stay under ``REST``."""

    kind: str
    hours: float
    alarms_per_hour: dict[str, float]
    at_rest: float


def confuser_table(
    scorers: Mapping[str, Scorer],
    thresholds: Mapping[str, float],
    settings: SpikeSettings,
    index: str,
    minutes: float,
    seed: int,
    step: int = grid.READING_FRAMES,
    progress: Callable[[int, int], None] = lambda done, of: None,
    kinds: Sequence[Confuser] = tuple(Confuser),
) -> list[ConfuserRow]:
    """``minutes`` of each confuser, every 14 to 26 s and 6 to 15 dB above the bed, in ``_GROUNDS`` drawn grounds.

    Alarms are raised at each scorer's own threshold. Raises ``UsageError`` where that is too short to hear anything.
    """
    if minutes * 60.0 / _GROUNDS < 2 * grid.HISTORY_S:
        raise UsageError(f"{minutes:g} minutes of each confuser", "Ask for at least 3.")
    names = [BED_ALONE, *(kind.value for kind in kinds)]
    rows = []
    for done, name in enumerate(names):
        progress(done, len(names))
        alarms = dict.fromkeys(scorers, 0)
        readings = at_rest = 0
        hours = 0.0
        for ground in range(_GROUNDS):
            mel = _heard(_planned(name, seed + ground, minutes / _GROUNDS))
            ends = ends_of(len(mel), step)
            hours += len(ends) * step * grid.HOP_S / 3600.0
            for scorer, listen in scorers.items():
                scores = listen(mel, ends)
                alarms[scorer] += len(decisions_s(times_of(ends), scores, at_threshold(settings, thresholds[scorer])))
                if scorer == index:
                    readings += len(scores)
                    at_rest += int(np.sum(scores < REST))
        rows.append(
            ConfuserRow(
                name,
                hours,
                {scorer: count / hours for scorer, count in alarms.items()},
                at_rest / readings if readings else float("nan"),
            )
        )
    progress(len(names), len(names))
    return rows


def _planned(name: str, seed: int, minutes: float) -> Score:
    if name == BED_ALONE:
        return plan_reel(seed, minutes).only(frozenset())
    return plan_reel(seed, minutes, frozenset({Confuser(name)}))


def _heard(score: Score) -> Frames:
    log_mel = LogMel()
    return np.concatenate([log_mel.push(chunk) for chunk in SimulatedMatch(score).chunks()])
