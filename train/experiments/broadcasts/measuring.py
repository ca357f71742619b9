"""One model after another, of picture, sound and both, taught on the training games and judged on the test games."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.core.log_odds_fusion import fuse_at
from engine.core.telling import Tell
from engine.football.soccernet import Spot
from engine.football.soccernet_spots import CLASSES_V2
from engine.spotting.config import JOINED, LATE, LOGITS, POOLED, ChannelConfig
from engine.spotting.spot import channel_of, curves_of
from engine.spotting.weights import CONFIG_FILE, SpottingWeights, load_spotting, save_spotting
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import PlateauSchedule
from train.fit.loop.trainer import Progress as Step
from train.fit.spotting.fit import fit_spotting, tracks_of
from train.fit.spotting.games import TEST, VALID, Games, Half, read_games
from train.fit.spotting.predictions import predict_half
from train.fit.spotting.settings import SpottingSettings, config_of
from train.fit.spotting.training_job import run_inputs
from train.metrics.average_map import LOOSE_S, Events, SpotCounts, count_by_visibility
from train.metrics.window_map import Windows

MODELS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "video alone": (("video",), JOINED),
    "audio alone": (("audio",), JOINED),
    "both, features joined before the pool": (("video", "audio"), JOINED),
    "both, pooled apart, then joined": (("video", "audio"), POOLED),
    "both, logits averaged": (("video", "audio"), LOGITS),
    "both, learned late fusion": (("video", "audio"), LATE),
}
"""Channels and how they are fused, from early to late."""
SETTINGS: Final = SpottingSettings(
    model="netvlad++", clusters=16, project=64, window_s=20.0, stride_s=1.0, epochs=8, weights="even",
    schedule=PlateauSchedule(steps=1, learning_rate=2e-3, patience=5),
)  # fmt: skip
LEAST_EVENTS: Final = 5
"""Of a class in each part; rarer ones are not judged."""
WITHIN_S: Final = 10.0
FALSE_GOALS_A_GAME: Final = 0.5
_WINDOW_S: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What one model came to, by test game in the order of ``games``.

    ``spots`` are counts for SoccerNet's loose average-mAP by what is looked for, ``windows`` what each window of 20 s
    was said to hold, ``goals`` for every test goal whether it was shown and whether it was found, (goals, 2).
    """

    games: tuple[str, ...]
    classes: tuple[str, ...]
    spots: Mapping[Events, tuple[SpotCounts, ...]]
    windows: tuple[Windows, ...]
    goals: tuple[NDArray[np.bool_], ...]
    false_goals: tuple[int, ...]
    """Goals named at the line that are none, by game."""


def judge_model(
    folder: Path,
    names: Mapping[str, str],
    fusion: str,
    work: Path,
    settings: SpottingSettings,
    tell: Tell,
) -> Judged:
    """Train a model on ``folder`` (killed, it goes on), choose its line on the valid games, and judge the test games.

    Raises ``InputError`` for features or labels that can't be used, ``MomentumError`` where the training fails.
    """

    games = read_games(folder, list(names.values()), settings.vocabulary, None, settings.seed, tell)
    if not (work / "weights" / CONFIG_FILE).exists():
        _train(games, names, replace(settings, fusion=fusion), work, tell)
    weights = load_spotting(work / "weights")
    chosen = {part: _predicted(weights, games.parts[part]) for part in (VALID, TEST)}
    line = goal_line(chosen[VALID], games.parts[VALID])
    return _judged(weights, games.parts[TEST], chosen[TEST], line, _classes(games.parts))


def _train(games: Games, names: Mapping[str, str], settings: SpottingSettings, work: Path, tell: Tell) -> None:
    def step(at: Step) -> None:
        if at.check:
            tell(f"{at.stage}: step {at.step} of {at.steps}, loss {at.loss:.4f}, score {at.check['score']:.4f}")

    channels = tuple(
        ChannelConfig(channel, width, name, settings.project, made_by)
        for (channel, name), width, made_by in zip(names.items(), games.widths, games.made_by, strict=True)
    )
    config = config_of("simulated", settings, channels, games.rate_hz)
    with closing(RunFolder(work / "run", run_inputs(settings, config, games))) as run:
        weights = fit_spotting(games, config, settings, run, step)
    save_spotting(work / "weights", weights, "Learned from simulated broadcasts alone; for a study, not for use.\n")


def _predicted(weights: SpottingWeights, halves: Sequence[Half]) -> dict[str, list[Spot]]:
    found: dict[str, list[Spot]] = {}
    for half in halves:
        found.setdefault(half.game, []).extend(predict_half(weights, half))
    return found


def _classes(parts: Mapping[str, Sequence[Half]]) -> tuple[str, ...]:
    def often(label: str, halves: Sequence[Half]) -> int:
        return sum(spot.label == label for half in halves for spot in half.spots)

    return tuple(label for label in CLASSES_V2 if all(often(label, part) >= LEAST_EVENTS for part in parts.values()))


def goal_line(found: Mapping[str, Sequence[Spot]], halves: Sequence[Half]) -> float:
    """The lowest confidence at which goals that are none are named at most ``FALSE_GOALS_A_GAME`` times a game."""
    truth = _goals(halves)
    wrong = sorted(
        (spot.confidence for game, spots in found.items() for spot in _wrong(spots, truth[game])), reverse=True
    )
    allowed = int(FALSE_GOALS_A_GAME * len(truth))
    return wrong[allowed] + 1e-9 if len(wrong) > allowed else 0.0


def _goals(halves: Sequence[Half]) -> dict[str, list[Spot]]:
    truth: dict[str, list[Spot]] = {half.game: [] for half in halves}
    for half in halves:
        truth[half.game] += [spot for spot in half.spots if spot.label == "Goal"]
    return truth


def _near(spot: Spot, goal: Spot) -> bool:
    return spot.half == goal.half and abs(spot.position_ms - goal.position_ms) <= 1000 * WITHIN_S


def _wrong(spots: Sequence[Spot], goals: Sequence[Spot]) -> list[Spot]:
    named = [spot for spot in spots if spot.label == "Goal"]
    return [spot for spot in named if not any(_near(spot, goal) for goal in goals)]


def _judged(
    weights: SpottingWeights,
    halves: Sequence[Half],
    found: Mapping[str, Sequence[Spot]],
    line: float,
    classes: tuple[str, ...],
) -> Judged:
    games = tuple(sorted(found))
    truth = {game: [spot for half in halves if half.game == game for spot in half.spots] for game in games}
    counts = [count_by_visibility(truth[game], found[game], classes, LOOSE_S) for game in games]
    goals = _goals(halves)
    sure = {game: [spot for spot in found[game] if spot.confidence >= line and spot.label == "Goal"] for game in games}
    return Judged(
        games,
        classes,
        {which: tuple(count[which] for count in counts) for which in Events},
        tuple(_windows(weights, [half for half in halves if half.game == game], classes) for game in games),
        tuple(
            np.array([(goal.shown, any(_near(spot, goal) for spot in sure[game])) for goal in goals[game]], dtype=bool)
            .reshape(-1, 2)
            for game in games
        ),
        tuple(len(_wrong(sure[game], goals[game])) for game in games),
    )  # fmt: skip


def _windows(weights: SpottingWeights, halves: Sequence[Half], classes: tuple[str, ...]) -> Windows:
    """Windows that tile the halves: what the model says of their middles, and what happens in them."""
    scores, truth = [], []
    config = weights.config
    rate = config.window.rate_hz
    for half in halves:
        tracks = tracks_of(half, config.channels, rate)
        middles = np.arange(_WINDOW_S / 2, half.rows / rate, _WINDOW_S)
        columns = [config.labels.index(label) for label in classes]
        if config.fusion == LATE:
            curves = {channel.name: curves_of(tracks, weights, channel.name) for channel in config.channels}
            said = np.column_stack(
                [
                    fuse_at(
                        middles,
                        {name: channel_of(values[:, c], start_s, rate) for name, (values, start_s) in curves.items()},
                        config.rules[label],
                    )[0]
                    for c, label in zip(columns, classes, strict=True)
                ]
            )
        else:
            values, start_s = curves_of(tracks, weights)
            rows = np.clip(np.round((middles - start_s) * rate).astype(np.intp), 0, len(values) - 1)
            said = values[rows][:, columns]
        happened = np.zeros(said.shape, dtype=bool)
        for spot in half.spots:
            n = int(spot.position_ms / 1000 // _WINDOW_S)
            if spot.label in classes and n < len(happened):
                happened[n, classes.index(spot.label)] = True
        scores.append(said)
        truth.append(happened)
    return Windows(np.concatenate(scores), np.concatenate(truth))
