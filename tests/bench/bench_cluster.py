"""Long jobs on workers: throughput of two against one on the same machine, and what each task costs its driver.

Tasks are simulated matches of half a minute. Wall time tells of the machine's neighbours as well; so the ratio that
processor time allows on two cores stands beside it: the driver and both workers share them.
"""

import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from engine.app.simulate import MatchWanted
from tests.bench import Row
from train.data.simulated_files import SimulatedFiles
from train.jobs.dask_workers import DaskWorkers, local_workers
from train.jobs.run_tasks import run_tasks
from train.jobs.task import Result, Task

_TASKS = 12
_ROUNDS = 3
_MINUTES = 0.5
_EMPTY = 300


def worker_seconds(_: int) -> Result:
    """The processor time of this worker so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"s": used.ru_utime + used.ru_stime}


def nothing(number: int) -> Result:
    return {"number": number}


def _nobody(step: str, done: float, total: float | None, note: str = "") -> None:
    pass


def _all(tasks: list[Task], workers: DaskWorkers) -> tuple[float, float]:
    """Wall time and this process's processor time."""
    began, used = perf_counter(), process_time()
    assert len(list(run_tasks(tasks, workers, _nobody, "tasks"))) == len(tasks)
    return perf_counter() - began, process_time() - used


def _used(workers: DaskWorkers) -> float:
    found = workers._client.run(worker_seconds, 0)
    return sum(float(one["s"]) for one in found.values())


def _measured(count: int, new_folder: Callable[[], Path]) -> tuple[list[float], list[float], list[float]]:
    """Tasks a second by the wall clock, processor seconds a task of the workers, and of the driver: each by round."""
    rates, works, drives = [], [], []
    with local_workers(count) as workers:
        assert isinstance(workers, DaskWorkers)
        wanted = MatchWanted(minutes=_MINUTES)
        _all(SimulatedFiles(new_folder(), wanted, range(2 * count)).tasks, workers)  # imports happen here
        for _ in range(_ROUNDS):
            before = _used(workers)
            wall_s, driver_s = _all(SimulatedFiles(new_folder(), wanted, range(_TASKS)).tasks, workers)
            works.append((_used(workers) - before) / _TASKS)
            drives.append(driver_s / _TASKS)
            rates.append(_TASKS / wall_s)
    return rates, works, drives


def driver_seconds() -> float:
    """Processor seconds of client and scheduler for a task that does nothing."""
    with local_workers(1) as workers:
        assert isinstance(workers, DaskWorkers)
        tasks = [Task(f"{n}", nothing, n, {"n": n}) for n in range(_EMPTY)]
        _all(tasks[:10], workers)
        return _all(tasks, workers)[1] / _EMPTY


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        number = iter(range(1000))
        one = _measured(1, lambda: Path(folder) / f"{next(number)}")
        two = _measured(2, lambda: Path(folder) / f"{next(number)}")
    alone, both, driver = median(one[1]), median(two[1]), median(two[2])
    return [
        Row("one worker", median(one[0]), "tasks/s", None, "by the wall clock"),
        Row("two workers", median(two[0]), "tasks/s", None, "by the wall clock"),
        Row(
            "two workers / one", median(two[0]) / median(one[0]), "times", None, "wall clock; goal: 1.7, on idle cores"
        ),
        Row("two workers / one, by processor time", 2 * alone / (both + driver), "times", None, "goal: 1.7"),
        Row("processor time a task, one worker", alone, "s"),
        Row("processor time a task, two workers", both, "s"),
        Row("driver and scheduler a task", 1000 * driver_seconds(), "ms", None, "processor time, empty tasks"),
    ]
