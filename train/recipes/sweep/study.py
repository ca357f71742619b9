"""A sweep from its first trial to its last: proposals, trials under way, and a journal that survives a kill.

Trial number k is proposed by what the trials up to k - ``at_once`` showed, and begins when all of those are done.
So proposals and their results are the same on any number of workers, and after any kill. The journal is Optuna's own
file; this process alone writes it.
"""

import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final, Literal

from engine.core.errors import UsageError
from engine.core.files import private_folder, write_whole_json
from engine.core.telling import Progress
from train.jobs.run_tasks import OnFault, how_it_goes
from train.jobs.same_program import this_program
from train.jobs.task import Fault, Outcome, Task
from train.jobs.workers import Workers
from train.recipes.sweep.journal import locked, open_journal, read_json
from train.recipes.sweep.optuna_quietly import optuna
from train.recipes.sweep.space import Choice, Range
from train.recipes.sweep.sweepable_training import Swept
from train.recipes.sweep.trial import TrialWanted, do_trial

_JOURNAL: Final = "journal.log"
_CLAIM: Final = "sweep.json"
_SPENT: Final = "spent_s"
_FINISHED: Final = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED, optuna.trial.TrialState.FAIL)


@dataclass(frozen=True, slots=True)
class SweepSettings:
    """How trials are chosen. ``at_once``: so many trials at a time at most. ``prune``: those that do worse than half of
    the earlier ones at the same step are ended."""

    sampler: Literal["tpe", "random"] = "tpe"
    prune: bool = True
    at_once: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.at_once <= 1000:
            raise UsageError(f"{self.at_once} trials at once", "Ask for 1 to 1000.")


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop: after so many ``trials``, or when the command has run for so many ``hours`` in all; trials that
    have begun are finished."""

    trials: int | None = None
    hours: float | None = None

    def __post_init__(self) -> None:
        ends = [end for end in (self.trials, self.hours) if end is not None]
        if not ends or not all(end > 0 for end in ends):
            raise UsageError("a sweep without an end", "Give --trials or --hours, more than none.")


class Study:
    """A sweep in a folder, this process's alone until ``close``.

    Raises:
        UsageError: the folder holds a sweep that was begun otherwise, or another process works on it.
        InputError: its journal can't be read.
    """

    def __init__(self, folder: Path, swept: Swept, settings: SweepSettings) -> None:
        self.folder = private_folder(folder.absolute())
        self.swept, self.space, self.settings = swept, swept.space, settings
        self._lock = locked(self.folder)
        claim = self.folder / _CLAIM
        wanted = self._claim()
        self.resumed = claim.exists()
        if self.resumed and read_json(claim) != wanted:
            self.close()
            raise UsageError(
                f"{self.folder} holds a sweep that was begun otherwise",
                "Give the same options, space, matches or games as then, or another folder with --study.",
            )
        write_whole_json(claim, wanted)
        self._study = open_journal(self.folder / _JOURNAL)
        self._distributions = {name: _distribution(one) for name, one in self.space.tried.items()}

    def close(self) -> None:
        """Let another process go on."""
        os.close(self._lock)

    @property
    def trials(self) -> list[Any]:
        """All trials so far, as Optuna's ``FrozenTrial``, by number."""
        return list(self._study.get_trials(deepcopy=False))

    @property
    def spent_s(self) -> float:
        """How long commands have worked on it, in seconds."""
        return float(self._study.user_attrs.get(_SPENT, 0.0))

    def run(
        self,
        budget: Budget,
        workers: Workers,
        tell: Progress,
        on_fault: OnFault,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Do trials until the budget is spent. Raises ``MomentumError`` where the workers are gone; what was found
        stays."""
        before, began = self.spent_s, clock()
        done_before = len(self._finished())
        made = 0

        def hours_left() -> bool:
            return budget.hours is None or before + clock() - began < 3600 * budget.hours

        def show() -> None:
            done = done_before + made
            best = max((t.value for t in self.trials if t.state.name == "COMPLETE"), default=None)
            goes = (
                how_it_goes(made, (budget.trials or done) - done_before, clock() - began, workers.count())
                if made
                else ""
            )
            note = ", ".join([goes] * bool(goes) + ([f"best {best:.4f}"] if best is not None else []))
            if budget.trials is not None:
                tell("trials", done, budget.trials, note)
            else:
                tell("trials", (before + clock() - began) / 3600, budget.hours, f"{done} done, {note}" if note else "")

        show()
        for task, outcome in workers.outcomes(self._wanted(budget, hours_left)):
            self._told(task, outcome, on_fault)
            self._study.set_user_attr(_SPENT, before + clock() - began)
            made += 1
            show()
        self._study.set_user_attr(_SPENT, before + clock() - began)

    def _wanted(self, budget: Budget, hours_left: Callable[[], bool]) -> Iterator[Task | None]:
        """Trials to do, those first that a kill cut short; None where the next one has to wait for others."""
        for trial in self.trials:
            if not trial.state.is_finished():
                yield self._task(trial.number, trial.params)
        while (budget.trials is None or len(self.trials) < budget.trials) and hours_left():
            number = len(self.trials)
            known = self._known_to(number)
            if known is None:
                yield None
            else:
                yield self._task(number, self._proposed(number, known))

    def _known_to(self, number: int) -> list[Any] | None:
        """The trials that decide on trial ``number``, None while one of them is not done."""
        known = self.trials[: max(0, number - self.settings.at_once + 1)]
        return known if all(trial.state.is_finished() for trial in known) else None

    def _proposed(self, number: int, known: Sequence[Any]) -> Mapping[str, Any]:
        seed = zlib.crc32(f"{self.settings.seed} {number}".encode())
        samplers = optuna.samplers
        sampler = samplers.RandomSampler(seed) if self.settings.sampler == "random" else samplers.TPESampler(seed=seed)
        view = optuna.create_study(direction="maximize", sampler=sampler)
        view.add_trials([trial for trial in known if trial.state.name in ("COMPLETE", "PRUNED")])
        params: dict[str, Any] = dict(view.ask(self._distributions).params)
        begun = optuna.trial.TrialState.RUNNING  # one line of the journal: after a kill it is there or not
        self._study.add_trial(optuna.trial.create_trial(state=begun, params=params, distributions=self._distributions))
        return params

    def _task(self, number: int, params: Mapping[str, Any]) -> Task:
        known = self._known_to(number) or []
        earlier = None
        if self.settings.prune:
            earlier = [tuple(t.intermediate_values.items()) for t in known if t.state.name == "COMPLETE"]
        given = TrialWanted(
            number,
            dict(params),
            self.settings.seed,
            self.swept.learner,
            earlier,
            self.folder / "trials" / f"{number:04d}",
        )
        return Task(f"trial {number}", do_trial, given, {**self._claim(), "trial": number})

    def _told(self, task: Task, outcome: Outcome, on_fault: OnFault) -> None:
        """Write a trial's outcome into the journal; the state of its training is not needed any more."""
        number = task.given.number
        if isinstance(outcome, Fault):
            on_fault(task, outcome)
            self._study.tell(number, state=optuna.trial.TrialState.FAIL)
        else:
            trial = optuna.trial.Trial(self._study, self.trials[number]._trial_id)
            for step, score in outcome["curve"]:
                trial.report(score, step)
            trial.set_user_attr("figures", dict(outcome["figures"]))
            if outcome["state"] == "pruned":
                self._study.tell(number, state=optuna.trial.TrialState.PRUNED)
            else:
                self._study.tell(number, outcome["score"])
        for state in task.given.folder.rglob("*.safetensors"):
            state.unlink(missing_ok=True)

    def _finished(self) -> list[Any]:
        return [trial for trial in self.trials if trial.state in _FINISHED]

    def _claim(self) -> dict[str, Any]:
        tried = {name: _plain(one) for name, one in self.space.tried.items()}
        return {
            "space": tried,
            "fixed": dict(self.space.fixed),
            "settings": asdict(self.settings),
            **self.swept.claim(),
            "made_with": this_program(),
        }


def _plain(one: Range | Choice) -> dict[str, Any]:
    return {"choices": list(one.choices)} if isinstance(one, Choice) else asdict(one)


def _distribution(one: Range | Choice) -> Any:
    made = optuna.distributions
    if isinstance(one, Choice):
        return made.CategoricalDistribution(one.choices)
    if all(isinstance(value, int) for value in (one.low, one.high, one.step or 1)):
        return made.IntDistribution(int(one.low), int(one.high), log=one.log, step=int(one.step or 1))
    return made.FloatDistribution(float(one.low), float(one.high), log=one.log, step=one.step)


@contextmanager
def opened(folder: Path, swept: Swept, settings: SweepSettings) -> Iterator[Study]:
    """A study that is closed in the end."""
    study = Study(folder, swept, settings)
    try:
        yield study
    finally:
        study.close()
