"""From games to spotting weights: one model, or one for each channel and the few weights of their late fusion."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from math import ceil
from typing import Any, Final

import mlx.core as mx
import numpy as np
from mlx.utils import tree_unflatten

from engine.core.log_odds_fusion import KindRule, even_rule
from engine.spotting.calf import Calf
from engine.spotting.config import LATE, ChannelConfig, SpottingConfig
from engine.spotting.pooled_model import PooledModel
from engine.spotting.scores import FeatureTrack, Model
from engine.spotting.spot import channel_of, curves_of, named_moments
from engine.spotting.weights import ALL, SpottingWeights, measured_as, new_model
from train.fit.fusion_rules import HalfOfKind, fit_kind
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Parameters, Progress, Trainer
from train.fit.spotting.calf_chunks import ChunkSampler, calf_loss, keep_statistics, reaches
from train.fit.spotting.games import TEST, TRAIN, VALID, Games, Half
from train.fit.spotting.settings import SpottingSettings
from train.fit.spotting.strips import Strips, StripSampler, class_weights, classified, strip_loss

_CALF_BATCH: Final = 32
_CALF_CHECKED: Final = 4
"""Batches that the norm's statistics and the check of CALF are taken over."""

Tell = Callable[[Progress], None]


def run_inputs(settings: SpottingSettings, config: SpottingConfig, games: Games) -> dict[str, Any]:
    """All that a run depends on. What made the features is in their samples already."""
    channels = [asdict(channel) for channel in config.channels]
    for channel in channels:
        del channel["made_by"]
    return {"settings": asdict(settings), "channels": channels, "learned_from": games.inputs()}


def fit_spotting(
    games: Games, config: SpottingConfig, settings: SpottingSettings, run: RunFolder, tell: Tell
) -> SpottingWeights:
    """Train on the train games, stop and choose by the valid ones, measure on the test ones.

    Killed and started again in the same run folder, it goes on and ends in the same weights.

    Raises:
        MomentumError: the loss is no number any more.
    """
    if config.fusion == LATE:
        models: dict[str, Model] = {}
        for number, channel in enumerate(config.channels):
            one, alone = _only(games, number), config.alone(channel)
            models[channel.name] = _fit(one, alone, settings, run, f"{channel.name}", settings.seed + number, tell)
        weights = SpottingWeights(config, models)
        weights = measured_as(weights, rules=_rules(weights, games.parts[VALID]))
    else:
        weights = SpottingWeights(config, {ALL: _fit(games, config, settings, run, "model", settings.seed, tell)})
    counts = {part: len({half.game for half in games.parts[part]}) for part in games.parts}
    on = f"{counts[TRAIN]} games, chosen by {counts[VALID]}, {games.dealt_by}"
    return measured_as(weights, trained_on=on, measured=_measured(weights, games))


def _fit(
    games: Games, config: SpottingConfig, settings: SpottingSettings, run: RunFolder, stage: str, seed: int, tell: Tell
) -> Model:
    rows = sum(half.rows for half in games.parts[TRAIN])
    model, served = new_model(config, seed), new_model(config, seed)
    if isinstance(model, Calf):
        return _fit_calf(model, served, games, config, settings, run.stage(stage), tell)
    assert isinstance(model, PooledModel) and isinstance(served, PooledModel)
    sampler = StripSampler(games.parts[TRAIN], config, settings)
    an_epoch = max(1, ceil(rows / (settings.at_once * settings.strip_windows * sampler.stride)))
    weights = mx.array(class_weights(games.parts[TRAIN], config, settings))

    def loss(model: PooledModel, batch: Strips, key: mx.array) -> mx.array:
        return strip_loss(model, batch, key, sampler.stride, settings.gamma, weights)

    def check(parameters: Parameters) -> Mapping[str, float]:
        served.update(tree_unflatten(list(parameters.items())))
        return {"score": classified(served, config, games.parts[VALID])["score"]}

    best = Trainer(
        run.stage(stage), model, _schedule(settings, an_epoch), seed, sampler.draw, loss, check, tell,
        items=settings.at_once * settings.strip_windows,
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


def _only(games: Games, channel: int) -> Games:
    """The same games with one channel alone."""
    parts = {
        part: tuple(replace(half, channels=(half.channels[channel],)) for half in halves)
        for part, halves in games.parts.items()
    }
    return replace(games, parts=parts, widths=(games.widths[channel],))


def tracks_of(half: Half, channels: tuple[ChannelConfig, ...], rate_hz: float) -> dict[str, FeatureTrack]:
    """The features of a half by channel."""
    return {
        channel.name: FeatureTrack(np.asarray(values[: half.rows], dtype=np.float32), rate_hz)
        for channel, values in zip(channels, half.channels, strict=True)
    }


_LEAST_EVENTS: Final = 5
"""Events of a class in the valid games below which its late fusion is not fitted but an even one."""
_REACH_S: Final = 2.0
_SILENT: Final = -10.0
_REACHES_S: Final = (1.0, 3.0, 6.0)
_RIGHT_S: Final = 5.0
"""Picture and sound are there when it happens, unlike a commentator's words, so less of the time is asked about."""


def _rules(weights: SpottingWeights, halves: tuple[Half, ...]) -> dict[str, KindRule]:
    """The late fusion's weights, by the same fit as the commentary's; an even one for classes with few events."""
    config = weights.config
    rate, names = config.window.rate_hz, [channel.name for channel in config.channels]
    curves = []
    for half in halves:
        tracks = tracks_of(half, config.channels, rate)
        curves.append({name: curves_of(tracks, weights, name)[0] for name in names})
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
