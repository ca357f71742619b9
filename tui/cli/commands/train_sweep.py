"""``momentum train sweep``: which settings train best."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tui.cli.cluster_option import Cluster
from tui.cli.commands.train_spotting import FEATURES, Audio, Splits, Vocabulary
from tui.cli.output import AsJson

if TYPE_CHECKING:
    from engine.core.telling import Progress
    from train.data.matches import TrainingMatch
    from train.jobs.workers import Workers
    from train.recipes.sweep.network_sweep import Source
    from train.recipes.sweep.space import Space
    from train.recipes.sweep.sweepable_training import Swept

Simulate = Annotated[
    int, typer.Option("--simulate", metavar="N", min=0, help="Learn from N simulated matches instead.")
]
Minutes = Annotated[float, typer.Option("--minutes", help="Length of a simulated match.")]
Drawn = Annotated[Path | None, typer.Option("--drawn", metavar="DIR", help="Where simulated matches are kept.")]
Rule = Annotated[str, typer.Option("--labels", metavar="RULE", help="Label rule: danger or goal-window.")]


def sweep(
    matches: Annotated[list[str] | None, typer.Argument(help="Matches of the library.", metavar="MATCH")] = None,
    study: Annotated[
        Path | None, typer.Option("--study", metavar="DIR", help="Its folder; the same one again goes on.")
    ] = None,
    space: Annotated[
        Path | None, typer.Option("--space", metavar="FILE", help="What is tried, as TOML. Without: a usual choice.")
    ] = None,
    show_space: Annotated[bool, typer.Option("--show-space", help="Print the usual choice, and stop.")] = False,
    trials: Annotated[int | None, typer.Option(metavar="N", min=1, help="So many trials in all.")] = None,
    hours: Annotated[float | None, typer.Option(metavar="H", help="So many hours in all, and no trial after.")] = None,
    sampler: Annotated[Literal["tpe", "random"], typer.Option(help="Who proposes: what did well, or chance.")] = "tpe",
    prune: Annotated[
        bool, typer.Option("--prune/--no-prune", help="End trials that do worse than half of the earlier ones.")
    ] = True,
    at_once: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="Trials at a time at most, on any number of workers.")
    ] = 4,
    simulate: Simulate = 0,
    minutes: Minutes = 20.0,
    drawn: Drawn = None,
    labels: Rule = "danger",
    spotting: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Sweep 'train spotting' over this folder of games instead.")
    ] = None,
    features: Annotated[str | None, FEATURES] = None,
    audio: Audio = None,
    vocabulary: Vocabulary = "soccernet-v2",
    splits: Splits = None,
    seed: Annotated[int, typer.Option(min=0, help="All randomness, of proposals and of trainings.")] = 0,
    cluster: Cluster = None,
    as_json: AsJson = False,
) -> None:
    """Look for better settings of a training: many short ones, proposed by Optuna, judged on validation matches.

    Results are the same on any number of workers, and after a kill the same command goes on. The study's folder gets
    report.html, report.json and best.toml, which 'momentum train encoder --settings best.toml' takes. With --spotting,
    --features and maybe --audio it is the settings of 'train spotting', judged on the valid games.

    Example: momentum train sweep --simulate 40 --trials 30 --cluster local:2
    """
    from datetime import UTC, datetime

    from engine.core.errors import UsageError
    from engine.core.files import private_folder, write_whole, write_whole_json
    from engine.core.paths import find_paths
    from train.jobs.run_tasks import Faults
    from train.jobs.workers import check_address, workers_at
    from train.recipes.sweep.network_sweep import KNOBS, Dealt, SweptNetwork
    from train.recipes.sweep.space import read_space, to_toml
    from train.recipes.sweep.spotting_sweep import knobs_for
    from tui.cli.output import print_json, print_lines, say
    from tui.cli.progress import shown_on_stderr
    from tui.cli.skipped_and_failed import say_not_done

    knobs = knobs_for(2 if audio else 1) if spotting else KNOBS
    if show_space:
        print_lines(knobs.default)
        return
    check_address(cluster)
    declared = read_space(space, knobs)
    if sum((bool(simulate), bool(matches), spotting is not None)) > 1:
        raise UsageError("matches, --simulate and --spotting are different things to learn from", "Give one of them.")
    if (spotting is None) != (features is None) or (spotting is None and (audio or splits)):
        raise UsageError("--spotting and --features belong together", "Name a folder of games and their features.")
    from train.recipes.sweep.report import best_settings, to_html, to_report
    from train.recipes.sweep.study import Budget, SweepSettings, opened

    budget = Budget(30 if trials is None and hours is None else trials, hours)
    settings = SweepSettings(sampler, prune, at_once, seed)
    paths = find_paths()
    folder = (study or paths.cache / "sweeps" / ("spotting" if spotting else "mine")).absolute()
    sounds = (drawn or paths.cache / "simulated" / f"{minutes:g}-minutes").absolute() if simulate else paths.library
    read = spotting or private_folder(sounds)
    with workers_at(cluster, [private_folder(folder), read]) as workers, shown_on_stderr() as tell:
        swept: Swept
        if spotting:
            swept = _games(declared, spotting, features or "", audio, vocabulary, splits, seed)
        else:
            source, found = _matches(sounds, simulate, minutes, seed, labels, matches or [], tell, workers)
            swept = SweptNetwork(declared, source, Dealt.of(found, seed))
        with opened(folder, swept, settings) as going:
            if going.resumed:
                say(f"going on with the sweep in {folder}")
            try:
                going.run(budget, workers, tell, Faults(say_not_done))
            finally:
                report = to_report(going)
                write_whole_json(folder / "report.json", report)
                made_at = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC")
                write_whole(folder / "report.html", to_html(report, made_at).encode())
                if report["best"]:
                    write_whole(folder / "best.toml", to_toml(best_settings(report)).encode())
    if as_json:
        print_json({"study": str(folder), **report})
    else:
        _show(folder, report, swept)


def _games(
    space: "Space",
    folder: Path,
    features: str,
    audio: str | None,
    vocabulary: str,
    splits: Path | None,
    seed: int,
) -> "Swept":
    """A SoccerNet folder's games, and the command that trains on them."""
    from train.fit.spotting.games import deal_games
    from train.recipes.sweep.spotting_sweep import SweptSpotting
    from tui.cli.output import say

    command = [str(folder), "--features", features]
    usual = {"--audio": None, "--splits": None, "--vocabulary": "soccernet-v2", "--seed": 0}
    for (option, value), there in zip(usual.items(), (audio, splits, vocabulary, seed), strict=True):
        command += [option, str(there)] if there != value else []
    names = [features, audio] if audio else [features]
    return SweptSpotting.of(space, deal_games(folder, names, vocabulary, splits, seed, say), command)


def _matches(
    sounds: Path,
    simulate: int,
    minutes: float,
    seed: int,
    labels: str,
    names: list[str],
    tell: "Progress",
    workers: "Workers",
) -> "tuple[Source, list[TrainingMatch]]":
    """Where they are, and all of them with their labels."""
    from train.data.labels import find_rule
    from train.data.library import Library
    from train.data.matches import from_library, from_simulation
    from train.data.simulated import simulate_matches
    from train.recipes.sweep.network_sweep import Source
    from tui.cli.skipped_and_failed import say_left_out

    rule = find_rule(labels)
    if not simulate:
        return Source("library", sounds, labels), from_library(Library(sounds), rule, names, say_left_out)
    seeds = range(seed, seed + simulate)
    recordings = simulate_matches(
        sounds, seeds, minutes, lambda done, of, _: tell("drawing matches", done, of), workers
    )
    return Source("simulated", sounds, labels), [from_simulation(one, rule) for one in recordings]


def _show(folder: Path, report: dict[str, Any], swept: "Swept") -> None:
    from train.recipes.sweep.report import summary, tables
    from tui.cli.output import Column, print_lines, print_table

    print_lines("\n".join(summary(report)))
    for table in tables(report):
        if table.rows:
            print_lines(f"\n{table.title}\n{table.note}")
            print_table([Column(title, "right" if i else "left") for i, title in enumerate(table.columns)], table.rows)
    print_lines(f"\npictures: {folder / 'report.html'}")
    if report["best"]:
        print_lines(f"train with the best: {swept.train_with(folder / 'best.toml')}")
