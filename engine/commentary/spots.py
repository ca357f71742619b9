"""From logits at every step to spots: moments with a kind and a score, each the highest within its kind's reach."""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.commentary.features import STEP_S
from engine.commentary.word_network import Array


@dataclass(frozen=True, slots=True)
class Peak:
    """A local maximum: ``score`` (a logit) of ``kind`` at ``t_s``, told at ``told_s``."""

    t_s: float
    kind: int
    score: float
    told_s: float


@dataclass(frozen=True, slots=True)
class PeakSettings:
    """For each kind, ``smooth_steps`` (standard deviation of the bell), ``apart_s`` between two peaks, ``offset_s``
    which is taken off a peak's time, ``least`` the score below which there is none."""

    smooth_steps: float
    apart_s: tuple[float, ...]
    offset_s: tuple[float, ...]
    least: float = -12.0


def smoothed(logits: Array, steps: float) -> Array:
    """``logits`` (steps, kinds) under a bell; at the ends of the half under what of it is inside."""
    if steps <= 0:
        return logits
    reach = int(np.ceil(3 * steps))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / steps) ** 2)
    norm = _spread(np.ones(len(logits)), bell)
    columns = [_spread(logits[:, kind].astype(np.float64), bell) / norm for kind in range(logits.shape[1])]
    return np.stack(columns, axis=1).astype(np.float32)


def _spread(values: NDArray[np.float64], bell: NDArray[np.float64]) -> NDArray[np.float64]:
    reach = len(bell) // 2
    return np.convolve(values, bell)[reach : reach + len(values)]


def peaks(logits: Array, settings: PeakSettings) -> list[Peak]:
    """The highest step of each kind, the next highest at least ``apart_s`` from it, and so on, in order of time."""
    curves = smoothed(logits, settings.smooth_steps)
    found: list[Peak] = []
    for kind in range(curves.shape[1]):
        apart = max(1, round(settings.apart_s[kind] / STEP_S))
        for step in _highest(curves[:, kind], apart, settings.least):
            t_s = max(0.0, (step + 0.5 + _between(curves[:, kind], step)) * STEP_S - settings.offset_s[kind])
            found.append(Peak(t_s, kind, float(curves[step, kind]), len(curves) * STEP_S))
    return sorted(found, key=lambda peak: (peak.t_s, peak.kind))


def live_peaks(logits: Array, settings: PeakSettings, delay_s: float) -> list[Peak]:
    """Peaks as they are told while they happen: a step that is higher than the next one and than all that was told
    within ``apart_s`` before it. ``logits`` are of a network that reads ``delay_s`` ahead; nothing is taken back.

    A peak is told ``delay_s`` and two steps after the start of its own. Nothing is smoothed.
    """
    telling = LivePeaks(settings, delay_s, logits.shape[1])
    found = telling.next(0, logits)
    return sorted(found, key=lambda peak: (peak.t_s, peak.kind))


_REMEMBERED: Final = 8
"""How many of the peaks told last may stand in the way of another."""


class LivePeaks:
    """``live_peaks`` of logits that come bit by bit. Used by one thread."""

    def __init__(self, settings: PeakSettings, delay_s: float, kinds: int) -> None:
        self._settings = settings
        self._delay_s = delay_s
        self._told: list[deque[tuple[float, float]]] = [deque(maxlen=_REMEMBERED) for _ in range(kinds)]

    def next(self, first: int, logits: Array) -> list[Peak]:
        """Peaks among the steps from ``first`` on, of which these are the ``logits`` (steps, kinds); but for the last
        step, with which the next call begins."""
        tops = (logits[:-1] > logits[1:]) & (logits[:-1] >= self._settings.least)
        found = []
        for kind, told in enumerate(self._told):
            for row in np.flatnonzero(tops[:, kind]).tolist():
                step, score = first + row, float(logits[row, kind])
                t_s = (step + 0.5) * STEP_S
                recent = [high for at_s, high in told if t_s - at_s < self._settings.apart_s[kind]]
                if not recent or score > max(recent):
                    told.append((t_s, score))
                    at_s = max(0.0, t_s - self._settings.offset_s[kind])
                    found.append(Peak(at_s, kind, score, step * STEP_S + self._delay_s + 2 * STEP_S))
        return found


def _highest(curve: Array, apart: int, least: float) -> list[int]:
    """Local maxima, the highest first, none nearer than ``apart`` to a higher one."""
    padded = np.concatenate([[-np.inf], curve, [-np.inf]])
    tops = np.flatnonzero((curve >= padded[:-2]) & (curve > padded[2:]) & (curve >= least))
    taken: list[int] = []
    free = np.ones(len(curve), dtype=bool)
    for step in tops[np.argsort(-curve[tops], kind="stable")]:
        if free[step]:
            taken.append(int(step))
            free[max(0, step - apart + 1) : step + apart] = False
    return taken


def _between(curve: Array, step: int) -> float:
    """Where the top of the parabola through a maximum and its neighbours lies, in steps from it, in [-0.5, 0.5]."""
    if not 0 < step < len(curve) - 1:
        return 0.0
    left, top, right = (float(curve[step + n]) for n in (-1, 0, 1))
    bend = left - 2 * top + right
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, 0.5 * (left - right) / bend))
