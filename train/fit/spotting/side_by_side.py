"""What of a training can be done side by side: models that are trained apart, and what a model makes of each game.

The steps of one training follow each other, so they are one task. A worker trains in the run folder, and whoever asked
goes on there: what is left to do is to read the weights. So they are the same to the bit with and without workers.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.core.errors import WeightsError
from engine.core.telling import Progress
from engine.core.tensor_file import sha256_of
from engine.football.soccernet import Spot
from engine.spotting.weights import CONFIG_FILE, SpottingWeights, load_spotting, save_spotting
from train.fit.loop.run_folder import ORPHANED_S
from train.fit.loop.trainer import Progress as Step
from train.fit.spotting.fit import Curves, channel_curves, fit_model, opened_run
from train.fit.spotting.games import VALID, DealtGames, Games
from train.fit.spotting.predictions import predict_half
from train.fit.spotting.training_job import Training, models_of, one_thread, run_inputs
from train.jobs.kept_results import KeptResults
from train.jobs.run_tasks import OnFault, in_order, run_tasks
from train.jobs.same_program import this_program
from train.jobs.task import Result, Task
from train.jobs.workers import Workers

_PASSING: Final = ("games", "models-apart", "models")
"""Folders of a run that go once all its games are done."""
_KEPT, _BEFORE_FUSION, _FINISHED = _PASSING


@dataclass(frozen=True, slots=True)
class ModelTask:
    """The model called ``model`` of a training, whose run folder is one that all machines see."""

    training: Training
    model: str


def train_model(given: ModelTask) -> Result:
    """Train it to its end, and say how many checks that took; the run folder has the weights."""
    wanted = given.training.wanted
    settings, games = wanted.settings, wanted.dealt.open()
    models = models_of(wanted.config(games), settings.seed)
    (one,) = [each for each in models if each.name == given.model]
    with one_thread(), opened_run(one, given.training.run, settings, games, ORPHANED_S) as run:
        fit_model(one, games, settings, run, _nobody)
        return {"checks": len(run.metrics())}


def _nobody(at: Step) -> None:
    """Steps are told to whoever looks on, and nobody looks on a worker."""


@dataclass(frozen=True, slots=True)
class GameTask:
    """One game of ``part``, and the folder of the weights that read it; ``digest`` is that of their config."""

    game: DealtGames
    part: str
    weights: Path
    digest: str


def hear_game(given: GameTask) -> Result:
    """What the models of a late fusion say: log-odds (rows, classes), float32, by half and channel."""
    found: dict[str, Any] = {}
    weights = _same_weights(given.weights, given.digest)
    with one_thread():
        for half in given.game.open([given.part]).parts[given.part]:
            curves = channel_curves(weights, half)
            found |= {_named(half.number, name): values.astype(np.float32) for name, values in curves.items()}
    return found


def spot_game(given: GameTask) -> Result:
    """The spots of a game: half, milliseconds, label, confidence."""
    weights = _same_weights(given.weights, given.digest)
    with one_thread():
        halves = given.game.open([given.part]).parts[given.part]
        spots = [spot for half in halves for spot in predict_half(weights, half)]
        return {"spots": [(one.half, one.position_ms, one.label, float(one.confidence)) for one in spots]}


@lru_cache(maxsize=1)
def _same_weights(folder: Path, digest: str) -> SpottingWeights:
    """The weights in ``folder``. Raises ``WeightsError`` where they are not those that were meant."""
    weights = load_spotting(folder)
    if sha256_of(folder / CONFIG_FILE) != digest:
        raise WeightsError(f"a worker has other weights in {folder}", "Give a run folder that all machines see.")
    return weights


def _named(half: int, channel: str) -> str:
    return f"{half} {channel}"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Deals a training out to ``workers``, and tells ``tell`` how it goes."""

    workers: Workers
    tell: Progress

    def train(self, trainings: Sequence[Training], games: Games, on_fault: OnFault | None) -> None:
        """Train the models of all ``trainings``. Without ``on_fault`` the first fault is raised."""
        tasks = []
        for training in trainings:
            wanted, there = training.wanted, replace(training, run=training.run.absolute())
            for one in models_of(wanted.config(games), wanted.settings.seed):
                inputs = run_inputs(wanted.settings, one.config, games)
                name = f"{wanted.name} {one.name}".strip()
                made_from = {**inputs, "name": name, "made_with": this_program()}
                tasks.append(Task(name, train_model, ModelTask(there, one.name), made_from))
        for _ in run_tasks(tasks, self.workers, self.tell, "trainings", on_fault=on_fault):
            pass

    def hear(self, training: Training, games: Games, weights: SpottingWeights) -> list[Curves]:
        """What the models of a late fusion, which are not fused yet, say of each valid half, in their order."""
        tasks = _game_tasks(hear_game, training, VALID, weights, _BEFORE_FUSION)
        found = self._done(tasks, training, "games heard")
        names = [channel.name for channel in weights.config.channels]
        return [
            {name: found[half.game][_named(half.number, name)].astype(np.float64) for name in names}
            for half in games.parts[VALID]
        ]

    def spot(self, training: Training, part: str, weights: SpottingWeights) -> dict[str, list[Spot]]:
        """What the weights spot in every game of a part."""
        tasks = _game_tasks(spot_game, training, part, weights, _FINISHED)
        found = self._done(tasks, training, f"{part} games")
        return {game: [Spot(*spot) for spot in result["spots"]] for game, result in found.items()}

    def _done(self, tasks: Sequence[Task], training: Training, step: str) -> Mapping[str, Result]:
        """The result of each game."""
        kept = KeptResults(training.run / _KEPT)
        found = in_order(tasks, run_tasks(tasks, self.workers, self.tell, f"{training.wanted.name}: {step}", kept))
        return {task.name: result for task, result in zip(tasks, found, strict=True)}


def _game_tasks(function: Any, training: Training, part: str, weights: SpottingWeights, name: str) -> list[Task]:
    """A task for each game of a part; the weights travel by the folder ``name`` of the run, that they are put into."""
    dealt, folder = training.wanted.dealt, training.run / name
    save_spotting(folder, weights, "Of a training under way.\n")
    digest = sha256_of(folder / CONFIG_FILE)
    return [
        Task(
            game,
            function,
            GameTask(dealt.only(part, game), part, folder.absolute(), digest),
            {"weights": digest, "game": game, "features": list(dealt.features), "made_with": this_program()},
        )
        for game in dealt.where[part]
    ]


def forget_games(run: Path) -> None:
    """Take away what was kept of single games and for them, once all are done."""
    for name in _PASSING:
        shutil.rmtree(run / name, ignore_errors=True)
