"""From logits to a probability that means what it says, and to a threshold that is worth having."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import ceil, inf, isnan, nan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.live.spike_detector import SpikeSettings, at_threshold
from engine.model.calibration import Calibration
from engine.simulator.sound_cues import Reaction
from train.data.labels import Rule
from train.data.simulated import ALARM_KINDS
from train.fit.predict import Predicted
from train.metrics.alarms import DangerEvent, count_alarms, decisions_s
from train.metrics.danger_events import danger_events, reactions
from train.metrics.threshold_sweep import OperatingPoint, operating_points, points, shipped_default, sweep

_ROUNDS: Final = 100
BUDGETS: Final = (1, 2, 3, 4, 5)
"""False alarms a match that an operating point is chosen for."""
MATCH_HOURS: Final = 1.6
"""Sound of a whole match, for budgets a match on recordings that hold a part of one."""
MOST_AT_REST: Final = 0.1
"""An alarm line is refused where the index spends more of the rest than this above the level at which an alarm ends:
one alarm would run into the next. The shipped weights spend 0.003 and less there."""
NEVER: Final = 1.0
"""The line where every other is refused: no alarms."""
MOST_FALSE, MOST_ON_NOTHING, MOST_ON_REELS = 12.0, 2.0, 10.0
"""False alarms that a line may raise: a simulated match, on nothing among them, and an hour of real reels, in which
something as loud as a cry sounds three times a minute. Simulated crowds cry out over every foul, so most of the first
are cries at something else. Lines that spare more are deaf: with one and six for the last two a third of recorded cries
and of simulated goals raise no alarm."""
CRY_WITHIN_S: Final = 10.0
NEXT_CLIP_S: Final = 14.0
"""An alarm in a reel belongs to the newest clip if it comes so soon after its onset."""
_NEITHER: Final = frozenset({Reaction.APPLAUSE.value, Reaction.BOO.value})
_OFF_SHARE: Final = 0.6
FURTHER_BUDGETS: Final = (8, 12, 18)
"""More false alarms a match, for lines above and below the one that reels choose."""
_ALARMED: Final = (3e-5, 0.1)
_THRESHOLDS: Final = 100
"""Thresholds tried: so many, reached by thirty in a million to a tenth of all readings. One alarm a match is a
second or two of high readings in an hour and a half."""


def fit_platt(log_odds: NDArray[np.float64], truth: NDArray[np.bool_], offset: float = 0.0) -> Calibration:
    """Platt's scaling of log-odds that lie ``offset`` above the truth's own, by Newton's method.

    Targets are his: (n + 1) / (n + 2) and 1 / (n + 2), so that a clean separation does not push the slope to
    infinity (Platt, 1999; Lin, Lin and Weng, 2007).

    Raises:
        InputError: one of the classes is missing.
    """
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        raise InputError(
            "the matches to calibrate on hold one class only", "Bring in more matches, or take larger folds."
        )
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    x = log_odds + offset
    scale = max(float(x.std()), 1e-6)
    design = np.stack([x / scale, np.ones_like(x)], axis=1)
    found = np.array([1.0, 0.0])  # a slope of 1 in standard units: steep enough to see, flat enough to move
    loss = _cross_entropy(design @ found, target)
    for _ in range(_ROUNDS):
        p = _sigmoid(design @ found)
        gradient = design.T @ (p - target)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        length = 1.0
        while length > 1e-6 and _cross_entropy(design @ (found - length * step), target) > loss:
            length /= 2
        found = found - length * step
        before, loss = loss, _cross_entropy(design @ found, target)
        if before - loss < 1e-10 * max(1.0, loss):
            break
    slope, intercept = float(found[0] / scale), float(found[1])
    return Calibration(slope, intercept + slope * offset, fitted=True)


def _cross_entropy(x: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    return float((np.maximum(x, 0) - x * target + np.log1p(np.exp(-np.abs(x)))).sum())


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -500, 500))))


def calibrate(predicted: Sequence[Predicted], offset: float) -> Calibration:
    """Platt's scaling on all moments of matches not trained on, those that training leaves out included.

    The log-odds are those at the matches' own ends. ``offset`` takes back the share of danger that training saw.
    Raises ``InputError`` for one class only.
    """
    return fit_platt(
        np.concatenate([one.log_odds for one in predicted]),
        np.concatenate([one.match.labels.truth for one in predicted]),
        offset,
    )


def choose_thresholds(
    predicted: Sequence[Predicted],
    calibration: Calibration,
    rule: Rule,
    settings: SpikeSettings,
    reels: Sequence[Predicted] = (),
) -> tuple[SpikeSettings, dict[int, OperatingPoint]]:
    """Spike settings with the best F1 among one to five false alarms a match, and the best point for each budget, but
    that the point of the line itself stands for its own.

    Recordings shorter than a match count by their length. Where no threshold keeps any budget, the highest one and no
    points; where none that keeps one catches anything, the lowest that keeps the largest. Where ``predicted`` speaks of
    a stretch of a match, only the events in it count. Lines that the index seldom leaves at rest (``sane_lines``) are
    never chosen; where all are such, the line is ``NEVER``. Raises ``InputError`` when the rule names no events.

    With real ``reels`` the line is the lowest that both worlds bear (``heard_line``), where there is one, and there are
    points above and below it for more budgets (``FURTHER_BUDGETS``).
    """
    settings = replace(settings, off=_OFF_SHARE * settings.on)
    pressure = [_sigmoid(calibration.slope * one.log_odds + calibration.offset) for one in predicted]
    events = [
        [event for event in danger_events(one.match.on_sound, rule, one.match.sounds) if one.covers(event.t_s)]
        for one in predicted
    ]
    cries = [reactions(one.match.sounds) if one.match.simulated else None for one in predicted]
    hours = [one.hours for one in predicted]
    thresholds = np.unique(np.quantile(np.concatenate(pressure), 1.0 - np.geomspace(*_ALARMED, _THRESHOLDS)))
    at_rest = [p[_resting(one.times_s, found)] for one, p, found in zip(predicted, pressure, events, strict=True)]
    thresholds = sane_lines(thresholds, np.concatenate(at_rest), partial(at_threshold, settings))
    if not len(thresholds):
        return at_threshold(settings, NEVER), {}

    def counts_at(which: int, threshold: float) -> Any:
        decided = decisions_s(predicted[which].times_s, pressure[which], at_threshold(settings, threshold))
        return count_alarms(decided, events[which], cries[which]), len(decided)

    found = sweep(thresholds.tolist(), hours, counts_at)
    rows = points(found, np.ones(len(hours)), MATCH_HOURS)
    found_points = operating_points(rows, BUDGETS)
    if not found_points:
        best = float(thresholds[-1])
    elif any(point.recall > 0 for point in found_points.values()):
        best = shipped_default(rows, BUDGETS).threshold
    else:  # of equals the highest would never raise an alarm
        best = min(point.threshold for point in rows if point.false_per_match <= max(BUDGETS))
    if reels:
        real = on_reels(reels, calibration, settings, thresholds.tolist())
        heard = heard_line(rows, real)
        if heard is not None:
            best = heard
            # Its own figures stand among the points, so that whoever listens is told what the line gives.
            (mine,) = (point for point in rows if point.threshold == heard)
            found_points[ceil(mine.false_per_match)] = mine
            found_points = _with_further(found_points, rows, {row.threshold: row.cries_found for row in real})
    return at_threshold(settings, best), found_points


def _with_further(
    found: dict[int, OperatingPoint], rows: Sequence[OperatingPoint], cries_found: Mapping[float, float]
) -> dict[int, OperatingPoint]:
    """The points and those for ``FURTHER_BUDGETS``, each where its line finds more of the real cries than every line
    above it, since alarms that don't end swallow the cries after them, and fewer than every one below."""
    for budget, point in operating_points(rows, [one for one in FURTHER_BUDGETS if one not in found]).items():
        cries = cries_found[point.threshold]
        above = [cries_found[one.threshold] for one in found.values() if one.threshold >= point.threshold]
        below = [cries_found[one.threshold] for one in found.values() if one.threshold < point.threshold]
        if max(above, default=0.0) < cries < min(below, default=inf):
            found = found | {budget: point}
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class OnReels:
    """What an alarm line does on reels of real sounds: the share of cries with an alarm, and alarms an hour by other
    sounds, those of the crowd that are no cry left out."""

    threshold: float
    cries_found: float
    false_per_hour: float


def on_reels(
    reels: Sequence[Predicted], calibration: Calibration, settings: SpikeSettings, thresholds: Sequence[float]
) -> list[OnReels]:
    """Every threshold on real reels; the log-odds are those of live readings."""
    pressure = [_sigmoid(calibration.slope * one.log_odds + calibration.offset) for one in reels]
    hours = sum(one.hours for one in reels)
    rows = []
    for threshold in thresholds:
        found = cries = false = 0
        for one, values in zip(reels, pressure, strict=True):
            sounds = one.match.sounds
            onsets = np.array([sound.onset_s for sound in sounds])
            alarmed: set[float] = set()
            for t in decisions_s(one.times_s, values, at_threshold(settings, threshold)):
                newest = int(np.searchsorted(onsets, t, side="right")) - 1
                if newest < 0 or t > onsets[newest] + NEXT_CLIP_S:
                    false += 1
                elif sounds[newest].kind in ALARM_KINDS:
                    if t <= onsets[newest] + CRY_WITHIN_S:
                        alarmed.add(onsets[newest])
                else:
                    false += sounds[newest].kind not in _NEITHER
            cries += sum(sound.kind in ALARM_KINDS for sound in sounds)
            found += len(alarmed)
        rows.append(OnReels(threshold, found / cries if cries else nan, false / hours))
    return rows


def heard_line(simulated: Sequence[OperatingPoint], real: Sequence[OnReels]) -> float | None:
    """The lowest threshold that keeps what is bearable in both worlds; None where none does.

    On simulated matches at most ``MOST_FALSE`` false alarms a match, ``MOST_ON_NOTHING`` of them while the crowd did
    not react to anything; on real reels, where every other sound is as loud as a cry, ``MOST_ON_REELS`` an hour.
    Simulated crowds are clearer than real ones: the line that is best for them is deaf to real cries.
    """
    kept = [
        point.threshold
        for point, reel in zip(simulated, real, strict=True)
        if point.false_per_match <= MOST_FALSE
        and not point.false_on_nothing_per_match > MOST_ON_NOTHING
        and reel.false_per_hour <= MOST_ON_REELS
    ]
    return min(kept, default=None)


def sane_lines(
    thresholds: NDArray[np.float64], at_rest: NDArray[np.float64], settings_at: Callable[[float], SpikeSettings]
) -> NDArray[np.float64]:
    """Those of ``thresholds`` whose alarms end: the index ``at_rest`` is seldom above their lower level.

    At most ``MOST_AT_REST`` of the moments may be. Without any moment at rest nothing is known against a line.
    """
    if not len(at_rest):
        return thresholds
    kept = [on for on in thresholds.tolist() if (at_rest >= settings_at(on).off).mean() <= MOST_AT_REST]
    return np.array(kept)


def _resting(times_s: NDArray[np.float64], events: Sequence[DangerEvent]) -> NDArray[np.bool_]:
    """The moments that lie within reach of no event."""
    rest = np.ones(len(times_s), bool)
    for event in events:
        rest &= (times_s < event.from_s) | (times_s > event.to_s)
    return rest


def operating_rows(
    found: dict[int, OperatingPoint], real: Callable[[float], OnReels] | None = None
) -> tuple[dict[str, Any], ...]:
    """The points for the weights' config; a figure that is not defined is None.

    ``real`` says what a threshold does on real reels; those figures stand beside the simulated ones.
    """
    rows = []
    for budget, point in found.items():
        figures = asdict(point)
        if real is not None:
            heard = real(point.threshold)
            figures |= {"real_cries_found": heard.cries_found, "real_false_per_hour": heard.false_per_hour}
        rows.append({"budget": budget, **{name: None if isnan(value) else value for name, value in figures.items()}})
    return tuple(rows)
