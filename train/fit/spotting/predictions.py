"""Spots the events of games with labels or without, into SoccerNet's ``results_spotting.json``, a file a game."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.core.files import private_folder, write_whole_json
from engine.football.soccernet import Spot, predictions
from engine.football.soccernet_files import PREDICTIONS
from engine.spotting.spot import as_spots, spot
from engine.spotting.weights import SpottingWeights
from train.fit.spotting.fit import tracks_of
from train.fit.spotting.games import Half
from train.metrics.average_map import LOOSE_S, add_up, class_averages, count_spots


def predict_half(weights: SpottingWeights, half: Half) -> list[Spot]:
    """What the weights spot in a half."""
    tracks = tracks_of(half, weights.config.channels, weights.config.window.rate_hz)
    return as_spots(spot(tracks, weights), half.number)


def spots_of(weights: SpottingWeights, halves: Sequence[Half]) -> dict[str, list[Spot]]:
    """What the weights spot in every game of the halves."""
    games: dict[str, list[Spot]] = {}
    for half in halves:
        games.setdefault(half.game, []).extend(predict_half(weights, half))
    return games


def measured(labels: Sequence[str], halves: Sequence[Half], found: Mapping[str, Sequence[Spot]]) -> float:
    """Loose average-mAP of the spots of games over the classes that happen in them; NaN where nothing does."""
    counts = add_up(
        [
            count_spots([s for half in halves if half.game == game for s in half.spots], spots, labels, LOOSE_S)
            for game, spots in found.items()
        ]
    )
    there = counts.events > 0
    return float(class_averages(counts)[there].mean()) if there.any() else float("nan")


def write_predictions(found: Mapping[str, Sequence[Spot]], out: Path) -> None:
    """Write ``<out>/<game>/results_spotting.json`` for every game."""
    for game, spots in found.items():
        write_whole_json(private_folder(out / game) / PREDICTIONS, predictions(game, spots))
