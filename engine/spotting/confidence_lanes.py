"""How sure each channel, and all of them together, are all along a recording that something happens: what is drawn."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from engine.core.log_odds_fusion import fuse_at
from engine.core.spotted import FUSED, Lane
from engine.spotting.config import LATE, SpottingConfig
from engine.spotting.events import Values
from engine.spotting.late_fusion import Curves, HeardBeside, asked_of, curves_by_channel
from engine.spotting.scores import FeatureTrack
from engine.spotting.weights import SpottingWeights

_STEP_S: Final = 0.5
_MOST: Final = 50.0


def lanes_of(
    features: Mapping[str, FeatureTrack], weights: SpottingWeights, beside: Mapping[str, Mapping[str, HeardBeside]]
) -> list[Lane]:
    """A lane for each channel of features, and ``fused`` where several speak, or a late fusion weighs one.

    The arguments are those of ``spot_beside``, and so is what it raises.
    """
    curves = curves_by_channel(features, weights)
    rate = weights.config.window.rate_hz
    lanes = [_lane(name, values.max(axis=1), start_s, rate) for name, (values, start_s) in curves.items()]
    told = {label for of_class in beside.values() for label in of_class}
    if weights.config.fusion == LATE or told & set(weights.config.labels):
        start_s = min(start_s for _, start_s in curves.values())
        lanes.append(_lane(FUSED, _together(curves, start_s, beside, weights.config), start_s, rate))
    return lanes


def _together(
    curves: Curves, start_s: float, beside: Mapping[str, Mapping[str, HeardBeside]], config: SpottingConfig
) -> Values:
    """Log-odds (rows,) of the likeliest class by the fusion that the events come of; the first row at ``start_s``."""
    rate = config.window.rate_hz
    end_s = max(first_s + len(values) / rate for values, first_s in curves.values())
    moments = start_s + np.arange(round((end_s - start_s) * rate)) / rate
    highest = np.full(len(moments), -np.inf)
    for number, label in enumerate(config.labels):
        of_class = {name: heard[label] for name, heard in beside.items() if label in heard}
        asked = asked_of(label, number, curves, of_class, config)
        if asked is not None:
            rule, channels = asked
            highest = np.maximum(highest, fuse_at(moments, channels, rule)[0])
    return highest


def _lane(name: str, log_odds: Values, start_s: float, rate_hz: float) -> Lane:
    """The highest of each half second, or each row where those are further apart, as a probability."""
    rows = max(1, round(_STEP_S * rate_hz))
    firsts = np.arange(0, len(log_odds), rows)
    highest = np.maximum.reduceat(log_odds, firsts) if len(firsts) else log_odds
    probability = 1.0 / (1.0 + np.exp(-np.clip(highest, -_MOST, _MOST)))
    return Lane(name, start_s + firsts / rate_hz, probability.astype(np.float32), rows / rate_hz)
