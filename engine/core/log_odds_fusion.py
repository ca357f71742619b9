"""Several channels, one probability: what the crowd, the words and a video model say of a moment, added in log-odds.

Every channel is late in its own way, so each is asked about the moment plus its own offset, within its own reach. What
it says counts against what it says on average: a channel that is missing adds nothing, whereas one that was there and
saw nothing speaks against the event. Where one channel alone is left, it has a say of its own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_ROUNDING = 1e-6
"""Of a step: the time of a row may come out this much before it, and must not be that of the row before."""


@dataclass(frozen=True, slots=True, eq=False)
class CurveChannel:
    """A channel with a value at every step: ``log_odds`` (steps,), the middle of step i at (i + 0.5) * ``step_s``."""

    log_odds: Values
    step_s: float

    def evidence(self, t_s: Values, offset_s: float, reach_s: float, silent: float) -> Values:
        """The highest value within ``reach_s`` of ``t_s + offset_s``, shape of ``t_s``; ``silent`` beyond the sound."""
        low = np.floor((t_s + offset_s - reach_s) / self.step_s + _ROUNDING).astype(np.intp)
        count = max(1, round(2 * reach_s / self.step_s) + 1)
        places = low[:, None] + np.arange(count)
        inside = (places >= 0) & (places < len(self.log_odds))
        if not len(self.log_odds):
            return np.full(len(t_s), silent)
        values = np.where(inside, self.log_odds[np.clip(places, 0, len(self.log_odds) - 1)], -np.inf)
        highest = values.max(axis=1)
        return np.where(np.isfinite(highest), highest, silent)


@dataclass(frozen=True, slots=True, eq=False)
class SpotChannel:
    """A channel that names moments: ``t_s`` (n,) with ``log_odds`` (n,)."""

    t_s: Values
    log_odds: Values

    def evidence(self, t_s: Values, offset_s: float, reach_s: float, silent: float) -> Values:
        """The highest spot within ``reach_s`` of ``t_s + offset_s``, shape of ``t_s``; ``silent`` without one."""
        if not len(self.t_s):
            return np.full(len(t_s), silent)
        near = np.abs(self.t_s[None, :] - (t_s[:, None] + offset_s)) <= reach_s
        highest = np.where(near, self.log_odds[None, :], -np.inf).max(axis=1)
        return np.where(np.isfinite(highest), highest, silent)


Channel = CurveChannel | SpotChannel


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """How one channel speaks of one kind of event: ``offset_s`` later, within ``reach_s``; ``silent`` is what its
    saying nothing is worth, ``mean`` what it says on average (log-odds); ``weight`` multiplies what is above that."""

    offset_s: float
    reach_s: float
    silent: float
    mean: float
    weight: float


@dataclass(frozen=True, slots=True)
class AloneRule:
    """What a channel says without the others: ``bias`` in place of the kind's, ``weight`` in place of its own."""

    bias: float
    weight: float


@dataclass(frozen=True, slots=True)
class KindRule:
    """One kind of event: ``bias`` is the log-odds where every channel says what it says on average; spots lie
    ``apart_s`` apart.

    ``alone`` names channels that were fitted together, each with its own probability in log-odds: where one of them is
    all that is left, that counts. Its share of a sum would not tell how likely the event is.
    """

    bias: float
    apart_s: float
    channels: Mapping[str, ChannelRule]
    alone: Mapping[str, AloneRule] = field(default_factory=dict)

    def among(self, there: Collection[str]) -> "KindRule":
        """The rule where of all channels those are ``there``."""
        left = [name for name in self.alone if name in there]
        if len(left) != 1 or len(self.alone) == 1:
            return self
        (name,) = left
        own = replace(self.channels[name], weight=self.alone[name].weight)
        return replace(self, bias=self.alone[name].bias, channels={**self.channels, name: own})


def even_rule(names: Collection[str], apart_s: float, reach_s: float, silent: float) -> KindRule:
    """The mean of what the channels say; one that is alone says it for itself."""
    each = ChannelRule(0.0, reach_s, silent, 0.0, 1.0 / len(names))
    return KindRule(0.0, apart_s, dict.fromkeys(names, each), dict.fromkeys(names, AloneRule(0.0, 1.0)))


@dataclass(frozen=True, slots=True)
class FusedSpot:
    """A moment and the log-odds of all channels together; ``shares`` is what each that was there added to the bias."""

    t_s: float
    log_odds: float
    shares: Mapping[str, float] = field(default_factory=dict)

    @property
    def probability(self) -> float:
        return float(1.0 / (1.0 + np.exp(-np.clip(self.log_odds, -50.0, 50.0))))


def log_odds_of(probability: Values, least: float = 1e-4) -> Values:
    """Log-odds of probabilities, those at 0 and 1 taken as ``least`` away from it."""
    kept = np.clip(probability, least, 1.0 - least)
    return np.asarray(np.log(kept / (1.0 - kept)))


def fuse_at(t_s: Values, channels: Mapping[str, Channel], rule: KindRule) -> tuple[Values, dict[str, Values]]:
    """Log-odds at the moments ``t_s`` (n,), and the share of every channel of ``channels`` that has a rule."""
    rule = rule.among(channels)
    total, shares = np.full(len(t_s), rule.bias), {}
    for name, channel in channels.items():
        if name in rule.channels:
            how = rule.channels[name]
            said = channel.evidence(t_s, how.offset_s, how.reach_s, how.silent)
            shares[name] = how.weight * (said - how.mean)
            total = total + shares[name]
    return total, shares


def fused_spots(candidates_s: Values, channels: Mapping[str, Channel], rule: KindRule) -> list[FusedSpot]:
    """The candidates (n,) with the highest log-odds, none nearer than ``rule.apart_s`` to a higher one, by time."""
    total, shares = fuse_at(candidates_s, channels, rule)
    taken: list[int] = []
    free = np.ones(len(candidates_s), dtype=bool)
    for number in np.argsort(-total, kind="stable").tolist():
        if free[number]:
            taken.append(number)
            free &= np.abs(candidates_s - candidates_s[number]) >= rule.apart_s
    return [
        FusedSpot(float(candidates_s[n]), float(total[n]), {name: float(share[n]) for name, share in shares.items()})
        for n in sorted(taken, key=lambda n: float(candidates_s[n]))
    ]
