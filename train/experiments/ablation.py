"""What each choice is worth: ``python -m train.experiments.ablation OUT --work FOLDER``, each row trained and measured
the same way; with ``--cluster`` on many machines.

Every row is a short training (a fraction of the shipped one's steps and data), changed in one thing. Measured are how
well it ranks danger, and the crowd's cries, on simulated stretches kept apart, each in a ground of its own, with
intervals by stretch; and with ``--reel``, how well it tells real reactions from all else as loud. Rows that are there
and were made from the same are not trained again. Over 300 lines, since each row is a line or more of its own.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.audio.log_mel import Frames
from engine.core.errors import MomentumError
from engine.core.files import private_folder, write_whole_json
from engine.model.calibration import Calibration
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.simulator.match import Score
from engine.simulator.venue import draw_venue
from train.data.labels import Danger, GoalWindow, Rule
from train.data.matches import from_simulation
from train.data.real_sounds.overlay_sounds import load_sounds
from train.data.real_sounds.reel_truth import ReelTruth, read_truth
from train.data.simulated import simulate_plans
from train.data.simulation_plans import Plan, real_plans, split_matches, spread
from train.data.soft_targets import crying
from train.evaluate.predictions import ends_of, index_of, times_of
from train.evaluate.real_sounds.reels import Track, mel_of, reel_figures
from train.fit.encoder import train_network
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress
from train.fit.predict import Predicted, predict
from train.fit.settings import FitSettings
from train.fit.training_data import TrainingData, run_inputs
from train.jobs.run_tasks import Faults, in_order, run_tasks
from train.jobs.task import Result, Task
from train.jobs.workers import workers_at
from train.metrics.bootstrap import draws_of, interval
from train.metrics.ranking import exact_levels, roc_auc
from train.recipes.shipped_weights import MINUTES, plans_of

STEPS: Final = 100
SEGMENTS: Final = FitSettings().segments
JUDGED_BY: Final = 40
_HEARD_FOLDS: Final = frozenset({0, 1, 2})
"""Real sounds that the row with real sounds is trained with; no row is tested on them."""
_STEP: Final = 8
_DRAWS: Final = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One choice made otherwise. ``keep`` says which plans are trained on; ``sounds``: with real ones."""

    name: str
    change: Callable[[FitSettings], FitSettings] = lambda settings: settings
    rule: Rule = field(default_factory=Danger)
    keep: Callable[[list[Plan]], list[Plan]] = lambda plans: plans
    sounds: bool = False


def _head(readout: Any) -> Callable[[FitSettings], FitSettings]:
    return lambda settings: replace(settings, head=replace(settings.head, readout=readout))


def _front_end(kind: Any) -> Callable[[FitSettings], FitSettings]:
    return lambda settings: replace(settings, front_end=FrontEndConfig(kind))


def _encoder(**changes: Any) -> Callable[[FitSettings], FitSettings]:
    return lambda settings: replace(settings, encoder=EncoderConfig(**changes))


def _without_average(settings: FitSettings) -> FitSettings:
    columns = settings.columns and replace(settings.columns, ema=0.0)
    fine_tune = settings.fine_tune and replace(
        settings.fine_tune, schedule=replace(settings.fine_tune.schedule, ema=0.0)
    )
    return replace(settings, schedule=replace(settings.schedule, ema=0.0), columns=columns, fine_tune=fine_tune)


def _one_venue(plans: list[Plan]) -> list[Plan]:
    """The same matches and reels, all in one ground."""
    seed = plans[0].seed
    return [replace(plan, name=f"{plan.name}-one-venue", score=partial(_moved, plan, seed)) for plan in plans]


def _moved(plan: Plan, seed: int) -> Score:
    return replace(plan.score(), venue=draw_venue(np.random.default_rng(seed)))


ROWS: Final = (
    Row("as shipped"),
    Row("readout mean", _head("mean")),
    Row("readout attention", _head("attention")),
    Row("front end: level alone", _front_end("level")),
    Row("front end: background alone", _front_end("background")),
    Row("mean over the bands", _encoder(pool="mean")),
    Row("no noise on what the stem sees", lambda settings: replace(settings, noise=0.0)),
    Row("no first stage on pieces", lambda settings: replace(settings, columns=None)),
    Row("no last stage of the head", lambda settings: replace(settings, fine_tune=None)),
    Row("no reels", keep=lambda plans: [plan for plan in plans if not plan.name.startswith("reel-")]),
    Row("cross-entropy instead of focal loss", lambda settings: replace(settings, gamma=0.0)),
    Row("no moving average of the weights", _without_average),
    Row("hard negatives", lambda settings: replace(settings, fold_steps=max(1, settings.schedule.steps // 2))),
    Row("taught by the label alone", lambda settings: replace(settings, cries=None)),
    Row("goal-window labels", lambda settings: replace(settings, cries=None), rule=GoalWindow()),
    Row("one simulated ground", keep=_one_venue),
    Row("real sounds laid over", sounds=True),
)


def settings_for(row: Row, seed: int, steps: int = STEPS, segments: int = SEGMENTS) -> FitSettings:
    """The short training that every row gets, with the row's change: ``steps`` of each stage, twice that of the head's
    last; ``segments`` a batch, and as much less of all else in one."""
    usual = FitSettings(seed=seed, fold_steps=0, folds=3)
    usual = _smaller(usual, segments) if segments != usual.segments else usual
    short = replace(usual.schedule, steps=steps, check_every=steps)
    columns = usual.columns and replace(usual.columns, steps=steps)
    fine_tune = usual.fine_tune and replace(
        usual.fine_tune, copies=1, schedule=replace(usual.fine_tune.schedule, steps=2 * steps, check_every=2 * steps)
    )
    return row.change(replace(usual, schedule=short, columns=columns, fine_tune=fine_tune))


def _smaller(usual: FitSettings, segments: int) -> FitSettings:
    def part(count: int) -> int:
        return max(2, count * segments // usual.segments)

    return replace(
        usual,
        segments=segments,
        histories=part(usual.histories),
        crops=replace(usual.crops, stretches=part(usual.crops.stretches)),
        fine_tune=usual.fine_tune and replace(usual.fine_tune, histories=part(usual.fine_tune.histories)),
    )


def measure(found: Sequence[Predicted], seed: int) -> dict[str, list[float | None]]:
    """ROC-AUC of danger and of cries over stretches of matches, with 95 % intervals by stretch."""
    draws = draws_of(len(found), _DRAWS, np.random.default_rng(seed))
    truths = {
        "danger": [Danger().apply(one.match.on_sound, one.match.ends).truth for one in found],
        "cries": [crying(one.match.sounds, one.times_s) for one in found],
    }
    figures = {}
    for name, truth in truths.items():

        def pooled(weights: Any, truth: Sequence[Any] = truth) -> float:
            chosen = np.repeat(np.arange(len(found)), weights.astype(int)).tolist()
            scores = np.concatenate([found[i].log_odds for i in chosen])
            return float(roc_auc(exact_levels(scores, np.concatenate([truth[i] for i in chosen]))))

        value = interval(pooled, draws)
        figures[name] = [value.value, value.low, value.high]
    return figures


def unheard(truth: ReelTruth) -> ReelTruth:
    """The reel with the clips that a row may have been trained with neither right nor wrong."""
    clips = tuple(replace(clip, group="applause") if clip.fold in _HEARD_FOLDS else clip for clip in truth.clips)
    return replace(truth, clips=clips)


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
        for part, rule in ((row.keep(plans[0]), row.rule), (plans[1], Danger()))
    )
    settings = settings_for(row, seed, steps, segments)
    data = TrainingData(train_matches, val_matches, sounds if row.sounds else ())
    inputs = run_inputs(settings, row.rule, data)
    inputs |= {"judged_by": [match.digest for match in val_matches], "reels": [asdict(truth) for _, truth in reels]}
    made_from = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:12]
    name = row.name.replace(" ", "-").replace(":", "")
    done = work / f"{name}.json"
    if done.exists():
        there: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
        if there.pop("made_from", None) == made_from:
            return there
    sys.stderr.write(f"{row.name}\n")
    with closing(RunFolder(work / "rows" / f"{name}-{made_from}", inputs)) as kept:
        network = train_network(data, settings, kept, _show_progress).network
    figures: dict[str, Any] = {"row": row.name, **measure(predict(network, val_matches), seed)}
    if reels:
        tracks = []
        for mel, truth in reels:
            ends = ends_of(len(mel), _STEP)
            tracks.append(Track(truth, times_of(ends), index_of(network, Calibration(), _STEP)(mel, ends)))
        on_reels = reel_figures(tracks, np.random.default_rng(seed), draws=_DRAWS)
        events = on_reels.event_auc
        figures["real reactions"] = [events.value, events.low, events.high]
        figures["real frames"] = [on_reels.frame_auc, None, None]
    write_whole_json(done, figures | {"made_from": made_from})
    return figures


def _show_progress(at: Progress) -> None:
    if at.step % 50 == 0:
        sys.stderr.write(f"  {at.stage} {at.step}/{at.steps} loss {at.loss:.3f} {at.rate:.0f} windows/s\n")


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a Markdown table."""
    names = [name for name in rows[0] if name != "row"]

    def cell(value: Sequence[float | None]) -> str:
        middle, low, high = value
        return f"{middle:.3f}" + ("" if low is None or high is None else f" ({low:.3f} to {high:.3f})")

    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    lines += [f"| {row['row']} | " + " | ".join(cell(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def main(args: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m train.experiments.ablation", description=__doc__)
    parser.add_argument("out", type=Path, help="Markdown file to write the table to")
    parser.add_argument("--work", type=Path, required=True, help="folder for drawn sounds, runs and rows")
    parser.add_argument("--open-data", type=Path, help="folder of StatsBomb's open data: real matches to play")
    parser.add_argument("--reel", type=Path, action="append", default=[], help="a reel made by train.experiments.reel")
    parser.add_argument("--audio", type=Path, help="real sounds with their MANIFEST.csv, for the row with them")
    parser.add_argument("--every", type=_count, default=3, help="learn from every so many of the sounds")
    parser.add_argument("--only", action="append", default=[], help="rows by name")
    quick = parser.add_argument_group(
        "a quick look at whether it all runs, before a day of it; the figures say nothing"
    )
    quick.add_argument("--steps", type=_count, default=STEPS, help="of each stage, twice that of the head's last one")
    quick.add_argument(
        "--minutes", type=float, default=MINUTES, help="length of a drawn stretch; a reel has half of it"
    )
    quick.add_argument("--segments", type=_count, default=SEGMENTS, help="a batch, and as much less of all else in it")
    quick.add_argument("--judged-by", type=_count, default=JUDGED_BY, metavar="N", help="stretches kept apart, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cluster", help="a Dask cluster to train the rows on: tcp://HOST:PORT, or local:N")
    chosen = parser.parse_args(args)
    try:
        rows = study(chosen)
    except MomentumError as error:
        sys.stderr.write(f"{error}\n  {error.hint}\n")
        raise SystemExit(int(error.exit_code)) from None
    chosen.out.write_text(table(rows), encoding="utf-8")
    sys.stdout.write(table(rows))


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


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

    @property
    def plans(self) -> tuple[list[Plan], list[Plan]]:
        """What to train on, and to judge by."""
        train_plans, val_plans, _ = plans_of(self.open_data, minutes=self.minutes)
        if self.open_data:  # whole matches take long; their first and their middle stretches do
            ids = split_matches(self.open_data).val
            val_plans = [real_plans(self.open_data, match_id, self.minutes)[i] for match_id in ids for i in (0, 2)]
        return train_plans[:: self.every], spread(val_plans, self.judged_by)


def do_row(given: RowWanted) -> Result:
    """Train and measure one row, or take it from the work folder."""
    (row,) = [row for row in ROWS if row.name == given.row]
    reels = [(mel_of(reel), unheard(read_truth(reel))) for reel in given.reels]
    sounds = load_sounds(given.audio, _HEARD_FOLDS) if given.audio else []
    return {"figures": run(row, given.plans, given.work, reels, sounds, given.seed, given.steps, given.segments)}


def study(chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """All rows that were asked for, here or on a cluster.

    Raises ``MomentumError`` where a row can't be trained, once the others are, or where the cluster is gone.
    """
    reels = tuple(reel.absolute() for reel in chosen.reel)
    private_folder(chosen.work)
    work, open_data, audio = (path and path.absolute() for path in (chosen.work, chosen.open_data, chosen.audio))
    names = [row for row in ROWS if (not chosen.only or row.name in chosen.only) and (audio or not row.sounds)]
    tasks = []
    for row in names:
        size = (chosen.every, chosen.seed, chosen.steps, chosen.minutes, chosen.judged_by, chosen.segments)
        given = RowWanted(row.name, work, open_data, reels, audio, *size)
        tasks.append(Task(row.name, do_row, given, {"row": row.name, "size": size}))
    faults = Faults(lambda name, fault: _say(f"{name}: {fault}\n  {fault.hint}"))
    with workers_at(chosen.cluster, [folder for folder in (work, open_data, audio) if folder]) as workers:
        plans = {plan.name: plan for row, task in zip(names, tasks, strict=True) for plan in _heard_by(row, task.given)}
        simulate_plans(work / "sounds", list(plans.values()), _show_drawn, workers)
        found = in_order(tasks, run_tasks(tasks, workers, _show_rows, "rows", on_fault=faults))
    faults.raise_if_any(len(tasks), "The same command tries them again; rows that are done are kept.")
    return [one["figures"] for one in found]


def _heard_by(row: Row, given: RowWanted) -> list[Plan]:
    train_plans, val_plans = given.plans
    return [*row.keep(train_plans), *val_plans]


def _show_drawn(done: int, of: int, minutes: float) -> None:
    _say(f"sounds {done}/{of}")


def _show_rows(step: str, done: float, total: float | None, note: str = "") -> None:
    _say(f"{step} {done:g}/{total or 0:g} {note}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    from train.experiments import ablation  # by the name under which workers import it

    ablation.main()
