"""Make the shipped weights: ``python -m train.recipes.shipped_weights WEIGHTS --work FOLDER``, from nothing but the
simulator.

It draws its sounds, trains, calibrates, and measures on matches of other seeds. With ``--open-data`` the simulated
crowds answer the events of real matches, as they did for the weights in the repository; without, of drawn ones. With
``--sounds`` recorded music, speech and noises are heard in simulated grounds too, and ``--val-reel`` lets real sounds
of other sources choose the alarm line; ``python -m train.experiments.gather_sounds`` gathers the first. It can
be stopped and started again at any point. The same seeds and settings give the same weights on the same machine;
another BLAS or processor rounds otherwise, and training carries the difference on.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from engine.core.as_program import as_program
from engine.model.checkpoint import Weights, WeightsConfig, save
from engine.model.network import MlxNetwork
from train.data.labels import Danger, Rule
from train.data.matches import TrainingMatch, from_simulation
from train.data.real_sounds.recordings_in_grounds import Recordings
from train.data.real_sounds.reel_as_match import read_reel
from train.data.real_sounds.tagger import Yamnet
from train.data.simulated import simulate_plans
from train.data.simulation_plans import Ear, Plan, random_plan, real_plans, recorded_plan, reel_plan, split_matches
from train.data.tagger_as_teacher import ear_of
from train.evaluate.card import measured_sections, write_card
from train.evaluate.evaluation import EvaluateSettings, evaluate
from train.evaluate.report import to_report
from train.fit.fit_network import fit_distilled, fit_ensemble
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Progress, Schedule
from train.fit.settings import FineTuneSettings, FitSettings, TagSettings
from train.fit.training_data import TrainingData, run_inputs

MINUTES: Final = 20.0
"""Length of the stretches to train on, each in a ground of its own."""
STRETCHES: Final = (0, 2, 4)
"""Which stretches of a real match are trained on: its start, the minutes around half-time, and its end."""
TRAIN_SEEDS, VAL_SEEDS, TEST_SEEDS = range(117), range(200, 240), range(300, 340)
"""Seeds of the stretches of drawn matches that stand in for real ones."""
REELS, REEL_MINUTES = range(80), 10.0
RECORDED: Final = range(90)
"""Seeds of the reels whose songs, voices and noises are recordings."""
_FINE_TUNE: Final = FineTuneSettings(schedule=Schedule(steps=800, learning_rate=1e-3, warmup=20, check_every=200))
SETTINGS: Final = FitSettings(
    folds=4,
    fold_steps=0,
    schedule=Schedule(steps=1200, learning_rate=1e-3, check_every=400),
    fine_tune=_FINE_TUNE,
)
"""Checked rarely, on ten whole matches: it runs to its end, and the best check is what is shipped."""
STEP: Final = 8
"""Frames between the readings that the figures of the card are counted on."""


def parser_of(recipe: str, about: str | None, weights: str, work: str) -> argparse.ArgumentParser:
    """The arguments of every recipe: its ``weights``, its folder for ``work``, and real matches to play."""
    parser = argparse.ArgumentParser(prog=f"python -m train.recipes.{recipe}", description=about)
    parser.add_argument("weights", type=Path, help=f"folder of the weights{weights}")
    parser.add_argument("--work", type=Path, required=True, help=f"folder for {work}")
    parser.add_argument("--open-data", type=Path, help="folder of StatsBomb's open data: real matches to play")
    return parser


def main(args: Sequence[str] | None = None) -> None:
    parser = parser_of(
        "shipped_weights", __doc__, " to write, such as weights/default", "drawn matches and the run's state"
    )
    parser.add_argument(
        "--sounds", type=Path, action="append", default=[], help="a folder of real sounds with its MANIFEST.csv"
    )
    parser.add_argument("--taggers", type=Path, help="a folder with a sound tagger that teaches as well")
    parser.add_argument(
        "--networks", type=int, default=1, help="networks trained from other seeds, whose mean is shipped as one"
    )
    parser.add_argument(
        "--distil",
        type=int,
        metavar="SEED",
        help="ship one more network of this seed instead, which learns from the mean of --networks",
    )
    parser.add_argument("--tags", action="store_true", help="weights that also tell what kind of sound is heard")
    parser.add_argument(
        "--val-reel",
        type=Path,
        action="append",
        default=[],
        help="a reel of other sources, to choose the alarm line by",
    )
    parser.add_argument(
        "--reel",
        type=Path,
        action="append",
        default=[],
        help="a reel made by train.experiments.make_reel, for the card",
    )
    parser.add_argument(
        "--moods", type=Path, help="crowd loops by mood, made by train.experiments.make_reel --moods, for the card"
    )
    chosen = parser.parse_args(args)
    distils = chosen.distil is not None
    if chosen.networks < 1 or ((chosen.networks > 1 or distils) and chosen.tags):
        parser.error("--networks takes a number from 1 on; --tags goes with one network alone, without --distil")
    seeds = [SETTINGS.seed + i for i in range(chosen.networks)]
    if distils and chosen.distil in seeds:
        parser.error(f"--distil needs a seed of its own; the networks have {seeds[0]} to {seeds[-1]}")
    rule = Danger()
    recordings = Recordings(chosen.sounds) if chosen.sounds else None
    plans = plans_of(chosen.open_data, recordings, None if chosen.taggers is None else ear_in(chosen.taggers))
    sounds = chosen.work / "sounds"
    train_matches, val_matches, test_matches = (simulated(sounds, part, rule) for part in plans)
    val_reels = [read_reel(reel, rule) for reel in chosen.val_reel]
    data = TrainingData(train_matches, val_matches, val_reels=val_reels)
    settings = replace(SETTINGS, read_tags=TagSettings()) if chosen.tags else SETTINGS
    judged_by = {"judged_by": {match.id: match.digest for match in val_matches}}
    each = [run_inputs(replace(settings, seed=seed), rule, data) | judged_by for seed in seeds]
    if distils:
        taught = run_inputs(replace(settings, seed=chosen.distil), rule, data) | judged_by
        each.append(taught | {"taught_by_seeds": seeds})
    with ExitStack() as opened:
        names = [f"run-{i}" if i else "run" for i in range(chosen.networks)]
        names += [f"run-{chosen.distil}-taught-by-{chosen.networks}"] if distils else []
        runs = [
            opened.enter_context(closing(RunFolder(chosen.work / name, inputs)))
            for name, inputs in zip(names, each, strict=True)
        ]
        if distils:
            fitted = fit_distilled(data, rule, settings, runs, chosen.distil, chosen.weights.name, _show_progress)
            several = taught_section(chosen.networks)
        else:
            fitted = fit_ensemble(data, rule, settings, runs, chosen.weights.name, _show_progress)
            several = several_section(chosen.networks)
    section = data_section(chosen.open_data is not None, recordings) + several
    said = each[-1 if distils else 0] | {"recorded": sum(match.recorded for match in train_matches)}
    learned = Learned(train_matches, val_matches, test_matches, said, section)
    checksum = save_measured(chosen.weights, fitted.config, fitted.network, learned, chosen.reel, chosen.moods)
    sys.stdout.write(f"{chosen.weights}: sha256 {checksum}\n")


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What weights learned from, were chosen by and are to be judged by; ``inputs`` and ``section`` say it in the
    card."""

    train_matches: Sequence[TrainingMatch]
    val_matches: Sequence[TrainingMatch]
    test_matches: Sequence[TrainingMatch]
    inputs: Mapping[str, Any]
    section: str


def save_measured(
    folder: Path,
    config: WeightsConfig,
    network: MlxNetwork,
    learned: Learned,
    reels: Sequence[Path],
    moods: Path | None,
) -> str:
    """Write weights, measure them on matches, reels and moods kept apart, and write their card with that; returns the
    checksum of the tensors."""
    sections = [learned.section]
    checksum = save(folder, config, network, write_card(config, learned.inputs, sections))
    found = evaluate(
        Weights(config, network, checksum, folder),
        Danger(),
        learned.test_matches,
        learned.train_matches,
        EvaluateSettings(step=STEP, seed=SETTINGS.seed),
        _show_evaluated,
        reels,
        moods=moods,
        val_matches=learned.val_matches,
    )
    sections += measured_sections(to_report(found))
    return save(folder, config, network, write_card(config, learned.inputs, sections))


def plans_of(
    open_data: Path | None, recordings: Recordings | None = None, ear: Ear | None = None, minutes: float = MINUTES
) -> tuple[list[Plan], list[Plan], list[Plan]]:
    """What to train on, to validate on (it stops the training and calibrates), and to test on.

    Raises ``InputError`` where the real matches are too few or can't be read.
    """
    reels = reels_of(recordings, ear, REEL_MINUTES * minutes / MINUTES)
    if open_data is None:
        return (
            [random_plan(seed, minutes) for seed in TRAIN_SEEDS] + reels,
            [random_plan(seed, minutes) for seed in VAL_SEEDS],
            [random_plan(seed, minutes) for seed in TEST_SEEDS],
        )
    split = split_matches(open_data)
    stretches = [real_plans(open_data, match_id, minutes) for match_id in split.train]
    return (
        [some[i] for some in stretches for i in STRETCHES if i < len(some)] + reels,
        [plan for match_id in split.val for plan in real_plans(open_data, match_id)],
        [plan for match_id in split.test for plan in real_plans(open_data, match_id)],
    )


def reels_of(recordings: Recordings | None, ear: Ear | None = None, minutes: float = REEL_MINUTES) -> list[Plan]:
    """The simulated reels to train on, and those with recorded sounds where there are some."""
    reels = [reel_plan(seed, minutes) for seed in REELS]
    if recordings is not None:
        reels += [recorded_plan(seed, minutes, recordings, ear) for seed in RECORDED]
    return reels


def simulated(folder: Path, plans: Sequence[Plan], rule: Rule) -> list[TrainingMatch]:
    """The sounds of ``plans`` in a folder, as training takes them; those that are not there yet are drawn."""
    return [from_simulation(one, rule) for one in simulate_plans(folder, plans, _show_simulated)]


def ear_in(taggers: Path) -> Ear:
    """The ear of the tagger in a folder. Raises ``InputError`` where there is none."""
    tagger = Yamnet(taggers)
    return ear_of(tagger.scores, tagger.classes)


def data_section(real: bool, recordings: Recordings | None) -> str:
    """The card's section on what was learned from."""
    matches = (
        """The goals, shots and fouls of 40 real matches (StatsBomb's open data, of which nothing is kept here),
each played in two or three stretches of 20 to 31 minutes, every stretch in a simulated ground of its own."""
        if real
        else f"{len(TRAIN_SEEDS)} stretches of {MINUTES:g} minutes of drawn matches, one ground each."
    )
    return f"""## Data

{matches} Besides, {len(REELS)} simulated reels of {REEL_MINUTES:g} minutes: every kind of sound as loud and as sudden,
over the beds of as many grounds. {_recorded(recordings)} Targets are in
part whether the simulated crowd cries out, in part the share of danger given its cries (`train/data/soft_targets.py`),
counted on the matches learned from. Stopped, calibrated and given its threshold on matches and grounds apart."""


def several_section(networks: int) -> str:
    """The card's words on networks that are shipped as one; none for one."""
    if networks == 1:
        return ""
    return f"""

The network is {networks} networks side by side, trained alike from other seeds; its log-odds
are the mean of theirs (`train/fit/network/ensemble.py`)."""


def taught_section(networks: int) -> str:
    """The card's words on a network that learned from the mean of so many others."""
    return f"""

Of the targets {SETTINGS.taught:.0%}, for the head's last stage {_FINE_TUNE.taught:.0%}, are what the mean of
{networks} networks says, trained alike from other seeds (`train.fit.fit_network.fit_distilled`)."""


def _recorded(recordings: Recordings | None) -> str:
    if recordings is None:
        return "No recorded sound was learned from, so nobody else's licence applies."
    return f"""{len(RECORDED)} more reels of {REEL_MINUTES:g} minutes have cries among recordings, played in
simulated grounds; two in three of those cries are recorded people or crowds as well where there are some of their kind.
The recordings came from:

{sources_table(recordings)}

"""


def sources_table(recordings: Recordings, told: str = "") -> str:
    """Every source of recordings, with author and licence, as Markdown; rows that stand in ``told`` are left out."""
    rows = [
        f"| {source.name} | {source.kinds} | {source.author} | {source.licence} |" for source in recordings.sources()
    ]
    there = set(told.splitlines())
    sources = "\n".join(row for row in rows if row not in there)
    return f"""| source | what | author | licence |
|---|---|---|---|
{sources}"""


def _show_simulated(done: int, of: int, minutes: float) -> None:
    """Progress of drawing, on stderr."""
    if done % 10 == 0 or done == of:
        sys.stderr.write(f"matches {done} of {of}, {minutes:.0f} minutes drawn\n")


def _show_evaluated(step: str, done: float, total: float | None, note: str = "") -> None:
    sys.stderr.write(f"{step} {done:g}" + (f" of {total:g}" if total else "") + (f", {note}\n" if note else "\n"))


def _show_progress(at: Progress) -> None:
    if at.step % 10 == 0 or at.check:
        left = time.strftime("%H:%M:%S", time.gmtime(at.left_s))
        check = " ".join(f"{name} {value:.3f}" for name, value in (at.check or {}).items() if name.endswith("_auc"))
        sys.stderr.write(
            f"{at.stage} {at.step}/{at.steps} loss {at.loss:.3f} {at.rate:.0f} windows/s, {left} left {check}\n"
        )


if __name__ == "__main__":
    sys.exit(as_program(main))
