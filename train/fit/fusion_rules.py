"""Fits the few weights of a fusion: each channel's offset, reach, worth of silence and weight, for every kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.core.log_odds_fusion import AloneRule, Channel, ChannelRule, KindRule, Values

RIGHT_S: Final = 15.0
"""A candidate is right when an event of its kind lies this near."""
_REACHES_S: Final = (6.0, 12.0)
_FARTHEST_S: Final = 20.0
_RIDGE: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class HalfOfKind:
    """One half and one kind of event: when it happened, what each channel says, and the moments that each names with
    how sure it is."""

    events_s: tuple[float, ...]
    channels: Mapping[str, Channel]
    named: Mapping[str, Sequence[tuple[float, float]]]


def fit_kind(
    halves: Sequence[HalfOfKind],
    names: Sequence[str],
    apart_s: float,
    reaches_s: Sequence[float] = _REACHES_S,
    right_s: float = RIGHT_S,
) -> KindRule:
    """The rule of one kind, from halves in which all of ``names`` were there; the best of ``reaches_s`` is taken, and a
    moment is right within ``right_s`` of an event. The defaults are those of words, which come late."""
    offsets = {name: _offset(halves, name) for name in names}
    best: tuple[float, KindRule] | None = None
    for reach_s in reaches_s:
        tried = _with_reach(halves, names, offsets, reach_s, apart_s, right_s)
        if best is None or tried[0] < best[0]:
            best = tried
    assert best is not None
    return best[1]


def moments_of(half: HalfOfKind, offsets: Mapping[str, float]) -> Values:
    """The moments that the channels name, each with its channel's lateness taken off, in order, shape (n,)."""
    named = [(t_s - offset_s) for name, offset_s in offsets.items() for t_s, _ in half.named.get(name, ())]
    return np.sort(np.maximum(np.array(named), 0.0))


def _with_reach(
    halves: Sequence[HalfOfKind],
    names: Sequence[str],
    offsets: Mapping[str, float],
    reach_s: float,
    apart_s: float,
    right_s: float,
) -> tuple[float, KindRule]:
    silent = {name: _silent(halves, name) for name in names}
    asked = {name: ChannelRule(offsets[name], reach_s, silent[name], 0.0, 1.0) for name in names}
    evidence, truth = _said(halves, asked, right_s)
    mean = evidence.mean(axis=0)
    bias, weights, loss = logistic(evidence - mean, truth)
    rules = {name: replace(asked[name], mean=float(mean[n]), weight=float(weights[n])) for n, name in enumerate(names)}
    alone = {name: _alone(halves, name, rule, right_s) for name, rule in rules.items()} if len(names) > 1 else {}
    return loss, KindRule(bias, apart_s, rules, alone)


def _alone(halves: Sequence[HalfOfKind], name: str, rule: ChannelRule, right_s: float) -> AloneRule:
    """From the moments that this channel names itself, since nobody else names any where it is alone."""
    evidence, truth = _said(halves, {name: rule}, right_s)
    if not len(evidence):
        return AloneRule(rule.mean, 1.0)
    bias, weights, _ = logistic(evidence - rule.mean, truth)
    return AloneRule(bias, float(weights[0]))


def _said(halves: Sequence[HalfOfKind], rules: Mapping[str, ChannelRule], right_s: float) -> tuple[Values, Values]:
    """What the channels of ``rules`` say (n, channels) of the moments that they name, and 1 for those that are right
    (n,)."""
    rows, right = [np.zeros((0, len(rules)))], [np.zeros(0, bool)]
    for half in halves:
        moments = moments_of(half, {name: rule.offset_s for name, rule in rules.items()})
        said = [
            half.channels[name].evidence(moments, rule.offset_s, rule.reach_s, rule.silent)
            for name, rule in rules.items()
        ]
        rows.append(np.stack(said, axis=1))
        right.append((np.abs(moments[:, None] - np.array(half.events_s)[None, :]) <= right_s).any(axis=1))
    return np.concatenate(rows), np.concatenate(right).astype(np.float64)


def _offset(halves: Sequence[HalfOfKind], name: str) -> float:
    """How late the channel's surest moment near an event is, the median over events."""
    late = []
    for half in halves:
        named = half.named.get(name, ())
        for event_s in half.events_s:
            near = [(sure, t_s - event_s) for t_s, sure in named if abs(t_s - event_s) <= _FARTHEST_S]
            if near:
                late.append(max(near)[1])
    return float(np.median(late)) if len(late) >= 5 else 0.0


def _silent(halves: Sequence[HalfOfKind], name: str) -> float:
    """What it is worth that a channel names nothing: a little less than its least sure moments."""
    sure = [value for half in halves for _, value in half.named.get(name, ())]
    return float(np.quantile(sure, 0.02)) - 0.5 if sure else -10.0


def logistic(values: Values, truth: Values, ridge: float = _RIDGE) -> tuple[float, Values, float]:
    """Bias, weights (columns,) and mean loss of a logistic regression, by Newton's method; ``ridge`` on the weights."""
    rows = np.column_stack([np.ones(len(values)), values])
    wanted = truth.astype(np.float64)
    share = np.clip(wanted.mean(), 1e-4, 1 - 1e-4)
    beta = np.zeros(rows.shape[1])
    beta[0] = np.log(share / (1 - share))
    penalty = np.diag([0.0] + [ridge] * (rows.shape[1] - 1))
    for _ in range(30):
        predicted = 1.0 / (1.0 + np.exp(-np.clip(rows @ beta, -30, 30)))
        slope = rows.T @ (predicted - wanted) + penalty @ beta
        curve = (rows * (predicted * (1 - predicted))[:, None]).T @ rows + penalty + 1e-9 * np.eye(len(beta))
        move = np.linalg.solve(curve, slope)
        beta = beta - np.clip(move, -2.0, 2.0)
        if np.abs(move).max() < 1e-8:
            break
    logits = np.clip(rows @ beta, -30, 30)
    loss = float(np.mean(np.logaddexp(0, logits) - wanted * logits))
    return float(beta[0]), beta[1:], loss
