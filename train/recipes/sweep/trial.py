"""One trial of a sweep: a short training by given settings, and how well it does on the matches to validate on.

It is a pure function of its description. That holds the curves of the earlier trials that it is measured against while
it goes on, so whether it is ended early depends on nobody's speed.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from engine.core.errors import InputError
from train.data.labels import find_rule
from train.data.library import Library
from train.data.matches import TrainingMatch, from_library, from_simulation
from train.data.simulated import read_match
from train.fit.encoder import train_network
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress
from train.fit.predict import predict
from train.fit.training_data import TrainingData, run_inputs
from train.fit.validation import check_figures, scored
from train.jobs.task import Result
from train.recipes.sweep.space import Space, Value

STAGE: Final = "final"
"""The stage of the training whose checks are the curve."""
Curve = Sequence[tuple[int, float]]


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
class TrialWanted:
    """A trial. ``folder`` is where its training keeps its state. ``earlier`` are the curves of complete trials that it
    is measured against, None where no trial is ended early."""

    number: int
    params: Mapping[str, Value]
    space: Space
    seed: int
    source: Source
    train_digests: Mapping[str, str]
    val_digests: Mapping[str, str]
    earlier: Sequence[Curve] | None
    folder: Path


class _EndedEarly(Exception):
    pass


def do_trial(given: TrialWanted) -> Result:
    """Train, and judge on the matches to validate on. Returns state, score, curve and figures.

    Raises ``MomentumError`` where the settings can't be trained by.
    """
    settings = given.space.settings(given.params, given.seed)
    data = TrainingData(given.source.open(given.train_digests), given.source.open(given.val_digests))
    inputs = run_inputs(settings, find_rule(given.source.rule), data)
    inputs |= {"judged_by": sorted(match.digest for match in data.val_matches)}
    ends = pruner(given.earlier) if given.earlier is not None else None

    def check(at: Progress) -> None:
        if ends and at.check and at.stage == STAGE and "score" in at.check and ends(at.step, at.check["score"]):
            raise _EndedEarly

    with closing(RunFolder(given.folder, inputs)) as run:
        try:
            if ends:
                for step, score in curve_of(run):  # of a run that was killed after the check that ended it
                    if ends(step, score):
                        raise _EndedEarly
            network = train_network(data, settings, run, check).network
        except _EndedEarly:
            curve = curve_of(run)
            return {"state": "pruned", "score": curve[-1][1], "curve": curve, "figures": {}}
        figures = check_figures(predict(network, data.val_matches))
        found = scored(figures)
        if "score" not in found:
            raise InputError("the matches to validate on hold no danger", "Give more matches.")
        return {"state": "complete", "score": found["score"], "curve": curve_of(run), "figures": dict(figures)}


def curve_of(run: RunFolder) -> list[tuple[int, float]]:
    """The score at each check of the stage that counts: (step, score)."""
    return [(row["step"], row["score"]) for row in run.metrics() if row["stage"] == STAGE and "score" in row]


def pruner(earlier: Sequence[Curve], least: int = 4) -> Callable[[int, float], bool]:
    """Says after each check whether to end: Optuna's median rule, against ``earlier`` once there are ``least``."""
    from train.recipes.sweep.optuna_quietly import optuna

    study: Any = optuna.create_study(
        direction="maximize", pruner=optuna.pruners.MedianPruner(n_startup_trials=least, n_min_trials=least)
    )
    for curve in earlier:
        study.add_trial(optuna.trial.create_trial(value=0.0, intermediate_values=dict(curve)))
    trial = study.ask()

    def ends(step: int, score: float) -> bool:
        trial.report(score, step)
        return bool(trial.should_prune())

    return ends
