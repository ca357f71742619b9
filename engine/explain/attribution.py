"""Integrated gradients of the index over one history, and occlusion to check them.

The baseline is the same history with every mel band at its own slow background: the crowd as it had been, without
what stood out from it. So a part says what this band, in this frame, did by standing above (or below) its background.
The references of the front end (running level and backgrounds) are held where they were.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import Frames
from engine.core import grid
from engine.core.errors import MomentumError
from engine.model.calibration import Calibration
from engine.model.differentiable_index import HistoryIndex
from engine.model.front_end import FrontEnd, FrontEndConfig, at_background, channels_of
from engine.model.network import Array, MlxNetwork

TOLERANCE: Final = 0.01
"""The parts sum to the difference from the baseline within this share of it."""
LEAST_DIFFERENCE: Final = 5e-3
"""An index nearer to its baseline than this stands where the background alone would have it; the tolerance is then a
share of this."""
BAND_GROUP: Final = 4
"""Bands that occlusion takes away together: one alone the network hardly misses while its neighbours are there."""
_FIRST_NODES: Final = 9
_MOST_NODES: Final = 257
_AT_ONCE: Final = 8

Parts = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The frames behind one reading.

    ``frames`` (HISTORY_FRAMES, MEL_BANDS) is log-mel in dB, ``given`` (HISTORY_FRAMES, MEL_BANDS, channels) what the
    encoder received, ``baseline`` the same with every band at its background.
    """

    frames: Frames
    given: Array
    baseline: Array


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """What moved the index from ``baseline`` to ``index``.

    ``parts`` (HISTORY_FRAMES, MEL_BANDS), oldest frame first, sum to the difference up to ``gap``. ``nodes`` is how
    many gradients it took.
    """

    index: float
    baseline: float
    parts: Parts
    nodes: int

    @property
    def difference(self) -> float:
        return self.index - self.baseline

    @property
    def gap(self) -> float:
        """What the parts miss of the difference."""
        return self.difference - float(self.parts.sum())

    @property
    def complete(self) -> bool:
        """Whether the parts sum to the difference as closely as they should."""
        return abs(self.gap) <= TOLERANCE * max(abs(self.difference), LEAST_DIFFERENCE)


@dataclass(frozen=True, slots=True, eq=False)
class Occlusion:
    """By how much the index falls when one second (seconds,), newest first, or one group of ``BAND_GROUP`` neighbouring
    mel bands (groups,), lowest first, is put at its background.
    """

    by_second: Parts
    by_bands: Parts


def history_of(frames: Frames, config: FrontEndConfig) -> History:
    """The history at the end of ``frames`` (n, MEL_BANDS), log-mel in dB from the start of the unbroken sound.

    Raises ``ValueError`` for less than a history.
    """
    if len(frames) < grid.HISTORY_FRAMES:
        raise ValueError(f"a history has {grid.HISTORY_FRAMES} frames, not {len(frames)}")
    both = FrontEndConfig("both", config.time_constant_s, config.floor_db, config.ceiling_db)
    features = FrontEnd(both).push(frames)[-grid.HISTORY_FRAMES :]
    return History(
        frames[-grid.HISTORY_FRAMES :],
        channels_of(features, config.kind),
        channels_of(at_background(features), config.kind),
    )


class Left(MomentumError):
    """Nobody waits for the explanation any more."""

    def __init__(self) -> None:
        super().__init__("The explanation was left before it was there.", "Ask for it again.")


def still_wanted() -> bool:
    """The usual answer to the question whether anybody waits."""
    return True


def say_nothing(draft: object) -> None:
    """For those who wait for the end."""


def attribute(
    network: MlxNetwork,
    calibration: Calibration,
    history: History,
    wanted: Callable[[], bool] = still_wanted,
    tell: Callable[[Attribution], None] = say_nothing,
) -> Attribution:
    """Integrated gradients (Sundararajan, Taly and Yan, 2017) along the straight line from baseline to history.

    The integral is a sum of trapezoids. The index at both ends of each is known, so what each of them misses is known
    too: the worst are halved until what they miss together is far within ``TOLERANCE``, and not because large misses
    cancel. ``tell`` is called with what is known so far, first after ``_FIRST_NODES`` gradients, then whenever some
    trapezoids were halved. ``wanted`` is asked before each gradient; raises ``Left`` when it says no.
    """
    function = HistoryIndex(network, calibration)
    way = history.given.astype(np.float64) - history.baseline
    nodes: dict[float, _Node] = {}

    def visit(places: list[float]) -> None:
        for place in places:
            if not wanted():
                raise Left
            nodes[place] = _node(function, history, way, place)

    visit(np.linspace(0.0, 1.0, _FIRST_NODES).tolist())
    while len(nodes) < _MOST_NODES:
        places = sorted(nodes)
        difference = nodes[1.0].index - nodes[0.0].index
        allowed = TOLERANCE * max(abs(difference), LEAST_DIFFERENCE)
        signed = np.array([_missed(nodes, a, b) for a, b in pairwise(places)])
        missed = np.abs(signed)
        if abs(signed.sum()) <= 0.3 * allowed and missed.sum() <= 3.0 * allowed:
            break
        worst = [i for i in np.argsort(-missed)[:_AT_ONCE].tolist() if missed[i] > 0.1 * allowed / len(missed)]
        tell(_summed(nodes))
        visit([(places[i] + places[i + 1]) / 2 for i in worst])
    return _summed(nodes)


def occlude(network: MlxNetwork, calibration: Calibration, history: History) -> Occlusion:
    """Put one second after the other, and one group of bands after the other, at its background and ask again."""
    function = HistoryIndex(network, calibration)
    index = float(function.values(history.given[None])[0])
    seconds = second_of_frames()
    without_seconds = [
        np.where((seconds == second)[:, None, None], history.baseline, history.given)
        for second in range(int(seconds.max()) + 1)
    ]
    groups = np.arange(grid.MEL_BANDS) // BAND_GROUP
    without_bands = [
        np.where((groups == group)[None, :, None], history.baseline, history.given)
        for group in range(int(groups.max()) + 1)
    ]
    return Occlusion(
        index - function.values(np.stack(without_seconds)).astype(np.float64),
        index - function.values(np.stack(without_bands)).astype(np.float64),
    )


def by_bands(parts: Parts) -> Parts:
    """Parts (n, MEL_BANDS) summed by the groups of ``Occlusion``: (groups,)."""
    return np.add.reduceat(parts.sum(axis=0), np.arange(0, grid.MEL_BANDS, BAND_GROUP))


def second_of_frames() -> NDArray[np.int64]:
    """For each frame of a history how many whole seconds its middle lies before the end: (HISTORY_FRAMES,)."""
    middle = (np.arange(grid.HISTORY_FRAMES) * grid.HOP + grid.FRAME_LENGTH / 2) / grid.SAMPLE_RATE_HZ
    return np.floor(grid.HISTORY_S - middle).astype(np.int64)


def by_second(parts: Parts) -> Parts:
    """Parts (HISTORY_FRAMES, n) summed by seconds before the end: (seconds, n), the newest second first."""
    seconds = second_of_frames()
    summed = np.zeros((int(seconds.max()) + 1, parts.shape[1]))
    np.add.at(summed, seconds, parts)
    return summed


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """One point of the line: the index there, how each cell (frames, MEL_BANDS) changes it on the way, and all do."""

    index: float
    slope: Parts
    total: float


def _node(function: HistoryIndex, history: History, way: Parts, place: float) -> _Node:
    """The point at ``place`` (0 the baseline, 1 what was heard)."""
    value, gradient = function.value_and_gradient((history.baseline + place * way).astype(np.float32))
    slope = (gradient * way).sum(axis=-1)
    return _Node(value, slope, float(slope.sum()))


def _summed(nodes: dict[float, _Node]) -> Attribution:
    """The sum of the trapezoids between ``nodes``."""
    places = sorted(nodes)
    edges = np.diff(places)
    shares = (np.append(edges, 0.0) + np.insert(edges, 0, 0.0)) / 2
    parts = np.zeros(nodes[0.0].slope.shape)
    for place, share in zip(places, shares.tolist(), strict=True):
        parts += share * nodes[place].slope
    return Attribution(nodes[1.0].index, nodes[0.0].index, parts, len(nodes))


def _missed(nodes: dict[float, _Node], a: float, b: float) -> float:
    return nodes[b].index - nodes[a].index - (b - a) * (nodes[a].total + nodes[b].total) / 2
