"""Drawn matches on disk, of noise with a burst at each goal, and trials on them that take a moment."""

from collections.abc import Sequence
from pathlib import Path

from tests.unit.tui.cli.commands.test_evaluate import draw
from train.data.labels import Danger
from train.data.matches import TrainingMatch, from_simulation
from train.data.simulated import read_match

QUICK = """\
[space]
"schedule.learning_rate" = {low = 1e-4, high = 1e-2, log = true}
dropout = {low = 0.1, high = 0.5}
"head.readout" = {choices = ["last", "mean"]}

[fixed]
fold_steps = 0
segments = 2
histories = 2
"columns.steps" = 1
"crops.stretches" = 2
"crops.crops" = 2
"schedule.steps" = 2
"schedule.check_every" = 1
"fine_tune.copies" = 1
"fine_tune.histories" = 4
"fine_tune.schedule.steps" = 1
"fine_tune.schedule.check_every" = 1
"""


def drawn(folder: Path, count: int = 0, seeds: Sequence[int] = ()) -> list[TrainingMatch]:
    """``count`` matches, or those of ``seeds``."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = seeds or range(count)
    for seed in seeds:
        draw(folder, seed)
    return [from_simulation(read_match(folder / f"simulated-{seed}.json"), Danger()) for seed in seeds]
