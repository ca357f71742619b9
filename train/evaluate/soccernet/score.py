"""Average-mAP of the predictions in one folder or zip on the labels in another, as SoccerNet's package gives it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError, UsageError
from engine.core.telling import Progress
from engine.football.soccernet import HALVES, Spot
from engine.football.soccernet_files import LABELS_V1, LABELS_V2, PREDICTIONS, GameDocuments, find_documents
from engine.football.soccernet_spots import (
    CLASSES_V1,
    CLASSES_V2,
    LabelledSpots,
    labelled_spots,
    predicted_spots,
    version_of,
)
from train.metrics.average_map import (
    LOOSE_S,
    TIGHT_S,
    Events,
    SpotCounts,
    add_up,
    class_averages,
    count_by_visibility,
    package_mean,
    stack_games,
    weigh_games,
)
from train.metrics.bootstrap import Interval, Resampled, Weights, draws_of, resample_figures
from train.metrics.window_map import ClassifiedWindows, Windows

MEAN: Final = "mean"
"""The package's own mean, over all classes, whether they happen or not."""
MEAN_HAPPENED: Final = "mean of classes that happen"
_AT: Final = re.compile(r"at([1-5])", re.ASCII)
_NAMES: Final = {2: CLASSES_V2, 1: CLASSES_V1}
_FILES: Final = {2: LABELS_V2, 1: LABELS_V1}


@dataclass(frozen=True, slots=True)
class Games:
    """Labels and predictions by game, in the order of ``labels``; a game without predictions has none."""

    version: int
    labels: Mapping[str, LabelledSpots]
    found: Mapping[str, tuple[Spot, ...]]
    missing: tuple[str, ...] = ()
    """Games of the labels for which there is no document of predictions."""
    unlabelled: tuple[str, ...] = ()
    """Games of the predictions without labels: left out."""
    classes: tuple[str, ...] = ()
    """What is judged; empty for all classes of the version."""

    @property
    def judged(self) -> tuple[str, ...]:
        return self.classes or _NAMES[self.version]

    @property
    def unknown(self) -> dict[str, int]:
        """Predictions of labels that are no class here: how many, by label."""
        counts: dict[str, int] = {}
        for spot in (spot for spots in self.found.values() for spot in spots if spot.label not in self.judged):
            counts[spot.label] = counts.get(spot.label, 0) + 1
        return counts


@dataclass(frozen=True, slots=True)
class Scored:
    """Figures by what is looked for, and by class: means, then classes; and how often each class happened.

    What the broadcast showed, or did not, is looked for only where labels say which.
    """

    games: Games
    metric: str
    figures: Mapping[Events, Mapping[str, Interval]]
    happened: Mapping[Events, Mapping[str, int]]
    windows: Mapping[str, Interval] = field(default_factory=dict)
    """Classification of windows, where it was asked for: the mean over the classes that happen, then the classes."""


def deltas_of(metric: str) -> tuple[int, ...]:
    """The tolerances in seconds of ``loose``, ``tight`` or ``at1`` to ``at5``. Raises ``UsageError``."""
    if metric in ("loose", "tight"):
        return LOOSE_S if metric == "loose" else TIGHT_S
    at = _AT.fullmatch(metric)
    if at is None:
        raise UsageError(f"there is no metric {metric[:20]!a}", "It is loose, tight, or at1 to at5.")
    return (int(at[1]),)


def read_games(labels: Path, predictions: Path, tell: Progress) -> Games:
    """Read two folders or zips, SoccerNet's or anybody's. Raises ``InputError`` for what can't be read or compared."""
    shown = f"{predictions.name or predictions}"
    guessed = find_documents(predictions, (PREDICTIONS,)).get(PREDICTIONS)
    if guessed is None:
        raise InputError(
            f"{shown} holds no {PREDICTIONS}", "There is one for each game, under its league, season and game."
        )
    known = find_documents(labels, (LABELS_V2, LABELS_V1))
    if not known:
        raise InputError(f"{labels.name or labels} holds no {LABELS_V2} or {LABELS_V1}", "Name SoccerNet's folder.")
    labelled = {game for documents in known.values() for game in documents.where}
    both = [game for game in guessed.where if game in labelled]
    if not both:
        raise InputError(
            f"{shown} holds predictions of {len(guessed.where)} games, none of which has labels",
            "Both name a game by its three folders: league, season, game.",
        )
    found: dict[str, tuple[Spot, ...]] = {}
    for done, (game, document) in enumerate(guessed.read(both), start=1):
        found[game] = predicted_spots(document)
        tell("reading predictions", done, len(both))
    version = _version(found, known)
    judged = known[_FILES[version]]
    truth = {game: labelled_spots(document, version) for game, document in judged.read(sorted(judged.where))}
    return Games(
        version,
        truth,
        {game: found.get(game, ()) for game in truth},
        tuple(game for game in truth if game not in found),
        tuple(sorted(set(guessed.where) - truth.keys())),
    )


def _version(found: Mapping[str, tuple[Spot, ...]], known: Mapping[str, GameDocuments]) -> int:
    """Whose classes are judged: those of the predictions, or of the only labels there are where these name none."""
    version = version_of(found)
    if version is None:
        version = 2 if LABELS_V2 in known else 1
        labels = sorted({spot.label for spots in found.values() for spot in spots})
        if labels:
            raise InputError(
                f"the predictions name no class of SoccerNet, but {labels[0][:40]!a}",
                f"Classes are {', '.join(CLASSES_V2[:3])} and so on, or {', '.join(CLASSES_V1)} of the first version.",
            )
    if _FILES[version] not in known:
        raise InputError(
            f"the predictions are of SoccerNet-v{version}'s classes, and there is no {_FILES[version]}",
            f"Name a folder that holds {_FILES[version]}, too.",
        )
    return version


def score(
    games: Games, metric: str, draws: int, rng: np.random.Generator, tell: Progress, window_s: float | None = None
) -> Scored:
    """Figures of all games, with intervals by ``draws`` draws of whole games (0: none); with ``window_s`` also those of
    the classification of windows of that length.

    Raises:
        UsageError: there is no such metric.
    """
    deltas_s = deltas_of(metric)
    counts: dict[Events, list[SpotCounts]] = {which: [] for which in _asked(games)}
    for game, labelled in games.labels.items():
        counted = count_by_visibility(labelled.spots, games.found[game], games.judged, deltas_s)
        for which, of_games in counts.items():
            of_games.append(counted[which])
    drawn = draws_of(len(games.labels), draws, rng) if draws else np.ones((0, len(games.labels)))
    figures, happened = {}, {}
    for which, of_games in counts.items():
        resampled = _resampled(of_games, which, games.judged, drawn, tell)
        figures[which] = {name: resampled.interval(name) for name in resampled.values}
        events = add_up(of_games).events
        happened[which] = {label: int(count) for label, count in zip(games.judged, events, strict=True)}
    windows = {} if window_s is None else _classified(games, window_s, drawn)
    return Scored(games, metric, figures, happened, windows)


def _classified(games: Games, window_s: float, drawn: NDArray[np.float64]) -> dict[str, Interval]:
    classified = ClassifiedWindows(
        [
            windows_of(labelled.spots, games.found[game], games.judged, window_s)
            for game, labelled in games.labels.items()
        ]
    )

    def figures(weights: Weights) -> dict[str, float]:
        by_class = classified.average_precisions(weights)
        there = by_class[np.isfinite(by_class)]
        mean = float(there.mean()) if len(there) else float("nan")
        return {MEAN_HAPPENED: mean, **dict(zip(games.judged, by_class.tolist(), strict=True))}

    resampled = resample_figures(figures, drawn)
    return {name: resampled.interval(name) for name in resampled.values}


def windows_of(truth: Sequence[Spot], found: Sequence[Spot], classes: tuple[str, ...], window_s: float) -> Windows:
    """Windows that tile both halves up to the last thing that is known of them; each is as sure of a class as the
    surest prediction in it, 0 without one."""
    number = {label: c for c, label in enumerate(classes)}
    scores, happens = [], []
    for half in HALVES:
        mine = [[spot for spot in spots if spot.half == half] for spots in (truth, found)]
        last_ms = max((spot.position_ms for spots in mine for spot in spots), default=0)
        count = int(last_ms / 1000 / window_s) + 1
        scores.append(np.zeros((count, len(classes))))
        happens.append(np.zeros((count, len(classes)), dtype=np.bool_))
        for true, spots in zip((True, False), mine, strict=True):
            for spot in (spot for spot in spots if spot.label in number):
                place = int(spot.position_ms / 1000 / window_s), number[spot.label]
                if true:
                    happens[-1][place] = True
                else:
                    scores[-1][place] = max(scores[-1][place], spot.confidence)
    return Windows(np.concatenate(scores), np.concatenate(happens))


def _asked(games: Games) -> tuple[Events, ...]:
    says = any(labelled.says_visibility for labelled in games.labels.values())
    return tuple(Events) if says else (Events.ALL,)


def _resampled(
    counts: Sequence[SpotCounts], which: Events, classes: tuple[str, ...], drawn: NDArray[np.float64], tell: Progress
) -> Resampled:
    stacked = stack_games(counts)
    done = 0

    def figures(weights: Weights) -> dict[str, float]:
        nonlocal done
        tell(f"intervals, {which}", done, len(drawn) or None)
        done += 1
        return figures_of(weigh_games(stacked, weights), which, classes)

    return resample_figures(figures, drawn)


def figures_of(counts: SpotCounts, which: Events, classes: tuple[str, ...]) -> dict[str, float]:
    """The means, and the figure of each class; that of a class that does not happen is not defined (NaN)."""
    averages, there = class_averages(counts), counts.events > 0
    happened = float(averages[there].mean()) if there.any() else float("nan")
    by_class = {label: float(averages[c]) if there[c] else float("nan") for c, label in enumerate(classes)}
    return {MEAN: package_mean(counts, which), MEAN_HAPPENED: happened, **by_class}
