"""One trial of a sweep: a short training by given settings, and how well it does on what it is chosen by.

It is a pure function of its description. That holds the curves of the earlier trials that it is measured against while
it goes on, so whether it is ended early depends on nobody's speed.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.fit.loop.run_folder import ORPHANED_S, RunFolder
from train.fit.loop.trainer import Progress
from train.jobs.task import Result
from train.recipes.sweep.space import Value
from train.recipes.sweep.sweepable_training import Learner

Curve = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class TrialWanted:
    """A trial. ``folder`` is where its training keeps its state. ``earlier`` are the curves of complete trials that it
    is measured against, None where no trial is ended early."""

    number: int
    params: Mapping[str, Value]
    seed: int
    learner: Learner
    earlier: Sequence[Curve] | None
    folder: Path


class _EndedEarly(Exception):
    pass


def do_trial(given: TrialWanted) -> Result:
    """Train, and judge. Returns state, score, curve and figures.

    Raises ``MomentumError`` where the settings can't be trained by.
    """
    training = given.learner.training(given.params, given.seed)
    ends = pruner(given.earlier) if given.earlier is not None else None
    told = 0

    def check(at: Progress | None = None) -> None:
        """End it where the curve says so, also that of a run that was killed after the check that ended it."""
        nonlocal told
        if ends and (at is None or at.check):
            curve = training.curve(run.metrics())
            fresh, told = curve[told:], len(curve)
            if any(ends(step, score) for step, score in fresh):
                raise _EndedEarly

    with closing(RunFolder(given.folder, training.inputs, ORPHANED_S)) as run:
        try:
            check()
            score, figures = training.run(run, check)
        except _EndedEarly:
            curve = training.curve(run.metrics())
            return {"state": "pruned", "score": curve[-1][1], "curve": curve, "figures": {}}
        return {"state": "complete", "score": score, "curve": training.curve(run.metrics()), "figures": dict(figures)}


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
