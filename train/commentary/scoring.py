"""Spots of halves against what happened: SoccerNet's loose average-mAP by class, with counts by game for intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.football.soccernet import Spot
from train.commentary.soccernet_label_table import JUDGED, Events, Half
from train.metrics.average_map import LOOSE_S, SpotCounts, add_up, average_map, count_spots, ranked
from train.metrics.bootstrap import Weights

Found = Mapping[Half, Sequence[tuple[float, str, float]]]
"""Spots by half: second, label, score. Scores of one label are compared with each other only."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Counts of every class of ``JUDGED`` by game, in the order of ``games``."""

    games: tuple[str, ...]
    by_class: Mapping[str, tuple[SpotCounts, ...]]

    def figures(self, weights: Weights | None = None) -> dict[str, float]:
        """Average precision (loose) by class, and ``mean``; of games that count as often as ``weights`` says."""
        values = {label: average_map(add_up(counts, weights)) for label, counts in self.by_class.items()}
        return {"mean": float(np.mean(list(values.values()))), **values}

    def of_games(self, games: set[str]) -> "Counts":
        keep = [n for n, game in enumerate(self.games) if game in games]
        kept = {label: tuple(counts[n] for n in keep) for label, counts in self.by_class.items()}
        return Counts(tuple(self.games[n] for n in keep), kept)


def count(found: Found, events: Mapping[Half, Events], kinds: Sequence[str]) -> Counts:
    """Compare spots with ``events``, each a tuple of seconds for each of ``kinds``.

    Confidences are replaced by their rank within the class over all games, as scores far below 1 would be punished.
    """
    games = tuple(sorted({game for game, _ in events}))
    by_class: dict[str, tuple[SpotCounts, ...]] = {}
    for label in JUDGED:
        spots = [
            [
                Spot(half, max(0, round(1000 * t_s)), label, score)
                for half in (1, 2)
                for t_s, name, score in found.get((game, half), ())
                if name == label
            ]
            for game in games
        ]
        truth = [
            [
                Spot(half, round(1000 * t_s), label)
                for half in (1, 2)
                for t_s in (events[game, half][kinds.index(label)] if (game, half) in events else ())
            ]
            for game in games
        ]
        by_class[label] = tuple(
            count_spots(real, guessed, (label,), LOOSE_S) for real, guessed in zip(truth, ranked(spots), strict=True)
        )
    return Counts(games, by_class)


def is_right(t_s: float, events_s: Sequence[float], within_s: float) -> bool:
    return any(abs(t_s - event_s) <= within_s for event_s in events_s)


def reliability_points(
    probability: NDArray[np.float64], right: NDArray[np.bool_], bins: int
) -> list[tuple[float, float, int]]:
    """Mean probability, share that was right and number, in ``bins`` of equal mass."""
    order = np.argsort(probability, kind="stable")
    return [
        (float(probability[part].mean()), float(right[part].mean()), len(part))
        for part in np.array_split(order, bins)
        if len(part)
    ]
