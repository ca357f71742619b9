"""``momentum train``: from matches to weights.

Over 300 lines, since each option is a line of its own.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.cli.commands.train_spotting import spotting
from tui.cli.commands.train_sweep import Drawn, Minutes, Rule, Simulate, sweep
from tui.cli.groups import group
from tui.cli.output import AsJson

if TYPE_CHECKING:
    from engine.app.weights import WeightsConfig
    from train.fit.fitted import Fitted
    from train.fit.loop.run_folder import RunFolder
    from train.fit.loop.trainer import Progress

train = group("Learn from matches: the whole network, or only its head to fit a ground's own recordings.")

Matches = Annotated[
    list[str] | None,
    typer.Argument(
        help="Matches of the library. Without: all. Those that the label rule can't use are left out.",
        metavar="MATCH",
    ),
]
Run = Annotated[
    Path | None,
    typer.Option("--run", metavar="DIR", help="Folder of the run; the same folder again goes on after a kill."),
]
Name = Annotated[str, typer.Option("--name", help="What the new weights are called, for 'live --weights NAME'.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="All randomness; the same seed gives the same weights.")]
Steps = Annotated[
    int | None, typer.Option("--steps", min=1, help="Steps at most; it stops earlier when it gets no better.")
]
Rate = Annotated[float | None, typer.Option("--learning-rate", min=1e-6, max=1.0, help="Highest learning rate.")]
InstallAnyway = Annotated[
    bool,
    typer.Option("--install-anyway", help="Let settings choose the new weights even if they were not judged better."),
]


@train.command("encoder")
def encoder(
    matches: Matches = None,
    name: Name = "mine",
    run: Run = None,
    simulate: Simulate = 0,
    minutes: Minutes = 20.0,
    drawn: Drawn = None,
    sounds: Annotated[
        Path | None, typer.Option("--sounds", metavar="DIR", help="Real sounds to lay over, with their MANIFEST.csv.")
    ] = None,
    labels: Rule = "danger",
    seed: Seed = 0,
    steps: Steps = None,
    learning_rate: Rate = None,
    fold_steps: Annotated[
        int | None,
        typer.Option("--fold-steps", min=0, help="Steps without each fold, to find hard negatives; 0: none."),
    ] = None,
    fine_tune_steps: Annotated[
        int | None,
        typer.Option(
            "--fine-tune-steps", "--sharpen-steps", min=0, help="Steps of the last stage, the head alone; 0: none."
        ),
    ] = None,
    histories: Annotated[
        int | None, typer.Option("--histories", min=1, max=200, help="Labelled histories a segment.")
    ] = None,
    given: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="Other settings, such as best.toml of a sweep.")
    ] = None,
    install_anyway: InstallAnyway = False,
    as_json: AsJson = False,
) -> None:
    """Train encoder and head together, calibrate them on matches not learned from, and install the weights.

    Of many matches some are kept out altogether: on those the new weights are judged against the configured ones.
    Killed and started again with the same settings it goes on where it was, and ends in the same weights.

    Example: momentum train encoder --simulate 80 --name mine
    """
    from dataclasses import replace

    from engine.app.weights import checked, folder_of
    from engine.core.errors import UsageError
    from engine.core.paths import find_paths
    from train.data.labels import find_rule
    from train.data.library import Library
    from train.data.matches import from_library, from_simulation
    from train.data.real_sounds.overlay_sounds import load_sounds
    from train.data.simulated import simulate_matches
    from train.fit.compare_weights import LEAST_KEPT, compare_networks, keep_out, not_compared
    from train.fit.fit_network import fit
    from train.fit.settings import FitSettings
    from train.fit.training_data import TrainingData, run_inputs
    from train.recipes.sweep.network_sweep import KNOBS
    from train.recipes.sweep.space import changed, read_fixed
    from tui.cli.progress import shown_on_stderr
    from tui.cli.skipped_and_failed import say_left_out
    from tui.monitor.settings import read_settings

    rule = find_rule(labels)
    paths = find_paths()
    settings = FitSettings(seed=seed)
    if given is not None:
        settings = changed(settings, read_fixed(given), KNOBS.elsewhere)
    if simulate and matches:
        raise UsageError("matches and --simulate are two things to learn from", "Give one of them.")
    schedule = _changed(settings.schedule, steps=steps, learning_rate=learning_rate)
    settings = replace(settings, schedule=schedule)
    settings = _changed(settings, fold_steps=fold_steps, histories=histories)
    if fine_tune_steps is not None and settings.fine_tune:
        steps_of = _changed(settings.fine_tune.schedule, steps=max(1, fine_tune_steps))
        settings = replace(
            settings, fine_tune=replace(settings.fine_tune, schedule=steps_of) if fine_tune_steps else None
        )
    if simulate:
        folder = drawn or paths.cache / "simulated" / f"{minutes:g}-minutes"
        with shown_on_stderr() as tell:
            recordings = simulate_matches(
                folder, range(seed, seed + simulate), minutes, lambda done, of, _: tell("drawing matches", done, of)
            )
        found = [from_simulation(recording, rule) for recording in recordings]
    else:
        found = from_library(Library(paths.library), rule, matches or (), say_left_out)
    train_matches, test_matches = keep_out(found, seed)
    data = TrainingData(train_matches, overlay_sounds=load_sounds(sounds) if sounds else ())
    inputs = run_inputs(settings, rule, data)
    chosen = read_settings(paths.config_file).settings.weights
    rival = checked(folder_of(chosen, paths))

    def fitted(folder: "RunFolder", tell: "Callable[[Progress], None]") -> "Fitted":
        done = fit(data, rule, settings, folder, name, tell)
        if not test_matches:
            why = f"all {len(found)} matches had a part in the training; from {LEAST_KEPT} on some are kept out of it"
            return replace(done, compared=not_compared(rival.config.name, why))
        return replace(done, compared=compare_networks(rival, done.network, test_matches))

    _train(run or paths.cache / "runs" / name, inputs, fitted, name, install_anyway, as_json)


@train.command("head")
def head(
    matches: Matches = None,
    weights: Annotated[
        str | None, typer.Option("--weights", help="Whose encoder. Without: the configured ones.")
    ] = None,
    name: Name = "mine",
    run: Run = None,
    labels: Rule = "danger",
    seed: Seed = 0,
    steps: Steps = None,
    learning_rate: Rate = None,
    long_steps: Annotated[
        int, typer.Option("--long-steps", min=0, help="Steps of a second stage over long stretches as they were.")
    ] = 0,
    install_anyway: InstallAnyway = False,
    as_json: AsJson = False,
) -> None:
    """Fit the head to a ground's own recordings in minutes; the encoder stays as it is.

    With fewer than three matches they are judged by other parts of the same matches. Reviewed sessions of the library
    teach as well, alone if there is no match. The new weights are judged against the old on what each fit did without;
    no setting can choose them before they are better, or --install-anyway is given.

    Example: momentum train head --name ours
    """
    from dataclasses import replace

    from engine.app.weights import checked, folder_of
    from engine.core.errors import InputError
    from engine.core.paths import find_paths
    from train.data.labels import find_rule
    from train.data.library import Library
    from train.data.matches import with_reviews
    from train.fit.head import fit_head, head_inputs
    from train.fit.loop.run_folder import digest_of
    from train.fit.reviewed.reviews import ReviewSettings, check_reviews, fit_reviews, review_inputs
    from train.fit.settings import HeadSettings
    from tui.cli.skipped_and_failed import say_left_out
    from tui.monitor.settings import read_settings

    rule = find_rule(labels)
    paths = find_paths()
    chosen = read_settings(paths.config_file, flags={"weights": weights}).settings.weights
    base = checked(folder_of(chosen, paths))
    settings = HeadSettings(seed=seed, long_steps=long_steps)
    settings = replace(settings, schedule=_changed(settings.schedule, steps=steps, learning_rate=learning_rate))
    reviews = ReviewSettings(seed=seed)
    reviews = replace(reviews, schedule=_changed(reviews.schedule, steps=steps, learning_rate=learning_rate))
    found, reviewed = with_reviews(Library(paths.library), rule, matches or (), say_left_out)
    folder = run or paths.cache / "runs" / f"{name}-head"
    if found:
        inputs = head_inputs(settings, rule, found, base, reviewed)
    elif reviewed:
        check_reviews(reviewed)
        inputs = review_inputs(reviews, reviewed, base)
        # Reviews grow, and a fit to them takes seconds: with others it begins in a folder of its own.
        folder = run or folder.with_name(f"{name}-reviews-{digest_of(inputs)[:12]}")
    else:
        raise InputError("the library holds no match that can be used", "Bring some in with 'momentum ingest'.")

    def fitted(folder: "RunFolder", tell: "Callable[[Progress], None]") -> "Fitted":
        if found:
            return fit_head(base, found, rule, settings, folder, name, tell, reviewed)
        return fit_reviews(base, reviewed, reviews, folder, name, tell)

    _train(folder, inputs, fitted, name, install_anyway, as_json)


train.command("sweep")(sweep)
train.command("spotting")(spotting)


def _changed(settings: Any, **changes: Any) -> Any:
    """Settings with the changes that were asked for."""
    from dataclasses import replace

    return replace(settings, **{key: value for key, value in changes.items() if value is not None})


def _train(
    folder: Path,
    inputs: dict[str, Any],
    fit: "Callable[[RunFolder, Callable[[Progress], None]], Fitted]",
    name: str,
    install_anyway: bool,
    as_json: bool,
) -> None:
    """Train in a run folder, install the weights, and say what came of it."""
    from contextlib import closing
    from dataclasses import replace

    from engine.app.weights import write_weights
    from engine.core.errors import UsageError
    from engine.core.files import private_folder
    from engine.core.paths import find_paths
    from train.evaluate.card import write_card
    from train.fit.loop.run_folder import RunFolder
    from tui.cli.output import print_json, print_lines, say
    from tui.cli.progress import shown_on_stderr

    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii() or name == "default":
        raise UsageError(f"{name!a} can't be the name of new weights", "Take letters, digits, - and _; not 'default'.")
    with closing(RunFolder(folder, inputs)) as run:
        if run.resumed:
            say(f"going on with the run in {folder}")
        with shown_on_stderr() as tell:
            fitted = fit(run, lambda at: tell(at.stage, at.step, at.steps, _how_it_goes(at)))
        compared = fitted.compared
        told = compared.sentence(name) if compared else ""
        row = compared.to_json(install_anyway) if compared else {}
        config = replace(fitted.config, compared=row)
        target = private_folder(find_paths().data / "weights") / name
        checksum = write_weights(
            target,
            config,
            fitted.network,
            write_card(config, inputs, sections=[f"## Beside {row['against']}\n\n{told}."] if row else []),
        )
        rows = run.metrics()
    measured = dict(config.measured)
    if as_json:
        print_json(
            {
                "weights": name,
                "folder": str(target),
                "sha256": checksum,
                "run": str(folder),
                "measured": measured,
                "compared": row,
                "may_be_default": config.may_be_default,
            }
        )
        for line in _ending(config, told).splitlines():
            say(line)
        return
    for curve in _curves(rows):
        print_lines(curve)
    print_lines("\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in measured.items()))
    print_lines(f"saved: {target}\nlisten with them: momentum live --weights {name}")
    print_lines(_ending(config, told))


def _ending(config: "WeightsConfig", told: str) -> str:
    """What to know before a setting names the new weights."""
    if config.may_be_default:
        return f"{told}\n"
    return (
        f"{told}\nno setting can choose them: listen with --weights {config.name}, or give the same command again with "
        "--install-anyway\n"
    )


def _how_it_goes(at: "Progress") -> str:
    from engine.core.clock_text import minutes_time

    return f"loss {at.loss:.3f}, {at.rate:.0f} windows/s, {minutes_time(round(at.left_s))} left"


def _curves(rows: list[dict[str, Any]]) -> list[str]:
    """Loss and score over the steps of each stage that was checked twice or more, drawn with characters."""
    stages = list(dict.fromkeys(row["stage"] for row in rows))
    found = [[row for row in rows if row["stage"] == stage] for stage in stages]
    return [_curve(mine) for mine in found if len(mine) > 1]


def _curve(mine: list[dict[str, Any]]) -> str:
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(70, 14)
    plotext.title(mine[0]["stage"])
    steps = [row["step"] for row in mine]
    plotext.plot(steps, [row["loss"] for row in mine], label="loss", yside="left")
    plotext.plot(steps, [row.get("score", 0.0) for row in mine], label="score", yside="right")
    return str(plotext.uncolorize(plotext.build()))
