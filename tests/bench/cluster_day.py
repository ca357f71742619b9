"""What a day on 10 and 100 machines would do: ``python -m tests.bench.cluster_day``, the table of ``docs/cluster.md``.

Processor time of a task, the bytes it moves and the driver's time are measured here; the rest is division. Nothing was
run on so many machines: ``docs/cluster.md`` says what is assumed of them.
"""

import pickle
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np

from engine.app.simulate import MatchWanted
from engine.core import grid
from engine.core.paths import shipped_weights
from engine.model.checkpoint import load
from tests.bench.bench_cluster import driver_seconds
from tests.unit.train.recipes.drawn_matches import drawn
from train.data.intake.ingest_folder import TABLE, recording_tasks
from train.data.labels import Danger
from train.data.packed_mel import BYTES_A_FRAME
from train.data.simulated_files import SimulatedFiles
from train.evaluate.baselines import Boosting
from train.evaluate.predictions import mel_examples
from train.evaluate.scoring_jobs import Listeners, score_tasks
from train.fit.fit_network import train_network
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress
from train.fit.settings import FitSettings
from train.fit.training_data import TrainingData, run_inputs
from train.jobs.kept_results import to_bytes
from train.jobs.task import Task
from train.recipes.sweep.space import changed, read_space

MATCH_MINUTES = 95.0
WORKERS_A_MACHINE = 8
NET_BYTES_S = 117e6
"""What a gigabit carries, for the shared folder and for the scheduler, each."""
DAY_S = 86400.0
_LIMITS = {"workers": "the workers", "disk": "the shared folder's network", "driver": "scheduler and driver"}


@dataclass(frozen=True)
class Cost:
    """Of one task: processor seconds, bytes of the shared folder, bytes through the scheduler."""

    what: str
    work_s: float
    disk_bytes: float
    wire_bytes: float

    def a_day(self, machines: int, driver_s: float) -> tuple[float, str]:
        """Tasks a day, and what holds them up."""
        rates = {
            "workers": machines * WORKERS_A_MACHINE / self.work_s,
            "disk": NET_BYTES_S / max(self.disk_bytes, 1.0),
            "driver": min(NET_BYTES_S / self.wire_bytes, 1.0 / driver_s),
        }
        slowest = min(rates, key=lambda name: rates[name])
        return DAY_S * rates[slowest], _LIMITS[slowest]


def _wire(task: Task, result: Mapping[str, object]) -> float:
    return float(len(pickle.dumps(task.given)) + len(to_bytes(result)))


def _timed(task: Task) -> tuple[float, Mapping[str, object]]:
    began = process_time()
    result = task.function(task.given)
    return process_time() - began, result


def simulated(folder: Path, minutes: float) -> Cost:
    """A whole match as sound, from ``minutes`` of one."""
    files = SimulatedFiles(folder, MatchWanted(minutes=minutes), range(3))
    found = [_timed(task) for task in files.tasks]
    scale = MATCH_MINUTES / minutes
    size = median(sum(length for _, length in result["files"]) for _, result in found)  # type: ignore[attr-defined,misc]
    return Cost(
        "simulate a match", scale * median(s for s, _ in found), scale * size, _wire(files.tasks[0], found[0][1])
    )


def taken_in(folder: Path, library: Path, minutes: float) -> Cost:
    """A recording of a whole match, its kick-offs known, from the sounds in ``folder``."""
    names = sorted(file.name for file in folder.glob("*.flac"))
    (folder / TABLE).write_text(
        "media,goals,kickoff,second-half\n" + "".join(f"{name},0:05,0:01,none\n" for name in names)
    )
    tasks = recording_tasks(folder, None, library, False, "bench", datetime.now(UTC))
    found = [_timed(task) for task in tasks]
    scale = MATCH_MINUTES / minutes
    read = 2 * median(float((folder / name).stat().st_size) for name in names)  # for its checksum, and to listen
    kept = minutes * 60 / grid.HOP_S * BYTES_A_FRAME
    return Cost(
        "ingest a match", scale * median(s for s, _ in found), scale * (read + kept), _wire(tasks[0], found[0][1])
    )


def scored(folder: Path) -> Cost:
    """A whole match heard by the index and every baseline, as often as live."""
    matches = drawn(folder, 6)
    rng = np.random.default_rng(0)
    examples = [mel_examples(match, Danger(), rng) for match in matches[:4]]
    boosting = {name: Boosting([one[name] for one in examples], 0) for name in examples[0]}
    weights = load(shipped_weights() / "default")
    tasks = score_tasks(matches[4:], Listeners(weights, boosting, grid.READING_FRAMES, 0, None, []))
    found = [_timed(task) for task in tasks]
    scale = MATCH_MINUTES / 4.0
    fixed = len(pickle.dumps(tasks[0].given.listeners))
    moved = fixed + scale * (_wire(tasks[0], found[0][1]) - fixed)
    disk = MATCH_MINUTES * 60 / grid.HOP_S * BYTES_A_FRAME
    return Cost("score a match", scale * median(s for s, _ in found), disk, moved)


def tried(folder: Path, run_folder: Path) -> Cost:
    """A trial of the usual space that runs to its end, from steps of each of its stages; checks are left out."""
    matches = drawn(folder, 6)
    space = read_space(None)
    usual = changed(FitSettings(), space.fixed)
    assert usual.columns and usual.fine_tune
    steps = {
        "final-columns": usual.columns.steps,
        "final": usual.schedule.steps,
        "head": usual.fine_tune.schedule.steps,
    }
    few = {"columns.steps": 4, "schedule.steps": 4, "schedule.check_every": 4}
    few |= {"fine_tune.schedule.steps": 4, "fine_tune.schedule.check_every": 4}
    settings = changed(usual, few)
    data = TrainingData(matches[:4], matches[4:])
    times: dict[str, list[float]] = {}

    def tell(at: Progress) -> None:
        times.setdefault(at.stage, []).append(process_time())

    run = RunFolder(run_folder, run_inputs(settings, Danger(), data))
    train_network(data, settings, run, tell)
    run.close()
    work_s = 0.0
    for stage, at in times.items():
        step_s = median(np.diff(at[:-1]).tolist())  # the last one holds a check
        work_s += step_s * steps.get(stage, steps["head"])
    seen = 40 * 20 * 60 / grid.HOP_S * BYTES_A_FRAME
    return Cost("a trial of a sweep", work_s, seen, 20e3)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        costs = [
            simulated(folder / "sounds", 2.0),
            taken_in(folder / "sounds", folder / "library", 2.0),
            scored(folder / "drawn"),
            tried(folder / "drawn", folder / "run"),
        ]
    driver_s = driver_seconds()
    print("| task | processor time | shared folder | scheduler | a day on 10 machines | on 100 |")
    print("|---|---|---|---|---|---|")
    for cost in costs:
        cells = [f"{count:,.0f} ({by})" for count, by in (cost.a_day(n, driver_s) for n in (10, 100))]
        print(
            f"| {cost.what} | {cost.work_s:.0f} s | {cost.disk_bytes / 1e6:.1f} MB | {cost.wire_bytes / 1e3:.0f} kB | "
            + " | ".join(cells)
            + " |"
        )
    print(f"\nDriver and scheduler take {1000 * driver_s:.1f} ms of processor time a task.")


if __name__ == "__main__":
    main()
