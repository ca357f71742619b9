"""What the words of a half say of one kind of event, as a channel of the fusion in log-odds."""

from typing import NamedTuple

import numpy as np

from engine.commentary.features import STEP_S
from engine.commentary.spots import peaks, smoothed
from engine.commentary.word_network import Array
from engine.commentary.word_weights import ARCHIVE, WordsWeights
from engine.core.log_odds_fusion import CurveChannel

_LEAST_SURE = -6.0
"""Log-odds below which words name no moment: the moments of others are asked about anyway."""


class WordsChannel(NamedTuple):
    """The channel, and the moments that it names: seconds with log-odds."""

    channel: CurveChannel
    named: list[tuple[float, float]]


def words_channel(logits: Array, weights: WordsWeights, label: str) -> WordsChannel:
    """Of ``logits`` (steps, kinds), as ``hear`` gives them for the archive; ``label`` is one of the weights' kinds."""
    kind, config = weights.config.kinds.index(label), weights.config.modes[ARCHIVE]
    slope, offset = config.calibration[kind]
    curve = slope * smoothed(logits, config.peaks.smooth_steps)[:, kind].astype(np.float64) + offset
    # The curve is late by what is taken off its peaks.
    late = round(config.peaks.offset_s[kind] / STEP_S)
    named = [
        (peak.t_s, slope * peak.score + offset)
        for peak in peaks(logits, config.peaks)
        if peak.kind == kind and slope * peak.score + offset >= _LEAST_SURE
    ]
    return WordsChannel(CurveChannel(np.roll(curve, -late), STEP_S), named)
