"""The front door of ``momentum train spotting``: from a folder of features with labels to weights and predictions."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

from engine.core.errors import UsageError
from engine.core.telling import Tell
from engine.core.text import plain
from engine.spotting.config import FUSIONS, ChannelConfig, SpottingConfig
from engine.spotting.vocabularies import VOCABULARIES
from engine.spotting.weights import measured_as, save_spotting
from train.fit.loop.run_folder import RunFolder
from train.fit.spotting.fit import Tell as TellProgress
from train.fit.spotting.fit import fit_spotting, run_inputs
from train.fit.spotting.games import TEST, Games, read_games
from train.fit.spotting.predictions import measured, spots_of, write_predictions
from train.fit.spotting.settings import BALANCED, EVEN, SpottingSettings, config_of


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training: the weights' folder and checksum, figures, how many games were predicted."""

    folder: Path
    checksum: str
    config: SpottingConfig
    rows: Sequence[Mapping[str, Any]]
    predicted: int


def train_spotting(
    folder: Path,
    channels: Mapping[str, str],
    settings: SpottingSettings,
    name: str,
    target: Path,
    run: Path,
    splits: Path | None,
    predictions: Path | None,
    tell: Tell,
    progress: TellProgress,
) -> Trained:
    """Train, save the weights, and where asked write what they spot in the test games.

    Args:
        folder: as SoccerNet lays it out.
        channels: what the files of features of each channel are called, by the channel's name.
        settings: of the training.
        name: of the weights.
        target: where they go.
        run: the folder of the run, in which a killed one goes on.
        splits: a file of games by part, see ``read_games``.
        predictions: where a ``results_spotting.json`` for each test game goes; None for none.
        tell: told what is worth a sentence.
        progress: told after every step.

    Raises:
        InputError: features or labels that can't be used.
        UsageError: settings that can't be.
        MomentumError: the training failed.
    """
    for value, known, what in (
        (settings.vocabulary, VOCABULARIES, "vocabulary"),
        (settings.fusion, FUSIONS, "fusion"),
        (settings.weights, (EVEN, BALANCED), "weighting"),
    ):
        if value not in known:
            raise UsageError(f"no {what} {plain(value, 40)!r}", f"There are {', '.join(known)}.")
    games = read_games(folder, list(channels.values()), settings.vocabulary, splits, settings.seed, tell)
    described = tuple(
        ChannelConfig(channel, width, features, settings.project, made_by)
        for (channel, features), width, made_by in zip(channels.items(), games.widths, games.made_by, strict=True)
    )
    config = config_of(name, settings, described, games.rate_hz)
    with closing(RunFolder(run, run_inputs(settings, config, games))) as opened:
        if opened.resumed:
            tell(f"going on with the run in {plain(run)}")
        weights = fit_spotting(games, config, settings, opened, progress)
        rows = opened.metrics()
    found = spots_of(weights, games.parts[TEST])
    if found:
        score = measured(config.labels, games.parts[TEST], found)
        weights = measured_as(weights, measured={**weights.config.measured, "test_average_map_loose": _rounded(score)})
    checksum = save_spotting(target, weights, card(weights.config, games))
    if predictions is not None:
        if not found:
            tell("there are no test games to write predictions of")
        write_predictions(found, predictions)
    return Trained(target, checksum, weights.config, rows, len(found) if predictions is not None else 0)


def _rounded(score: float) -> float | None:
    return None if isnan(score) else round(score, 4)


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
