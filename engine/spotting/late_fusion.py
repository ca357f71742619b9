"""What a model of features says, together with what is heard beside it: the words of a commentary, the crowd's index.

All of it goes through the one fusion in log-odds. Channels of features that a model joins before its scores count as
one; those of a late fusion keep their shares apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.core.log_odds_fusion import Channel, ChannelRule, KindRule, fused_spots, log_odds_of
from engine.spotting.config import LATE, SpottingConfig
from engine.spotting.events import SpottedEvent, Values
from engine.spotting.scores import FeatureTrack
from engine.spotting.spot import channel_of, curves_of, named_moments, spot
from engine.spotting.weights import ALL, SpottingWeights

Curves = Mapping[str, tuple[Values, float]]
"""Log-odds (rows, classes) and the time of the first row, by channel."""
_SAME_MOMENT_S: Final = 6.0
"""What is heard this near to a moment that the features name is heard of that moment."""
_SILENT: Final = -8.0


@dataclass(frozen=True, slots=True, eq=False)
class HeardBeside:
    """A channel that says something of one class: ``channel``, the moments that it names (n,) in seconds, and how it
    speaks where the weights hold no rule of their own for it."""

    channel: Channel
    named_s: Values
    rule: ChannelRule


def spot_beside(
    features: Mapping[str, FeatureTrack],
    weights: SpottingWeights,
    beside: Mapping[str, Mapping[str, HeardBeside]],
) -> list[SpottedEvent]:
    """Events in the order of time, each with the share of every channel, in log-odds.

    Args:
        features: as for ``spot``.
        weights: from ``load_spotting``.
        beside: what else there is, by channel and class. What is missing adds nothing, and is no silence.

    Raises ``InputError`` as ``spot`` does.
    """
    found = [_with_share(event, weights.config) for event in spot(features, weights)]
    told = {label for of_class in beside.values() for label in of_class}
    if not told & set(weights.config.labels):
        return found
    curves = curves_by_channel(features, weights)
    end_s = max(start_s + len(values) / weights.config.window.rate_hz for values, start_s in curves.values())
    kept = [event for event in found if event.label not in told]
    for number, label in enumerate(weights.config.labels):
        of_class = {name: heard[label] for name, heard in beside.items() if label in heard}
        if of_class:
            kept += _fused(label, number, curves, of_class, weights.config, end_s)
    return sorted(kept, key=lambda event: (event.t_s, event.label))


def _with_share(event: SpottedEvent, config: SpottingConfig) -> SpottedEvent:
    if event.shares:
        return event
    return replace(event, shares={_joined(config): float(log_odds_of(np.array(event.confidence)))})


def _joined(config: SpottingConfig) -> str:
    """What the channels are called that a model reads together."""
    return "+".join(channel.name for channel in config.channels)


def curves_by_channel(features: Mapping[str, FeatureTrack], weights: SpottingWeights) -> Curves:
    """What each channel says of every class, by itself; channels that are read together are one.

    Raises ``InputError`` as ``spot`` does.
    """
    config = weights.config
    if config.fusion != LATE:
        return {_joined(config): curves_of(features, weights, ALL)}
    names = [channel.name for channel in config.channels if channel.name in features]
    return {name: curves_of(features, weights, name) for name in names}


def _rule(label: str, beside: Mapping[str, HeardBeside], config: SpottingConfig) -> KindRule | None:
    """The weights' own rule of a class with what is beside it; None where a late fusion has none for the class."""
    own = config.rules.get(label)
    if config.fusion != LATE:
        apart_s = config.events.apart_s / 2
        own = KindRule(0.0, apart_s, {_joined(config): ChannelRule(0.0, 0.0, _SILENT, 0.0, 1.0)})
    if own is None:
        return None
    return replace(own, channels={**{name: heard.rule for name, heard in beside.items()}, **own.channels})


def asked_of(
    label: str, number: int, curves: Curves, beside: Mapping[str, HeardBeside], config: SpottingConfig
) -> tuple[KindRule, dict[str, Channel]] | None:
    """The channels that speak of the class ``label``, the ``number``-th of ``curves``, and how; None without a rule."""
    rule = _rule(label, beside, config)
    if rule is None:
        return None
    channels: dict[str, Channel] = {name: heard.channel for name, heard in beside.items()}
    for name, (values, start_s) in curves.items():
        channels[name] = channel_of(values[:, number], start_s, config.window.rate_hz)
    return rule, channels


def _fused(
    label: str,
    number: int,
    curves: Curves,
    beside: Mapping[str, HeardBeside],
    config: SpottingConfig,
    end_s: float,
) -> list[SpottedEvent]:
    asked, rate = asked_of(label, number, curves, beside, config), config.window.rate_hz
    if asked is None:
        return []
    rule, channels = asked
    seen: list[float] = []
    for name, (values, start_s) in curves.items():
        late_s = rule.channels[name].offset_s if name in rule.channels else 0.0
        seen += [start_s + row / rate - late_s for row, _ in named_moments(values[:, number], rate, config.events)]
    moments = np.array(seen, dtype=np.float64)
    heard = [t_s - rule.channels[name].offset_s for name, one in beside.items() for t_s in one.named_s.tolist()]
    alone = [t_s for t_s in heard if t_s < end_s and not (np.abs(moments - t_s) <= _SAME_MOMENT_S).any()]
    candidates = np.sort(np.maximum(np.concatenate([moments, alone]), 0.0))
    fused = fused_spots(candidates, channels, rule) if len(candidates) else []
    return [
        SpottedEvent(each.t_s, label, each.probability, end_s, dict(each.shares))
        for each in fused
        if each.probability >= config.events.least
    ]
