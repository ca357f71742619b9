"""A sweep over the settings of ``momentum train spotting``, judged on the valid games of a SoccerNet folder."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any, Final

from engine.core.errors import InputError, UsageError
from engine.spotting.config import SpottingConfig
from engine.spotting.weights import SpottingWeights
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress
from train.fit.spotting.fit import fit_spotting
from train.fit.spotting.games import TEST, TRAIN, VALID, DealtGames, Games
from train.fit.spotting.predictions import measured, spots_of
from train.fit.spotting.settings import SpottingSettings
from train.fit.spotting.training_job import SpottingWanted, one_thread, run_inputs
from train.recipes.sweep.space import Knobs, Space, Value
from train.recipes.sweep.sweepable_training import rests_on_choice

DEFAULT: Final = """\
# Settings of the training (train/fit/spotting/settings.py) by name, with dots into their parts.
# A range has low and high, and may have step, or log = true; a choice has choices.
[space]
model = {choices = ["max", "netvlad", "netvlad++", "netrvlad++"]}
fusion = {choices = ["joined", "pooled", "logits", "late"]}
window_s = {choices = [10.0, 20.0, 30.0, 60.0]}
clusters = {choices = [16, 32, 64, 128]}
dropout = {low = 0.1, high = 0.6}
"schedule.learning_rate" = {low = 3e-4, high = 1e-2, log = true}
gamma = {low = 0.0, high = 2.0}
weights = {choices = ["even", "balanced"]}
events = {choices = ["nms", "soft-nms"]}
apart_s = {low = 10.0, high = 60.0}

# What every trial has otherwise than a training by itself: it is shorter.
[fixed]
epochs = 10
"schedule.patience" = 3
"""
_FUSION: Final = "fusion"
_MAP: Final = "average_map"
_OPTION: Final = "'momentum train sweep' has an option for it."
_BY_EPOCHS: Final = "It follows from epochs, and from how much there is to learn from."
KNOBS: Final = Knobs(
    DEFAULT,
    SpottingSettings(),
    {"seed": _OPTION, "vocabulary": _OPTION}
    | {f"schedule.{name}": _BY_EPOCHS for name in ("steps", "check_every", "save_every")},
)


def knobs_for(channels: int) -> Knobs:
    """The knobs of so many channels: one alone is fused with nothing."""
    lines = DEFAULT.splitlines(keepends=True)
    return KNOBS if channels > 1 else replace(KNOBS, default="".join(one for one in lines if _FUSION not in one))


@dataclass(frozen=True, slots=True)
class SpottingTraining:
    """A short training, judged by the loose average-mAP of the spots of the valid games.

    Its curve is that figure after each epoch. A late fusion has none before its models are joined, and CALF none before
    its norm is set, so those are never ended early.
    """

    settings: SpottingSettings
    config: SpottingConfig
    games: Games

    @property
    def inputs(self) -> Mapping[str, Any]:
        return run_inputs(self.settings, self.config, self.games)

    def curve(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, float]]:
        return [(epoch, row[_MAP]) for epoch, row in enumerate(rows, 1) if _MAP in row]

    def run(self, folder: RunFolder, tell: Callable[[Progress], None]) -> tuple[float, Mapping[str, float]]:
        with one_thread():
            weights = fit_spotting(self.games, self.config, self.settings, folder, tell, judge=self._judged)
            figures = self._judged(weights)
        window_map = weights.config.measured.get(f"{VALID}_window_map")
        return figures[_MAP], figures if window_map is None else {**figures, "window_map": window_map}

    def _judged(self, weights: SpottingWeights) -> dict[str, float]:
        halves = self.games.parts[VALID]
        found = measured(self.config.labels, halves, spots_of(weights, halves))
        if isnan(found):
            raise InputError("nothing happens in the valid games", "Give more games, or another vocabulary.")
        return {_MAP: found}


@dataclass(frozen=True, slots=True)
class SpottingLearner:
    """The games of a sweep, as whoever does a trial opens them: not those to test on. ``samples`` is their digest."""

    space: Space
    dealt: DealtGames
    samples: str

    def training(self, params: Mapping[str, Value], seed: int) -> SpottingTraining:
        settings = replace(KNOBS.settings(self.space, params, seed), vocabulary=self.dealt.vocabulary)
        games = self.dealt.open((TRAIN, VALID))
        if games.inputs()["samples"] != self.samples:
            raise InputError("the games are not what they were when the sweep began", "Begin another sweep.")
        config = SpottingWanted("trial", self.dealt, settings).config(games)
        return SpottingTraining(settings, config, games)


@dataclass(frozen=True, slots=True)
class SweptSpotting:
    """The games of ``folder`` as they are ``dealt``; the command that trains on them has ``options``."""

    space: Space
    dealt: DealtGames
    learned_from: Mapping[str, Any]
    command: Sequence[str]

    @classmethod
    def of(cls, space: Space, dealt: DealtGames, command: Sequence[str]) -> "SweptSpotting":
        """With the games opened once, but those to test on.

        Raises:
            InputError: a file can't be read, or nothing happens in the valid games.
            UsageError: there is no such vocabulary, or the space has fusions, and there is one channel.
        """
        replace(KNOBS.usual, vocabulary=dealt.vocabulary)
        if _FUSION in space.tried and len(dealt.features) < 2:
            raise UsageError("fusions can't be tried with one channel", "Name features of the sound with --audio.")
        games = dealt.open((TRAIN, VALID))
        if not any(len(half.events) for half in games.parts[VALID]):
            raise InputError("nothing happens in the valid games", "Give more games, or another vocabulary.")
        return cls(space, dealt, games.inputs(), command)

    @property
    def learner(self) -> SpottingLearner:
        where = {part: games for part, games in self.dealt.where.items() if part != TEST}
        return SpottingLearner(self.space, replace(self.dealt, where=where), self.learned_from["samples"])

    def claim(self) -> Mapping[str, Any]:
        return {
            "features": list(self.dealt.features),
            "vocabulary": self.dealt.vocabulary,
            "games": {**self.learned_from, TEST: sorted(self.dealt.where[TEST])},
        }

    def report(self) -> Mapping[str, Any]:
        names = {"trained_on": TRAIN, "chosen_by": VALID, "not_opened": TEST}
        games = {name: sorted(self.dealt.where[part]) for name, part in names.items()}
        return {"features": list(self.dealt.features), "vocabulary": self.dealt.vocabulary, "games": games}

    def rests_on(self) -> Sequence[str]:
        train, valid, test = (len(self.dealt.where[part]) for part in (TRAIN, VALID, TEST))
        learned = rests_on_choice(f"{train} games, {self.dealt.dealt_by}", f"{valid} valid games")
        if not test:
            return [learned, "There are no test games. Judge what is chosen on others."]
        return [
            learned,
            f"{test} test games were not opened: no trial has read them, so they can judge what is chosen.",
        ]

    @property
    def score_is(self) -> str:
        return "The score is the loose average-mAP of spots over the classes that happen in the valid games."

    def train_with(self, best: Path) -> str:
        return shlex.join(["momentum", "train", "spotting", *self.command, "--settings", str(best)])
