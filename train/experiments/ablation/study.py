"""Every row of the ablation trained and measured the same way, here or on a cluster.

Rows that are there and were made from the same are not trained again; judged by other reels, they are only judged.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from engine.audio.log_mel import Frames
from engine.core.errors import InputError
from engine.core.files import private_folder, write_whole_json
from engine.simulator.sound_cues import ALARMS
from train.data.labels import Danger
from train.data.matches import TrainingMatch, from_simulation
from train.data.real_sounds.overlay_sounds import load_sounds
from train.data.real_sounds.recordings_in_grounds import Recordings
from train.data.real_sounds.reel_truth import ReelTruth, read_truth
from train.data.real_sounds.sound_manifest import FOLDS
from train.data.simulated import simulate_plans
from train.data.simulation_plans import Ear, Plan, real_plans, split_matches, spread
from train.evaluate.real_sounds.reels import mel_of
from train.experiments.ablation.judging import measure, measure_reels, unheard
from train.experiments.ablation.rows import ROWS, SEGMENTS, STEPS, Row, settings_for
from train.fit.fit_network import train_network
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress
from train.fit.predict import predict
from train.fit.training_data import TrainingData, run_inputs
from train.jobs.run_tasks import Faults, in_order, run_tasks
from train.jobs.task import Result, Task
from train.jobs.workers import workers_at
from train.recipes.shipped_weights import MINUTES, ear_in, plans_of

JUDGED_BY: Final = 40
_LAID_OVER_FOLDS: Final = frozenset({0, 1, 2})
"""Real sounds that are laid over in the row with such; no row is tested on them."""


@dataclass(frozen=True, slots=True)
class RowWanted:
    """A row by its name, and the arguments of the study that decide on it."""

    row: str
    work: Path
    open_data: Path | None
    reels: tuple[Path, ...]
    audio: Path | None
    every: int
    seed: int
    steps: int = STEPS
    minutes: float = MINUTES
    judged_by: int = JUDGED_BY
    segments: int = SEGMENTS
    sounds: tuple[Path, ...] = ()

    def plans(self, ear: Ear | None = None) -> tuple[list[Plan], list[Plan]]:
        """What to train on, and to judge by. ``ear`` is asked of the row's recorded sounds."""
        row = _row(self.row)
        recordings = None if row.recorded == "no" else Recordings(self.sounds, row.recorded == "with groups")
        train_plans, val_plans, _ = plans_of(self.open_data, recordings, ear, self.minutes)
        if self.open_data:  # whole matches take long; their first and their middle stretches do
            ids = split_matches(self.open_data).val
            val_plans = [real_plans(self.open_data, match_id, self.minutes)[i] for match_id in ids for i in (0, 2)]
        return row.keep(train_plans[:: self.every]), spread(val_plans, self.judged_by)


def _row(name: str) -> Row:
    (row,) = [row for row in ROWS if row.name == name]
    return row


def run(
    row: Row,
    plans: tuple[list[Plan], list[Plan]],
    work: Path,
    reels: Sequence[tuple[Frames, ReelTruth]],
    sounds: Sequence[Frames],
    seed: int,
    steps: int = STEPS,
    segments: int = SEGMENTS,
) -> dict[str, Any]:
    """Train and measure one row, or take it from ``work`` where it was made from the same."""
    train_matches, val_matches = (
        [from_simulation(one, rule) for one in simulate_plans(work / "sounds", part, lambda *_: None)]
        for part, rule in ((plans[0], row.rule), (plans[1], Danger()))
    )
    _check_told(row, train_matches, work)
    settings = settings_for(row, seed, steps, segments)
    data = TrainingData(train_matches, val_matches, sounds if row.laid_over else ())
    inputs = run_inputs(settings, row.rule, data) | {"judged_by": [match.digest for match in val_matches]}
    made_from = _digest(inputs | {"reels": [asdict(truth) for _, truth in reels]})
    name = row.name.replace(" ", "-").replace(":", "")
    done = work / f"{name}.json"
    if done.exists():
        there: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
        if there.pop("made_from", None) == made_from:
            return there
    _say(row.name)
    with closing(RunFolder(work / "rows" / f"{name}-{_digest(inputs)}", inputs)) as kept:
        network = train_network(data, settings, kept, _show_progress).network
    figures = {"row": row.name, **measure(predict(network, val_matches), seed), **measure_reels(network, reels, seed)}
    write_whole_json(done, figures | {"made_from": made_from})
    return figures


def _digest(inputs: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:12]


def _check_told(row: Row, matches: Sequence[TrainingMatch], work: Path) -> None:
    if row.told and any(match.heard is None for match in matches if match.recorded):
        raise InputError(
            f"{work / 'sounds'} holds recorded reels of which no tagger was asked",
            "Give another --work folder; with --taggers from the start the tagger is asked as they are drawn.",
        )


@lru_cache(maxsize=4)
def _mel_once(reel: Path) -> Frames:
    """The frames of a reel, kept for the next row: they take a tenth of a row's time, and 80 MB for an hour."""
    return mel_of(reel)


def do_row(given: RowWanted) -> Result:
    """Train and measure one row, or take it from the work folder."""
    heard = frozenset(range(FOLDS)) if given.sounds else _LAID_OVER_FOLDS
    reels = [(_mel_once(reel), unheard(read_truth(reel), heard)) for reel in given.reels]
    sounds = load_sounds(given.audio, _LAID_OVER_FOLDS) if given.audio else []
    row, plans = _row(given.row), given.plans()
    return {"figures": run(row, plans, given.work, reels, sounds, given.seed, given.steps, given.segments)}


def study(chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """All rows that were asked for and whose sounds are given, here or on a cluster.

    Raises ``MomentumError`` where a row can't be trained, once the others are, or where the cluster is gone.
    """
    reels, sounds = (tuple(path.absolute() for path in paths) for paths in (chosen.reel, chosen.sounds))
    private_folder(chosen.work)
    work, open_data, audio = (path and path.absolute() for path in (chosen.work, chosen.open_data, chosen.audio))
    rows = _with_what_they_need(chosen)
    size = (chosen.every, chosen.seed, chosen.steps, chosen.minutes, chosen.judged_by, chosen.segments)
    tasks = []
    for row in rows:
        given = RowWanted(row.name, work, open_data, reels, audio, *size, sounds)
        tasks.append(Task(row.name, do_row, given, {"row": row.name, "size": size}))
    faults = Faults(lambda name, fault: _say(f"{name}: {fault}\n  {fault.hint}"))
    ear = ear_in(chosen.taggers) if chosen.taggers else None
    with workers_at(chosen.cluster, [folder for folder in (work, open_data, audio, *sounds) if folder]) as workers:
        plans: dict[str, Plan] = {}
        for row, task in zip(rows, tasks, strict=True):
            train_plans, val_plans = task.given.plans(ear if row.recorded == "yes" else None)
            plans |= {plan.name: plan for plan in (*train_plans, *val_plans)}
        # An ear can't travel.
        simulate_plans(work / "sounds", [plan for plan in plans.values() if plan.ear is not None], _show_drawn)
        simulate_plans(work / "sounds", [plan for plan in plans.values() if plan.ear is None], _show_drawn, workers)
        found = in_order(tasks, run_tasks(tasks, workers, _show_rows, "rows", on_fault=faults))
    faults.raise_if_any(len(tasks), "The same command tries them again; rows that are done are kept.")
    return [one["figures"] for one in found]


def _with_what_they_need(chosen: argparse.Namespace) -> list[Row]:
    groups = bool(chosen.sounds) and bool(Recordings(chosen.sounds).kinds & ALARMS)
    given = {"no": True, "yes": bool(chosen.sounds), "with groups": groups}
    return [
        row
        for row in ROWS
        if (not chosen.only or row.name in chosen.only)
        and given[row.recorded]
        and (chosen.audio or not row.laid_over)
        and (chosen.taggers or not row.told)
    ]


def _show_progress(at: Progress) -> None:
    if at.step % 50 == 0:
        _say(f"  {at.stage} {at.step}/{at.steps} loss {at.loss:.3f} {at.rate:.0f} windows/s")


def _show_drawn(done: int, of: int, minutes: float) -> None:
    _say(f"sounds {done}/{of}")


def _show_rows(step: str, done: float, total: float | None, note: str = "") -> None:
    _say(f"{step} {done:g}/{total or 0:g} {note}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
