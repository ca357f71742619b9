"""The front door: features of a recording and weights in, events with times and confidences out."""

from collections.abc import Mapping, Sequence

import numpy as np

from engine.core.errors import InputError
from engine.core.log_odds_fusion import CurveChannel, FusedSpot, KindRule, fused_spots
from engine.football.soccernet import Spot
from engine.spotting.config import LATE, EventSettings
from engine.spotting.events import SpottedEvent, Values, found_in, suppressed, told_live
from engine.spotting.scores import FeatureTrack, log_odds, together
from engine.spotting.weights import SpottingWeights


def spot(features: Mapping[str, FeatureTrack], weights: SpottingWeights) -> list[SpottedEvent]:
    """Events in the order of time.

    A causal model names those that it would have told while it happened. A late fusion speaks of whatever channels
    there are; every other model needs all of its channels.

    Args:
        features: by the names of the weights' channels, at the weights' rate; others are left alone.
        weights: from ``load_spotting``.

    Raises:
        InputError: a channel is missing, or its features have another width or rate.
    """
    config = weights.config
    if config.fusion == LATE:
        return _fused(features, weights)
    curves, start_s = curves_of(features, weights)
    found = []
    for number, label in enumerate(config.labels):
        found += _events(1.0 / (1.0 + np.exp(-curves[:, number])), label, start_s, weights)
    return sorted(found, key=lambda event: (event.t_s, event.label))


def curves_of(
    features: Mapping[str, FeatureTrack], weights: SpottingWeights, channel: str = ""
) -> tuple[Values, float]:
    """Log-odds (rows, classes) and the time of the first row; of a late fusion those of the model of one channel.

    Raises ``InputError`` as ``spot`` does.
    """
    config = weights.config_of(channel)
    try:
        channels, start_s = together(features, config)
    except ValueError as fault:
        raise InputError(
            f"the weights {config.name} can't read these features: {fault}",
            "Make them as the weights' card says: " + ", ".join(c.features or c.name for c in config.channels) + ".",
        ) from None
    return log_odds(weights.models[channel], config, channels).astype(np.float64), start_s


def _events(scores: Values, label: str, start_s: float, weights: SpottingWeights) -> list[SpottedEvent]:
    config = weights.config
    rate = config.window.rate_hz
    end_s = start_s + len(scores) / rate
    if config.causal:
        settings = config.events
        told = told_live(scores, settings.apart_s * rate / 2, settings.least)
        late_s = config.window.delay_s + 1.0 / rate  # the next row says that this one was the highest
        return [SpottedEvent(start_s + n / rate, label, sure, start_s + n / rate + late_s) for n, sure in told]
    return [SpottedEvent(start_s + n / rate, label, sure, end_s) for n, sure in found_in(scores, config.events, rate)]


def _fused(features: Mapping[str, FeatureTrack], weights: SpottingWeights) -> list[SpottedEvent]:
    """Late fusion: each channel's curve asked at every moment that one of them names."""
    config = weights.config
    there = [channel.name for channel in config.channels if channel.name in features]
    if not there:
        names = " or ".join(channel.name for channel in config.channels)
        raise InputError(f"the weights {config.name} need features of {names}", "Make some with 'momentum features'.")
    curves = {name: curves_of(features, weights, name) for name in there}
    end_s = max(start_s + len(values) / config.window.rate_hz for values, start_s in curves.values())
    found = []
    for number, label in enumerate(config.labels):
        if label in config.rules:
            of_class = {name: (values[:, number], start_s) for name, (values, start_s) in curves.items()}
            spots = fuse_curves(of_class, config.rules[label], config.window.rate_hz, config.events)
            found += [SpottedEvent(s.t_s, label, s.probability, end_s, dict(s.shares)) for s in spots]
    return sorted(found, key=lambda event: (event.t_s, event.label))


def fuse_curves(
    curves: Mapping[str, tuple[Values, float]], rule: KindRule, rate_hz: float, events: EventSettings
) -> list[FusedSpot]:
    """Curves of one class, log-odds (rows,) with the time of their first row, through the same fusion as the words'."""
    channels = {name: channel_of(values, start_s, rate_hz) for name, (values, start_s) in curves.items()}
    moments = [
        start_s + row / rate_hz - (rule.channels[name].offset_s if name in rule.channels else 0.0)
        for name, (values, start_s) in curves.items()
        for row, _ in named_moments(values, rate_hz, events)
    ]
    fused = fused_spots(np.array(sorted(max(0.0, t_s) for t_s in moments)), channels, rule) if moments else []
    return [each for each in fused if each.probability >= events.least]


def named_moments(values: Values, rate_hz: float, events: EventSettings) -> list[tuple[int, float]]:
    """The rows that a channel names, with their log-odds; also unlikely ones, since another channel may be sure."""
    return sorted(suppressed(values, events.apart_s * rate_hz, -8.0))


def channel_of(values: Values, start_s: float, rate_hz: float) -> CurveChannel:
    """Log-odds (rows,), the first at ``start_s``, as a channel of the fusion, which counts from 0 and by middles."""
    shift = round(start_s * rate_hz)
    kept = values[-shift:] if shift < 0 else np.concatenate([np.full(shift, -np.inf), values])
    return CurveChannel(kept, 1.0 / rate_hz)


def as_spots(events: Sequence[SpottedEvent], half: int) -> list[Spot]:
    """Events of a half, whose recording starts at 0 s, as SoccerNet writes them."""
    return [Spot(half, max(0, round(1000 * event.t_s)), event.label, event.confidence) for event in events]
