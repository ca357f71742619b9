"""A sweep over the settings of ``momentum train encoder``, judged on matches to validate on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from engine.core.errors import InputError
from train.data.labels import find_rule
from train.data.library import Library
from train.data.matches import TrainingMatch, from_library, from_simulation, split_folds
from train.data.simulated import read_match
from train.fit.compare_weights import keep_out
from train.fit.fit_network import train_network
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress
from train.fit.predict import predict
from train.fit.settings import FitSettings
from train.fit.training_data import TrainingData, run_inputs
from train.fit.validation import check_figures, scored
from train.recipes.sweep.space import Knobs, Space, Value
from train.recipes.sweep.sweepable_training import rests_on_choice

STAGE: Final = "final"
"""The stage of the training whose checks are the curve."""
DEFAULT: Final = """\
# Settings of the training (train/fit/settings.py) by name, with dots into their parts.
# A range has low and high, and may have step, or log = true; a choice has choices.
[space]
"schedule.learning_rate" = {low = 3e-4, high = 3e-3, log = true}
"schedule.weight_decay" = {low = 0.01, high = 0.2, log = true}
dropout = {low = 0.1, high = 0.5}
cries = {low = 0.2, high = 1.0}
gamma = {low = 0.0, high = 2.0}
noise = {low = 0.0, high = 0.8}
"head.readout" = {choices = ["last", "mean", "attention"]}

# What every trial has otherwise than a training by itself: it is shorter.
[fixed]
fold_steps = 0
"schedule.steps" = 300
"schedule.check_every" = 50
"columns.steps" = 150
"fine_tune.copies" = 1
"fine_tune.schedule.steps" = 200
"fine_tune.schedule.check_every" = 100
"""
_KEPT_OUT: Final = (
    "{} more matches were kept out: no trial has heard them. Whether they hold danger was looked at, to deal them out, "
    "and nothing else; they can judge what is chosen."
)
_NONE_KEPT_OUT: Final = "No matches were kept out: there were too few. Judge what is chosen on others."
_OPTION: Final = "'momentum train sweep' has an option for it."
KNOBS: Final = Knobs(DEFAULT, FitSettings(), {"seed": _OPTION, "folds": _OPTION})


@dataclass(frozen=True, slots=True)
class Source:
    """Where matches are: ``simulated`` in a folder, or a ``library``."""

    kind: Literal["simulated", "library"]
    folder: Path
    rule: str

    def open(self, digests: Mapping[str, str]) -> list[TrainingMatch]:
        """The matches with these ids. Raises ``InputError`` where one is missing, or is not the one that was meant."""
        rule = find_rule(self.rule)
        if self.kind == "simulated":
            found = [from_simulation(read_match(self.folder / f"{name}.json"), rule) for name in digests]
        else:
            found = from_library(Library(self.folder), rule, list(digests), _missing) if digests else []
        for match in found:
            if match.digest != digests.get(match.id):
                raise InputError(f"{match.id} is not what it was when the sweep began", "Begin another sweep.")
        return found


def _missing(match_id: str, fault: InputError) -> None:
    raise InputError(f"{match_id}: {fault.message}", fault.hint) from fault


@dataclass(frozen=True, slots=True)
class Dealt:
    """The matches of a sweep, by id with their digests. Nobody opens those that are kept out."""

    train: Mapping[str, str]
    val: Mapping[str, str]
    kept_out: Mapping[str, str]

    @classmethod
    def of(cls, matches: Sequence[TrainingMatch], seed: int) -> "Dealt":
        """A tenth is kept out where there are many, a fold of the rest is to validate on.

        Raises ``InputError`` where there are too few, or the choice would rest on no danger.
        """
        learned, kept_out = keep_out(matches, seed)
        if len(learned) < 3:
            raise InputError(f"{len(learned)} matches are too few for a sweep", "Give at least three.")
        folds = split_folds(learned, min(FitSettings().folds, len(learned)), seed)
        val = folds[0]
        if not any(match.labels.truth.any() for match in val):
            raise InputError("the matches to validate on hold no danger", "Give more matches, or longer ones.")
        train = [match for fold in folds[1:] for match in fold]
        return cls(*({match.id: match.digest for match in part} for part in (train, val, kept_out)))


@dataclass(frozen=True, slots=True)
class NetworkTraining:
    """A short training of encoder and head, judged by ``score``: as ROC-AUC of danger and, where known, of cries."""

    settings: FitSettings
    rule: str
    data: TrainingData

    @property
    def inputs(self) -> Mapping[str, Any]:
        made_from = run_inputs(self.settings, find_rule(self.rule), self.data)
        return {**made_from, "judged_by": sorted(match.digest for match in self.data.val_matches)}

    def curve(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, float]]:
        return [(row["step"], row["score"]) for row in rows if row["stage"] == STAGE and "score" in row]

    def run(self, folder: RunFolder, tell: Callable[[Progress], None]) -> tuple[float, Mapping[str, float]]:
        network = train_network(self.data, self.settings, folder, tell).network
        figures = check_figures(predict(network, self.data.val_matches))
        found = scored(figures)
        if "score" not in found:
            raise InputError("the matches to validate on hold no danger", "Give more matches.")
        return found["score"], figures


@dataclass(frozen=True, slots=True)
class NetworkLearner:
    """The matches of a sweep by their digests; those that are kept out are not here."""

    space: Space
    source: Source
    train_digests: Mapping[str, str]
    val_digests: Mapping[str, str]

    def training(self, params: Mapping[str, Value], seed: int) -> NetworkTraining:
        settings = KNOBS.settings(self.space, params, seed)
        data = TrainingData(self.source.open(self.train_digests), self.source.open(self.val_digests))
        return NetworkTraining(settings, self.source.rule, data)


@dataclass(frozen=True, slots=True)
class SweptNetwork:
    """The matches in ``source`` as they are ``dealt``."""

    space: Space
    source: Source
    dealt: Dealt

    @property
    def learner(self) -> NetworkLearner:
        return NetworkLearner(self.space, self.source, self.dealt.train, self.dealt.val)

    def claim(self) -> Mapping[str, Any]:
        matches = {name: dict(getattr(self.dealt, name)) for name in ("train", "val", "kept_out")}
        return {"rule": self.source.rule, "matches": matches}

    def report(self) -> Mapping[str, Any]:
        dealt = self.dealt
        parts = {"trained_on": dealt.train, "chosen_by": dealt.val, "not_opened": dealt.kept_out}
        return {"label_rule": self.source.rule, "matches": {name: sorted(part) for name, part in parts.items()}}

    def rests_on(self) -> Sequence[str]:
        dealt, kept = self.dealt, len(self.dealt.kept_out)
        return [
            rests_on_choice(f"{len(dealt.train)} matches", f"{len(dealt.val)} validation matches"),
            _KEPT_OUT.format(kept) if kept else _NONE_KEPT_OUT,
        ]

    @property
    def score_is(self) -> str:
        return (
            "The score is the mean ROC-AUC of danger and, where all is simulated, of cries, on the validation matches."
        )

    def train_with(self, best: Path) -> str:
        return f"momentum train encoder --settings {best}"
