"""Words and a video model's spots together: weights by folds of games, each judged by weights that never saw it."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from engine.commentary.fusion_channel import words_channel
from engine.commentary.word_network import Array
from engine.commentary.word_weights import WordsWeights
from engine.core.log_odds_fusion import (
    Channel,
    FusedSpot,
    KindRule,
    SpotChannel,
    fused_spots,
    log_odds_of,
)
from train.commentary.scoring import Found
from train.commentary.soccernet_label_table import JUDGED, KINDS, Events, Half
from train.fit.fusion_rules import HalfOfKind, fit_kind, moments_of

WORDS: Final = "words"
VIDEO: Final = "video"
_APART_S: Final = {"Foul": 10.0, "Shots on target": 10.0, "Shots off target": 10.0}
_USUAL_APART_S: Final = 20.0


def fuse_by_folds(
    events: Mapping[Half, Events],
    logits: Mapping[Half, Array],
    weights: WordsWeights,
    video: Found,
    dealt: Mapping[str, int],
) -> tuple[dict[Half, list[tuple[str, FusedSpot]]], dict[str, Any], dict[str, Any]]:
    """Fused spots of every half; the rules of each kind, averaged over the folds; and the mean share of each channel in
    the surest tenth of the spots. ``logits`` holds the halves in which somebody speaks, ``video`` those that were seen.
    """
    fused: dict[Half, list[tuple[str, FusedSpot]]] = {half: [] for half in events}
    rules: dict[str, Any] = {}
    shares: dict[str, Any] = {}
    for label in JUDGED:
        halves = {
            half: half_of_kind(events[half], logits.get(half), weights, video.get(half), label) for half in events
        }
        fitted = []
        for fold in sorted(set(dealt.values())):
            taught = [
                one for half, one in halves.items() if dealt[half[0]] != fold and set(one.channels) == {WORDS, VIDEO}
            ]
            rule = fit_kind(taught, (WORDS, VIDEO), _APART_S.get(label, _USUAL_APART_S))
            fitted.append(rule)
            for half, one in halves.items():
                if dealt[half[0]] == fold:
                    fused[half] += [(label, spot) for spot in _spots(one, rule)]
        rules[label] = _mean_rule(fitted)
        shares[label] = _mean_shares([spot for spots in fused.values() for name, spot in spots if name == label])
    return fused, rules, shares


def half_of_kind(
    events: Events,
    logits: Array | None,
    weights: WordsWeights,
    video: Any,
    label: str,
) -> HalfOfKind:
    """What words and video say of one kind in one half; a channel that is None is missing."""
    channels: dict[str, Channel] = {}
    named: dict[str, list[tuple[float, float]]] = {}
    if logits is not None:
        channels[WORDS], named[WORDS] = words_channel(logits, weights, label)
    if video is not None:
        spots = [(t_s, sure) for t_s, name, sure in video if name == label]
        t_s = np.array([spot[0] for spot in spots])
        sure = log_odds_of(np.array([spot[1] for spot in spots]))
        channels[VIDEO] = SpotChannel(t_s, sure)
        named[VIDEO] = list(zip(t_s.tolist(), sure.tolist(), strict=True))
    return HalfOfKind(events[KINDS.index(label)], channels, named)


def _spots(half: HalfOfKind, rule: KindRule) -> list[FusedSpot]:
    moments = moments_of(half, {name: channel.offset_s for name, channel in rule.channels.items()})
    return fused_spots(moments, half.channels, rule) if len(moments) else []


def _mean_rule(fitted: list[KindRule]) -> dict[str, Any]:
    return {
        name: {
            field: round(float(np.mean([getattr(rule.channels[name], field) for rule in fitted])), 3)
            for field in ("offset_s", "reach_s", "silent", "mean", "weight")
        }
        for name in (WORDS, VIDEO)
    }


def _mean_shares(spots: list[FusedSpot]) -> dict[str, float]:
    surest = sorted(spots, key=lambda spot: -spot.log_odds)[: max(1, len(spots) // 10)]
    return {
        name: round(float(np.mean([spot.shares[name] for spot in surest if name in spot.shares] or [0.0])), 3)
        for name in (WORDS, VIDEO)
    }
