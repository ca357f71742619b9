"""Spots the events of games with labels or without, into SoccerNet's ``results_spotting.json``, a file a game."""

from collections.abc import Sequence
from pathlib import Path

from engine.core.files import private_folder, write_whole_json
from engine.football.soccernet import Spot, predictions
from engine.football.soccernet_files import PREDICTIONS
from engine.spotting.spot import as_spots, spot
from engine.spotting.weights import SpottingWeights
from train.fit.spotting.fit import tracks_of
from train.fit.spotting.games import Half


def predict_half(weights: SpottingWeights, half: Half) -> list[Spot]:
    """What the weights spot in a half."""
    tracks = tracks_of(half, weights.config.channels, weights.config.window.rate_hz)
    return as_spots(spot(tracks, weights), half.number)


def write_predictions(weights: SpottingWeights, halves: Sequence[Half], out: Path) -> int:
    """Write ``<out>/<game>/results_spotting.json`` for every game of the halves; return how many games there are."""
    games: dict[str, list[Spot]] = {}
    for half in halves:
        games.setdefault(half.game, []).extend(predict_half(weights, half))
    for game, spots in games.items():
        folder = private_folder(out / game)
        write_whole_json(folder / PREDICTIONS, predictions(game, spots))
    return len(games)
