"""From games to spotting weights: one model, or one for each channel and the few weights of their late fusion."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any, Final

import mlx.core as mx
import numpy as np
from mlx.utils import tree_unflatten

from engine.core.log_odds_fusion import KindRule, even_rule
from engine.spotting.calf import Calf
from engine.spotting.config import ChannelConfig, SpottingConfig
from engine.spotting.events import Values
from engine.spotting.pooled_model import PooledModel
from engine.spotting.scores import FeatureTrack, Model
from engine.spotting.spot import channel_of, curves_of, named_moments
from engine.spotting.weights import ALL, SpottingWeights, measured_as, new_model
from train.fit.fusion_rules import HalfOfKind, fit_kind
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Parameters, Progress, Trainer
from train.fit.spotting.calf_chunks import ChunkSampler, calf_loss, keep_statistics, reaches
from train.fit.spotting.games import TEST, TRAIN, VALID, Games, Half
from train.fit.spotting.segments import Segments, SegmentSampler, class_weights, classified, segment_loss
from train.fit.spotting.settings import SpottingSettings
from train.fit.spotting.training_job import ModelWanted, models_of, one_thread, run_inputs

_CALF_BATCH: Final = 32
_CALF_CHECKED: Final = 4
"""Batches that the norm's statistics and the check of CALF are taken over."""

Tell = Callable[[Progress], None]
Curves = Mapping[str, Values]
"""Log-odds (rows, classes) of a half by channel."""
Hear = Callable[[SpottingWeights], Sequence[Curves]]
"""What the models of a late fusion say of each valid half, in their order."""
Judge = Callable[[SpottingWeights], Mapping[str, float]]
"""More figures of a model at each check, to be kept with its score."""


def fit_spotting(
    games: Games,
    config: SpottingConfig,
    settings: SpottingSettings,
    run: RunFolder,
    tell: Tell,
    hear: Hear | None = None,
    judge: Judge | None = None,
) -> SpottingWeights:
    """Train on the train games, stop and choose by the valid ones, measure on the test ones.

    Killed and started again in the same run folder, it goes on and ends in the same weights. ``hear`` asks somebody
    else what the models of a late fusion say, ``judge`` adds figures to the checks of one model that pools windows.

    Raises:
        MomentumError: the loss is no number any more.
        UsageError: another process trains in the run folder of a model.
    """
    with one_thread():
        wanted = models_of(config, settings.seed)
        if wanted[0].name == ALL:
            weights = SpottingWeights(config, {ALL: fit_model(wanted[0], games, settings, run, tell, judge)})
        else:
            models = {}
            for one in wanted:
                with opened_run(one, run.path, settings, games) as own:
                    models[one.name] = fit_model(one, games, settings, own, tell)
            weights = SpottingWeights(config, models)
            halves = games.parts[VALID]
            heard = hear(weights) if hear else [channel_curves(weights, half) for half in halves]
            weights = measured_as(weights, rules=_rules(config, halves, heard))
        counts = {part: len({half.game for half in games.parts[part]}) for part in games.parts}
        on = f"{counts[TRAIN]} games, chosen by {counts[VALID]}, {games.dealt_by}"
        return measured_as(weights, trained_on=on, measured=_measured(weights, games))


@contextmanager
def opened_run(
    one: ModelWanted, folder: Path, settings: SpottingSettings, games: Games, patience_s: float = 0.0
) -> Iterator[RunFolder]:
    """The run folder of one model below that of the whole training, for those of a late fusion are trained apart."""
    with closing(RunFolder(folder / one.name, run_inputs(settings, one.config, games), patience_s)) as run:
        yield run


def fit_model(
    one: ModelWanted,
    games: Games,
    settings: SpottingSettings,
    run: RunFolder,
    tell: Tell,
    judge: Judge | None = None,
) -> Model:
    """Train one model, or go on where a killed run left off. Raises ``MomentumError`` as ``fit_spotting`` does."""
    games, config, state = _only(games, one.channels), one.config, run.stage(one.stage)
    model, served = new_model(config, one.seed), new_model(config, one.seed)
    if isinstance(model, Calf):
        return _fit_calf(model, served, games, config, settings, state, tell)
    assert isinstance(model, PooledModel) and isinstance(served, PooledModel)
    rows = sum(half.rows for half in games.parts[TRAIN])
    sampler = SegmentSampler(games.parts[TRAIN], config, settings)
    an_epoch = max(1, ceil(rows / (settings.at_once * settings.segment_windows * sampler.stride)))
    weights = mx.array(class_weights(games.parts[TRAIN], config, settings))

    def loss(model: PooledModel, batch: Segments, key: mx.array) -> mx.array:
        return segment_loss(model, batch, key, sampler.stride, settings.gamma, weights)

    def check(parameters: Parameters) -> Mapping[str, float]:
        served.update(tree_unflatten(list(parameters.items())))
        figures = {"score": classified(served, config, games.parts[VALID])["score"]}
        return {**figures, **judge(SpottingWeights(config, {ALL: served}))} if judge else figures

    best = Trainer(
        state, model, _schedule(settings, an_epoch), one.seed, sampler.draw, loss, check, tell,
        items=settings.at_once * settings.segment_windows,
    ).run()  # fmt: skip
    served.update(tree_unflatten(list(best.items())))
    return served


def _fit_calf(
    model: Calf, served: Model, games: Games, config: SpottingConfig, settings: SpottingSettings, state: Any, tell: Tell
) -> Model:
    assert isinstance(served, Calf) and config.calf is not None
    k = mx.array(reaches(config))
    sampler = ChunkSampler(games.parts[TRAIN], config, config.calf, _CALF_BATCH)
    fixed = [sampler.draw(np.random.default_rng([settings.seed, n])) for n in range(_CALF_CHECKED)]
    judges = ChunkSampler(games.parts[VALID], config, config.calf, _CALF_BATCH)
    judged = [judges.draw(np.random.default_rng([settings.seed, n])) for n in range(_CALF_CHECKED)]
    rows = sum(half.rows for half in games.parts[TRAIN])
    an_epoch = max(1, ceil(rows / (_CALF_BATCH * config.calf.chunk)))

    def check(parameters: Parameters) -> Mapping[str, float]:
        served.update(tree_unflatten(list(parameters.items())))
        return {"score": -float(np.mean([np.asarray(calf_loss(served, batch, k)) for batch in judged]))}

    best = Trainer(
        state, model, _schedule(settings, an_epoch), settings.seed, sampler.draw,
        lambda model, batch, _: calf_loss(model, batch, k), check, tell, items=_CALF_BATCH,
    ).run()  # fmt: skip
    served.update(tree_unflatten(list(best.items())))
    keep_statistics(served, [batch.rows for batch in fixed])
    return served


def _schedule(settings: SpottingSettings, an_epoch: int) -> Any:
    return replace(
        settings.schedule, steps=an_epoch * settings.epochs, check_every=an_epoch, save_every=max(1, min(an_epoch, 50))
    )


def _only(games: Games, channels: tuple[int, ...]) -> Games:
    """The same games with these channels alone."""
    parts = {
        part: tuple(replace(half, channels=tuple(half.channels[n] for n in channels)) for half in halves)
        for part, halves in games.parts.items()
    }
    return replace(games, parts=parts, widths=tuple(games.widths[n] for n in channels))


def tracks_of(half: Half, channels: tuple[ChannelConfig, ...], rate_hz: float) -> dict[str, FeatureTrack]:
    """The features of a half by channel."""
    return {
        channel.name: FeatureTrack(np.asarray(values[: half.rows], dtype=np.float32), rate_hz)
        for channel, values in zip(channels, half.channels, strict=True)
    }


def channel_curves(weights: SpottingWeights, half: Half) -> Curves:
    """What the models of a late fusion say of a half."""
    config = weights.config
    tracks = tracks_of(half, config.channels, config.window.rate_hz)
    return {channel.name: curves_of(tracks, weights, channel.name)[0] for channel in config.channels}


_LEAST_EVENTS: Final = 5
"""Events of a class in the valid games below which its late fusion is not fitted but an even one."""
_REACH_S: Final = 2.0
_SILENT: Final = -10.0
_REACHES_S: Final = (1.0, 3.0, 6.0)
_RIGHT_S: Final = 5.0
"""Picture and sound are there when it happens, unlike a commentator's words, so less of the time is asked about."""


def _rules(config: SpottingConfig, halves: Sequence[Half], curves: Sequence[Curves]) -> dict[str, KindRule]:
    """The late fusion's weights, by the same fit as the commentary's; an even one for classes with few events."""
    rate, names = config.window.rate_hz, [channel.name for channel in config.channels]
    rules = {}
    for kind, label in enumerate(config.labels):
        found = []
        for half, mine in zip(halves, curves, strict=True):
            of_kind = {name: mine[name][:, kind] for name in names}
            found.append(
                HalfOfKind(
                    tuple(spot.position_ms / 1000 for spot in half.spots if spot.label == label),
                    {name: channel_of(values, 0.0, rate) for name, values in of_kind.items()},
                    {
                        name: [(row / rate, sure) for row, sure in named_moments(values, rate, config.events)]
                        for name, values in of_kind.items()
                    },
                )
            )
        enough = sum(len(half.events_s) for half in found) >= _LEAST_EVENTS and any(
            moments for half in found for moments in half.named.values()
        )
        rules[label] = (
            fit_kind(found, names, config.events.apart_s, _REACHES_S, _RIGHT_S)
            if enough
            else even_rule(names, config.events.apart_s, _REACH_S, _SILENT)
        )
    return rules


def _measured(weights: SpottingWeights, games: Games) -> dict[str, Any]:
    """Average precision of the classes of windows on the valid and on the test games, where the model tells windows."""
    model = weights.models.get(ALL)
    if not isinstance(model, PooledModel):
        return {}
    found: dict[str, Any] = {}
    for part in (VALID, TEST):
        if games.parts[part]:
            figures = classified(model, weights.config, games.parts[part])
            found[f"{part}_window_map"] = round(figures.pop("score"), 4)
            found[f"{part}_window_ap"] = {label: round(value, 4) for label, value in figures.items()}
    return found
