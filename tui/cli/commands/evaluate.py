"""``momentum evaluate``: how good weights are, beside the baselines, with intervals."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.cli.cluster_option import Cluster
from tui.cli.output import AsJson
from tui.cli.skipped_and_failed import say_not_done

if TYPE_CHECKING:
    from engine.core.telling import Progress
    from train.data.labels import Rule
    from train.data.matches import TrainingMatch
    from train.jobs.workers import Workers


def evaluate(
    matches: Annotated[
        list[str] | None, typer.Argument(help="Matches of the library.", metavar="MATCH", show_default=False)
    ] = None,
    weights: Annotated[str | None, typer.Option(help="Installed weights by name, or a folder.")] = None,
    library: Annotated[bool, typer.Option("--library", help="All matches of the library that can be used.")] = False,
    simulate: Annotated[int, typer.Option(metavar="N", min=0, help="N simulated matches.")] = 0,
    minutes: Annotated[float, typer.Option(help="Length of a simulated match.")] = 20.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first simulated match to judge by.")] = 5000,
    teach: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="Simulated matches that teach the baselines and choose thresholds."),
    ] = 24,
    teach_seed: Annotated[int, typer.Option(min=0, help="Seed of the first of those.")] = 4000,
    drawn: Annotated[Path | None, typer.Option(metavar="DIR", help="Where simulated matches are kept.")] = None,
    open_data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="StatsBomb's open data: real matches kept from learning, simulated."),
    ] = None,
    reel: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A reel of real sounds from 'python -m train.experiments.make_reel'; may be repeated."
        ),
    ] = None,
    moods: Annotated[Path | None, typer.Option(metavar="FILE", help="A reel made with --moods.")] = None,
    fold_weights: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="For reels: weights trained without fold 0, 1, ... of the usable sounds."),
    ] = None,
    confusers: Annotated[
        float, typer.Option(metavar="MINUTES", min=0, help="Hear so much of each confuser alone; 0: none.")
    ] = 0.0,
    alarm_budget: Annotated[
        float,
        typer.Option(metavar="N", min=0, help="False alarms a match to choose thresholds for; more: more is caught."),
    ] = 5.0,
    labels: Annotated[str, typer.Option(metavar="RULE", help="Label rule: danger or goal-window.")] = "danger",
    soccernet: Annotated[
        Path | None, typer.Option(metavar="PATH", help="SoccerNet's labels, a folder or zip, for --predictions.")
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Anybody's results_spotting.json of each game, in a folder or zip."),
    ] = None,
    metric: Annotated[
        str, typer.Option(metavar="NAME", help="SoccerNet's average-mAP: loose, tight, or at1 to at5.")
    ] = "loose",
    windows: Annotated[
        float | None,
        typer.Option(metavar="S", min=1, max=600, help="Also classify windows of S seconds by the surest prediction."),
    ] = None,
    step: Annotated[int, typer.Option(min=1, max=1000, help="Frames of 46.4 ms between readings; 2 is live.")] = 2,
    draws: Annotated[int, typer.Option(min=10, max=100_000, help="Draws of the bootstrap.")] = 1000,
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a page with pictures.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the page if it is there.")] = False,
    cluster: Cluster = None,
) -> None:
    """Measure weights on labelled matches, beside chance, loudness and boosting, with intervals by match.

    Say what to measure on: matches of the library, --simulate N, --reel FILE, --confusers MINUTES, or several of them.
    What was heard of each match is kept until all of them are, so the same command goes on after a kill.

    With --soccernet and --predictions, weights play no part: predictions of any model are scored as SoccerNet's package
    does, with intervals by game. A game without predictions counts as if nothing had been found in it.

    Example: momentum evaluate --library --html page.html
    """
    from engine.app.weights import checked, folder_of
    from engine.core.errors import UsageError
    from engine.core.files import private_folder
    from engine.core.paths import find_paths
    from train.data.labels import find_rule
    from train.evaluate.check_inputs import check_before
    from train.evaluate.evaluation import EvaluateSettings, Listening
    from train.evaluate.evaluation import evaluate as run
    from train.evaluate.report import to_report
    from train.fit.loop.run_folder import digest_of
    from train.jobs.kept_results import KeptResults
    from train.jobs.workers import check_address, workers_at
    from tui.cli.output import print_json
    from tui.cli.progress import shown_on_stderr
    from tui.monitor.settings import settings_for

    if soccernet is not None or predictions is not None:
        if matches or library or simulate or open_data or reel or moods or confusers or html:
            raise UsageError(
                "--soccernet and --predictions stand alone",
                "Measure weights in a command of its own; --html is theirs.",
            )
        _soccernet(soccernet, predictions, metric, windows, draws, as_json)
        return
    if not (matches or library or simulate or open_data or reel or moods or confusers):
        raise UsageError(
            "nothing to measure on",
            "Name matches of the library, or give --library, --simulate 24, --reel FILE or --confusers 10.",
        )
    if html is not None and html.exists() and not force:
        raise UsageError(f"{html} is there already", "Choose another name, or replace it with --force.")
    check_address(cluster)
    _check_apart(range(seed, seed + simulate), range(teach_seed, teach_seed + teach))
    rule = find_rule(labels)
    paths = find_paths()
    chosen = checked(folder_of(settings_for({"weights": weights}).weights, paths))
    others = [checked(folder_of(name, paths)) for name in fold_weights or ()]
    _check_folds(len(others))
    check_before(teach, [*(reel or ()), *([moods] if moods else [])])
    settings = EvaluateSettings(step, alarm_budget, draws, confuser_minutes=confusers)
    kept = drawn or paths.cache / "simulated" / f"{minutes:g}-minutes"
    teaching: list[TrainingMatch] = []
    choosing: list[TrainingMatch] = []
    sounds = [private_folder(kept), paths.library, *([open_data] if open_data else [])]
    inputs = {"weights": chosen.checksum, "step": step, "minutes": minutes, "seeds": [seed, simulate], "rule": labels}
    unfinished = paths.cache / "unfinished" / f"evaluate-{digest_of({**inputs, 'matches': matches or []})[:12]}"
    with workers_at(cluster, sounds) as workers, shown_on_stderr() as tell:
        heard = KeptResults(unfinished)
        tests = _simulated(kept, range(seed, seed + simulate), minutes, rule, tell, workers) if simulate else []
        if matches or library:
            tests += _library(paths.library, matches or [], rule)
        if open_data:
            played, choosing, teaching = _real(kept, open_data, teach, rule, tell, workers)
            tests += played
        elif teach:
            teaching = _simulated(kept, range(teach_seed, teach_seed + teach), minutes, rule, tell, workers)
        listening = Listening(workers, heard, say_not_done)
        found = run(chosen, rule, tests, teaching, settings, tell, reel or [], others, moods, choosing, listening)
    heard.remove()
    report = to_report(found)
    if html is not None:
        _write_page(report, html)
    if as_json:
        print_json(report)
    else:
        from tui.cli.show_evaluation import show

        show(report)


def _soccernet(
    labels: Path | None, predictions: Path | None, metric: str, windows: float | None, draws: int, as_json: bool
) -> None:
    """Score predictions of any model on SoccerNet's labels."""
    import numpy as np

    from engine.core.errors import UsageError
    from train.evaluate.soccernet import report as reports
    from train.evaluate.soccernet import score as scores
    from tui.cli.output import Column, print_json, print_lines, print_table, say
    from tui.cli.progress import shown_on_stderr

    if labels is None or predictions is None:
        raise UsageError(
            "--soccernet and --predictions belong together", "Give a folder or zip of labels and one of predictions."
        )
    scores.deltas_of(metric)
    with shown_on_stderr() as tell:
        games = scores.read_games(labels, predictions, tell)
        report = reports.to_report(scores.score(games, metric, draws, np.random.default_rng(0), tell, windows))
    for notice in reports.notices(report):
        say(notice)
    if as_json:
        print_json(report)
        return
    table = reports.table(report)
    print_lines(f"{table.title}\n{table.note}")
    print_table([Column(title, "left" if n == 0 else "right") for n, title in enumerate(table.columns)], table.rows)


def _simulated(
    folder: Path, seeds: range, minutes: float, rule: "Rule", tell: "Progress", workers: "Workers"
) -> "list[TrainingMatch]":
    from train.data.matches import from_simulation
    from train.data.simulated import simulate_matches

    recordings = simulate_matches(
        folder, seeds, minutes, lambda done, of, _: tell(f"drawing from {seeds[0]}", done, of), workers
    )
    return [from_simulation(recording, rule) for recording in recordings]


def _real(
    folder: Path, open_data: Path, teach: int, rule: "Rule", tell: "Progress", workers: "Workers"
) -> "tuple[list[TrainingMatch], list[TrainingMatch], list[TrainingMatch]]":
    """Real matches in simulated grounds: to judge by, to choose thresholds by, and ``teach`` sounds to teach with.

    Those are spread evenly over what the shipped weights learned from, reels included, so that the baselines learn
    from the same.
    """
    from functools import partial

    from train.data.matches import from_simulation
    from train.data.simulated import simulate_plans
    from train.data.simulation_plans import spread
    from train.recipes.shipped_weights import plans_of

    learned, validation, tests = plans_of(open_data)
    chosen = spread(learned, teach)
    found = []
    for what, plans in (("judge by", tests), ("choose by", validation), ("teach with", chosen)):
        recordings = simulate_plans(folder, plans, partial(_told, tell, f"drawing matches to {what}"), workers)
        found.append([from_simulation(recording, rule) for recording in recordings])
    return found[0], found[1], found[2]


def _told(tell: "Progress", step: str, done: int, of: int, _: float) -> None:
    tell(step, done, of)


def _library(folder: Path, names: list[str], rule: "Rule") -> "list[TrainingMatch]":
    from engine.core.errors import InputError
    from train.data.library import Library
    from train.data.matches import from_library
    from tui.cli.skipped_and_failed import say_left_out

    found = from_library(Library(folder), rule, names, say_left_out)
    if not found:
        raise InputError("the library holds no match that can be used", "Bring one in with 'momentum ingest'.")
    return found


def _check_apart(tests: range, teaching: range) -> None:
    from engine.core.errors import UsageError

    if tests and teaching and tests[0] <= teaching[-1] and teaching[0] <= tests[-1]:
        raise UsageError(
            f"seeds {tests[0]} to {tests[-1]} judge and seeds {teaching[0]} to {teaching[-1]} teach",
            "Choose --seed and --teach-seed so that no match does both.",
        )


def _check_folds(given: int) -> None:
    from engine.core.errors import UsageError
    from train.data.real_sounds.sound_manifest import FOLDS

    if given not in (0, FOLDS):
        raise UsageError(f"{given} times --fold-weights", f"Give it {FOLDS} times, once for each fold, or not at all.")


def _write_page(report: dict[str, Any], html: Path) -> None:
    from datetime import UTC, datetime

    from engine.core.files import private_file
    from train.evaluate.html_page import to_html

    with private_file(html, replace=True) as file:
        file.write(to_html(report, datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC")))
