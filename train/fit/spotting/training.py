"""The front door of ``momentum train spotting``: from a folder of features with labels to weights and predictions."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path

from engine.core.errors import MomentumError
from engine.core.telling import Tell
from engine.core.text import plain
from engine.football.soccernet import Spot
from engine.spotting.config import FUSIONS, ChannelConfig, SpottingConfig
from engine.spotting.weights import measured_as, save_spotting
from train.fit.loop.run_folder import RUN_FILE, RunFolder
from train.fit.spotting.fit import Tell as TellProgress
from train.fit.spotting.fit import fit_spotting
from train.fit.spotting.games import TEST, VALID, Games
from train.fit.spotting.predictions import measured, spots_of, write_predictions
from train.fit.spotting.side_by_side import SideBySide, forget_games
from train.fit.spotting.training_job import Training, one_thread, run_inputs
from train.jobs.task import Fault, Task


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training."""

    folder: Path
    """Of the weights."""
    checksum: str
    config: SpottingConfig
    """With its figures."""
    predicted: int
    """Test games whose predictions were written."""


def compared(training: Training, each_fusion: bool, seeds: int) -> list[Training]:
    """A training for each of ``seeds`` seeds and, where asked, each fusion, in folders and under names of their own;
    the same one where that is one. Games are dealt once, so all of them have the same."""
    wanted = training.wanted
    fusions = list(FUSIONS) if each_fusion else [wanted.settings.fusion]
    found = []
    for fusion in fusions:
        for seed in range(wanted.settings.seed, wanted.settings.seed + seeds):
            own = "-".join([fusion] * (len(fusions) > 1) + [f"seed-{seed}"] * (seeds > 1))
            settings = replace(wanted.settings, fusion=fusion, seed=seed)
            name = f"{wanted.name}-{own}" if own else wanted.name
            found.append(
                Training(
                    replace(wanted, name=name, settings=settings),
                    training.run / own,
                    training.target.with_name(name),
                    training.predictions and training.predictions / own,
                )
            )
    return found


def train_spotting(
    trainings: Sequence[Training],
    tell: Tell,
    progress: TellProgress,
    beside: SideBySide | None,
    on_fault: Callable[[str, MomentumError], None],
) -> list[Trained]:
    """Do the trainings, which have the same games; save the weights, and where asked write what they spot in the test
    games.

    Args:
        trainings: one, or those that are to be compared.
        tell: told what is worth a sentence.
        progress: told after every step that is made here.
        beside: who does what can be done side by side; None for this process, step by step.
        on_fault: told of a training of several that could not be done, while the others go on.

    Returns:
        What came of those that could be done, in their order.

    Raises:
        InputError: features or labels that can't be used.
        UsageError: settings that can't be.
        MomentumError: the training failed, where there is one; or the workers are gone.
    """
    games = trainings[0].wanted.dealt.open()
    configs = [training.wanted.config(games) for training in trainings]
    failed: set[str] = set()
    if beside:
        for training in trainings:
            _say_where(tell, training, (training.run / RUN_FILE).exists())

        def told(task: Task, fault: Fault) -> None:
            failed.add(task.given.training.wanted.name)
            on_fault(task.name, fault.error())

        beside.train(trainings, games, told if len(trainings) > 1 else None)
    found = []
    for training, config in zip(trainings, configs, strict=True):
        if training.wanted.name not in failed:
            try:
                of_this = _by_name(training.wanted.name, progress) if len(trainings) > 1 else progress
                found.append(_finished(training, config, games, tell, of_this, beside))
            except MomentumError as fault:
                if len(trainings) == 1 or beside:
                    raise
                on_fault(training.wanted.name, fault)
    return found


def _say_where(tell: Tell, training: Training, resumed: bool) -> None:
    if resumed:
        tell(f"going on with the run in {plain(training.run)}")


def _by_name(name: str, progress: TellProgress) -> TellProgress:
    """Tells the steps of one of several trainings."""
    return lambda at: progress(replace(at, stage=f"{name}: {at.stage}"))


def _finished(
    training: Training,
    config: SpottingConfig,
    games: Games,
    tell: Tell,
    progress: TellProgress,
    beside: SideBySide | None,
) -> Trained:
    """Train what nobody else has trained, score the games, and save."""
    wanted, folder = training.wanted, training.run
    hear = None if beside is None else lambda weights: beside.hear(training, games, weights)
    with one_thread():
        with closing(RunFolder(folder, run_inputs(wanted.settings, config, games))) as run:
            _say_where(tell, training, run.resumed and not beside)
            weights = fit_spotting(games, config, wanted.settings, run, progress, hear)
        figures = dict(weights.config.measured)
        found: dict[str, list[Spot]] = {}
        for part in (VALID, TEST):  # the last one is that which is written
            halves = games.parts[part]
            found = beside.spot(training, part, weights) if beside and halves else spots_of(weights, halves)
            if found:
                score = measured(config.labels, halves, found)
                figures[f"{part}_average_map_loose"] = None if isnan(score) else round(score, 4)
    weights = measured_as(weights, measured=figures)
    checksum = save_spotting(training.target, weights, card(weights.config, games))
    if training.predictions is not None:
        if not found:
            tell("there are no test games to write predictions of")
        write_predictions(found, training.predictions)
    if beside:
        forget_games(folder)
    predicted = len(found) if training.predictions is not None else 0
    return Trained(training.target, checksum, weights.config, predicted)


def _channel_told(channel: ChannelConfig) -> str:
    told = channel.made_by.told if channel.made_by else {}
    of = [f"{name.replace('_', ' ')} {plain(value, 80)}" for name, value in told.items()]
    return f"{channel.name}: {plain(channel.features, 80)} ({', '.join([f'{channel.width} columns', *of])})"


def card(config: SpottingConfig, games: Games) -> str:
    """What a person should know of the weights."""
    network = "CALF" if config.calf else f"{config.pool.kind}{'++' if config.pool.apart else ''}"
    named = ", ".join(_channel_told(channel) for channel in config.channels)
    lines = [
        f"# {config.name}",
        "",
        f"Spots events of {config.vocabulary} ({len(config.labels)} classes) with {network}.",
        "",
        f"- Windows of {config.window.rows / config.window.rate_hz:g} s, {config.window.rate_hz:g} rows a second.",
        f"- Channels: {named}.",
        *([f"- Fusion: {FUSIONS[config.fusion]}."] if len(config.channels) > 1 else []),
        *([f"- Causal: a moment is told {config.window.delay_s:g} s after it."] if config.causal else []),
        f"- Learned from {config.trained_on}.",
        *(
            f"- {key.replace('_', ' ')}: {value}"
            for key, value in config.measured.items()
            if not isinstance(value, dict)
        ),
        "",
        "Games whose features were not made the same way can't be read. What these weights learned from simulated",
        "broadcasts says nothing about real ones.",
        "",
        "## Games",
        "",
        *(f"- {part}: {plain(game, 200)}" for part, names in games.inputs()["games"].items() for game in names),
    ]
    return "\n".join(lines) + "\n"
