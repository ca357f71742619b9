"""Many tasks, each done once: what is kept is taken, the rest is made, and results come back one by one."""

from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Protocol, TypeAlias

from engine.core.clock_text import clock_time
from engine.core.errors import MomentumError
from engine.core.telling import Progress
from train.jobs.task import Fault, Result, Task
from train.jobs.workers import Workers


class Kept(Protocol):
    """Where results of earlier runs are, by the keys of their tasks."""

    def get(self, key: str) -> Result | None: ...

    def put(self, key: str, result: Result) -> None: ...


OnFault: TypeAlias = Callable[[Task, Fault], None]
"""Told of each task that could not be done, while the others go on."""


def run_tasks(
    tasks: Sequence[Task],
    workers: Workers,
    tell: Progress,
    step: str,
    kept: Kept | None = None,
    on_fault: OnFault | None = None,
    clock: Callable[[], float] = monotonic,
) -> Iterator[tuple[Task, Result]]:
    """Each task with its result, in the order in which they are done; a few at a time are under way.

    ``step`` is what the progress calls it. Without ``on_fault`` the first fault is raised.

    Raises:
        MomentumError: the workers are gone, or not of the same program. What is kept then stays kept.
    """
    missing: list[Task] = []
    there = 0
    for task in tasks:
        found = kept.get(task.key) if kept else None
        if found is None:
            missing.append(task)
            continue
        there += 1
        yield task, found
    began = clock()
    tell(step, there, len(tasks), f"{there} were there already" if there else "")
    for made, (task, outcome) in enumerate(workers.outcomes(iter(missing)), 1):
        if isinstance(outcome, Fault):
            if on_fault is None:
                raise outcome.error()
            on_fault(task, outcome)
        elif kept:
            kept.put(task.key, outcome)
        tell(step, there + made, len(tasks), how_it_goes(made, len(missing), clock() - began, workers.count()))
        if not isinstance(outcome, Fault):
            yield task, outcome


def in_order(tasks: Sequence[Task], done: Iterator[tuple[Task, Result]]) -> list[Result]:
    """All results in the order of ``tasks``; those of tasks that failed are left out."""
    by_key = {task.key: result for task, result in done}
    return [by_key[task.key] for task in tasks if task.key in by_key]


def how_it_goes(made: int, of: int, took_s: float, workers: int) -> str:
    """Rate, time left at that rate and, where there are several, the workers: for a person."""
    per_s = made / max(took_s, 1e-9)
    rate = f"{per_s:.1f}/s" if per_s >= 1 else f"{60 * per_s:.1f}/min" if per_s >= 1 / 60 else f"{3600 * per_s:.1f}/h"
    left = f", {clock_time((of - made) / per_s)} left" if made < of else ""
    return f"{rate}{left}" + (f", {workers} workers" if workers > 1 else "")


class Faults:
    """What could not be done, to be told at the end as well."""

    def __init__(self, say: Callable[[str, MomentumError], None]) -> None:
        self.found: list[Fault] = []
        self._say = say

    def __call__(self, task: Task, fault: Fault) -> None:
        self.found.append(fault)
        self._say(task.name, fault.error())

    def raise_if_any(self, of: int, hint: str) -> None:
        """Raise a ``MomentumError`` with the exit code of the first fault where there was one."""
        if self.found:
            raise MomentumError(f"{len(self.found)} of {of} could not be done", hint, self.found[0].error().exit_code)
