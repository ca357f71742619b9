"""The search for kick-offs: every possible place weighed by how well the sound answers what happened in the match.

Each event is expected to be answered, by the crowd or by the referee's whistle, with a probability that depends on its
kind. For every possible kick-off the log-likelihood ratios of all events of a period are added up, and the kick-offs
of the periods are chosen together, a half-time of plausible length apart. How much to trust the best sum is read off
the recording itself: the same search is made for matches that never were (the same events, their order and distances
shuffled within each half), and the best sums of those, a Gumbel distribution as maxima of many are, say what chance
alone would reach.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.football.alignment.evidence import STEP_S, Evidence, Track
from engine.football.events import EventKind, MatchEvent, MatchEvents

EARLIEST_KICK_OFF_S: Final = -300.0
LATEST_KICK_OFF_S: Final = 45 * 60.0
PAUSE_S: Final = {2: (9 * 60.0, 26 * 60.0), 3: (2 * 60.0, 15 * 60.0), 4: (20.0, 8 * 60.0)}
"""Shortest and longest pause before each period but the first."""
CROWD_LAG_S: Final = (0.7, 0.5)
"""What is known of the crowd's lag before listening: mean and spread of how late a reaction starts."""
WHISTLE_LAG_S: Final = 0.5
_LAGS_S: Final = np.arange(0.0, 2.6, STEP_S)
_SHUFFLES: Final = 100
_APART_S: Final = 5.0
_CLUSTER_S: Final = 12.0
_ADDED_TIME_S: Final = 600.0

_CROWD: Final = {
    EventKind.GOAL: 0.9,
    EventKind.PENALTY: 0.8,
    EventKind.CARD: 0.3,
    EventKind.FOUL: 0.25,
    EventKind.OFFSIDE: 0.2,
    EventKind.SUBSTITUTION: 0.15,
    EventKind.CORNER: 0.1,
    EventKind.BOX_ENTRY: 0.1,
}
"""How often the crowd cries out, by kind; shots go by their xG."""
_WHISTLED: Final = {
    EventKind.FOUL: 0.7,
    EventKind.OFFSIDE: 0.6,
    EventKind.GOAL: 0.5,
    EventKind.STOPPAGE: 0.4,
    EventKind.KICK_OFF: 0.3,
}
_UNGRADED_XG: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """Times (s since kick-off) of the events of one period that share a track and a probability."""

    track: str
    answered: float
    times_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to, before it is judged.

    ``chance`` is the share of shuffled matches that would fit as well, ``margins`` by how many nats the next best
    kick-off of each period is behind, ``next_best_s`` where it lies.
    """

    kick_off_s: dict[int, float]
    lag_s: float
    score: float
    chance: float
    margins: dict[int, float]
    next_best_s: dict[int, float]


def search(evidence: Evidence, match: MatchEvents, known: Mapping[int, float], rng: np.random.Generator) -> Found:
    """The most likely kick-offs and how they compare with the next best and with chance."""
    numbers = [period.number for period in match.periods]
    ranges = _ranges(match, known, evidence.steps)
    marks = {n: _marks(match, n, match.in_period(n)) for n in numbers}

    def likelihood(lag_s: float) -> float:
        sums = {n: _sums(evidence, marks[n], ranges[n], lag_s) for n in numbers}
        prior = -0.5 * ((lag_s - CROWD_LAG_S[0]) / CROWD_LAG_S[1]) ** 2
        return _best_chain(sums, ranges, match, known)[0] + prior

    lag_s = max((float(lag_s) for lag_s in _LAGS_S), key=likelihood)
    sums = {n: _sums(evidence, marks[n], ranges[n], lag_s) for n in numbers}
    score, places = _best_chain(sums, ranges, match, known)
    kick_offs = {n: (ranges[n][0] + place) * STEP_S for n, place in zip(numbers, places, strict=True)}
    margins, next_best = _margins(sums, ranges, match, known, score, places)
    chance = _chance(evidence, match, known, ranges, lag_s, score, rng)
    return Found(kick_offs, lag_s, score, chance, margins, next_best)


def _ranges(match: MatchEvents, known: Mapping[int, float], steps: int) -> dict[int, tuple[int, int]]:
    """First and last step at which each period may kick off."""
    ranges: dict[int, tuple[int, int]] = {}
    low_s, high_s = EARLIEST_KICK_OFF_S, LATEST_KICK_OFF_S
    before = 0
    for period in match.periods:
        if before:
            shortest_s, longest_s = PAUSE_S[period.number]
            length_s = match.length_s(before)
            low_s, high_s = low_s + length_s + shortest_s, high_s + length_s + longest_s + _spare_s(match, before)
        if period.number in known:
            low_s = high_s = known[period.number]
        low = round(low_s / STEP_S)
        ranges[period.number] = (low, max(low, min(round(high_s / STEP_S), steps)))
        before = period.number
    return ranges


def _marks(match: MatchEvents, number: int, events: Sequence[MatchEvent]) -> list[_Marks]:
    """Events of a period by what they should be heard as."""
    times: dict[tuple[str, float], list[float]] = {}

    def add(track: str, answered: float, clock_s: float) -> None:
        times.setdefault((track, round(answered, 2)), []).append(clock_s)

    for event in events:
        if event.kind is EventKind.SHOT:
            xg = _UNGRADED_XG if event.xg is None else event.xg
            add("cry", 0.2 + 0.5 * round(min(xg / 0.25, 1.0), 1), event.clock_s)
        if event.kind in _CROWD:
            add("cry", _CROWD[event.kind], event.clock_s)
        if event.kind in _WHISTLED:
            add("whistle", _WHISTLED[event.kind], event.clock_s)
        if event.kind is EventKind.GOAL:
            add("roar", 0.8, event.clock_s)
    add("whistle", 0.7, 0.0)
    add("cry", 0.4, 0.0)
    period = match.period(number)
    if period is not None and period.end_s is not None:
        add("whistle", 0.7, period.end_s)
        add("cry", 0.4, period.end_s)
    return [_Marks(track, answered, np.array(found)) for (track, answered), found in times.items()]


def _sums(evidence: Evidence, marks: list[_Marks], span: tuple[int, int], lag_s: float) -> Track:
    """Summed log-likelihood ratios for a kick-off at each step of ``span``."""
    first, last = span
    total = np.zeros(last - first + 1)
    for group in marks:
        odds = evidence.log_odds(group.track, group.answered)
        lag = WHISTLE_LAG_S if group.track == "whistle" else lag_s
        for offset in np.rint((group.times_s + lag) / STEP_S).astype(int):
            low, high = max(0, -(first + offset)), min(len(total), len(odds) - first - offset)
            if high > low:
                total[low:high] += odds[first + offset + low : first + offset + high]
    return total


def _best_chain(
    sums: dict[int, Track], ranges: dict[int, tuple[int, int]], match: MatchEvents, known: Mapping[int, float]
) -> tuple[float, list[int]]:
    """The best sum over all periods with plausible pauses between them, and the place in each period's range."""
    numbers = list(sums)
    best = {numbers[0]: sums[numbers[0]]}
    for before, number in pairwise(numbers):
        # A kick-off at step j follows one at step i with low <= j - i <= high.
        low, high = _gap_steps(match, ranges, before, number, known)
        first = ranges[number][0] - high - ranges[before][0]
        best[number] = sums[number] + _sliding_best(best[before], first, high - low + 1, len(sums[number]))
    last = numbers[-1]
    places = [int(np.argmax(best[last]))]
    for before, number in reversed(list(pairwise(numbers))):
        low, high = _gap_steps(match, ranges, before, number, known)
        first = ranges[number][0] + places[-1] - high - ranges[before][0]
        start = max(first, 0)
        places.append(start + int(np.argmax(best[before][start : max(first + high - low + 1, start + 1)])))
    return float(best[last].max()), places[::-1]


def _gap_steps(
    match: MatchEvents, ranges: dict[int, tuple[int, int]], before: int, number: int, known: Mapping[int, float]
) -> tuple[int, int]:
    """Shortest and longest time from one kick-off to the next; a person who gave one may know better."""
    if before in known or number in known:
        return ranges[number][0] - ranges[before][1], ranges[number][1] - ranges[before][0]
    length_s = match.length_s(before)
    shortest_s, longest_s = PAUSE_S[number]
    return round((length_s + shortest_s) / STEP_S), round((length_s + longest_s + _spare_s(match, before)) / STEP_S)


def _spare_s(match: MatchEvents, number: int) -> float:
    """Room for added time where nobody wrote down how long a period was."""
    period = match.period(number)
    return 0.0 if period is not None and period.end_s is not None else _ADDED_TIME_S


def _sliding_best(values: Track, first: int, width: int, count: int) -> Track:
    """The greatest of ``width`` values from index ``first`` on, then one further, and so on ``count`` times.

    What lies beyond the ends is minus infinity. Blocks of prefix and suffix maxima (van Herk, 1992) make it linear.
    """
    length = -(-(count + width - 1) // width) * width
    padded = np.full(length, -np.inf)
    start, stop = max(first, 0), min(first + length, len(values))
    if stop > start:
        padded[start - first : stop - first] = values[start:stop]
    blocks = padded.reshape(-1, width)
    prefix = np.maximum.accumulate(blocks, axis=1).ravel()
    suffix = np.maximum.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    return np.asarray(np.maximum(suffix[:count], prefix[width - 1 : width - 1 + count]))


def _margins(
    sums: dict[int, Track],
    ranges: dict[int, tuple[int, int]],
    match: MatchEvents,
    known: Mapping[int, float],
    score: float,
    places: list[int],
) -> tuple[dict[int, float], dict[int, float]]:
    """How far the best chain is ahead of the best one that puts a period elsewhere, for each period."""
    margins: dict[int, float] = {}
    next_best: dict[int, float] = {}
    for number, place in zip(sums, places, strict=True):
        if number in known:
            continue
        elsewhere = sums[number].copy()
        near = round(_APART_S / STEP_S)
        elsewhere[max(0, place - near) : place + near + 1] = -np.inf
        other, chain = _best_chain({**sums, number: elsewhere}, ranges, match, known)
        margins[number] = score - other
        next_best[number] = (ranges[number][0] + chain[list(sums).index(number)]) * STEP_S
    return margins, next_best


def _chance(
    evidence: Evidence,
    match: MatchEvents,
    known: Mapping[int, float],
    ranges: dict[int, tuple[int, int]],
    lag_s: float,
    score: float,
    rng: np.random.Generator,
) -> float:
    """The probability that a match that never was fits the sound at least as well."""
    scores = []
    for _ in range(_SHUFFLES):
        sums = {
            period.number: _sums(
                evidence,
                _marks(match, period.number, _shuffled(match, period.number, rng)),
                ranges[period.number],
                lag_s,
            )
            for period in match.periods
        }
        scores.append(_best_chain(sums, ranges, match, known)[0])
    spread = max(float(np.std(scores)), 1e-6) * np.sqrt(6.0) / np.pi
    mode = float(np.mean(scores)) - np.euler_gamma * spread
    return float(-np.expm1(-np.exp(-(score - mode) / spread)))


def _shuffled(match: MatchEvents, number: int, rng: np.random.Generator) -> list[MatchEvent]:
    """The period's events in clusters that stay together, the clusters and the gaps between them in another order."""
    events = match.in_period(number)
    if not events:
        return []
    clusters: list[list[MatchEvent]] = [[events[0]]]
    for before, event in pairwise(events):
        if event.clock_s - before.clock_s > _CLUSTER_S:
            clusters.append([])
        clusters[-1].append(event)
    edges = [0.0, *(cluster[0].clock_s for cluster in clusters)]
    gaps = rng.permutation(np.diff(edges) - [0.0, *(c[-1].clock_s - c[0].clock_s for c in clusters[:-1])])
    moved: list[MatchEvent] = []
    at_s = 0.0
    for gap, index in zip(gaps, rng.permutation(len(clusters)), strict=True):
        cluster = clusters[index]
        at_s += float(gap)
        start = cluster[0].clock_s
        moved += [
            MatchEvent(e.period, at_s + e.clock_s - start, e.kind, e.side, e.xg, e.outcome, e.player) for e in cluster
        ]
        at_s += cluster[-1].clock_s - start
    return moved
