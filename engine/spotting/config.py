"""What a spotting model is: its channels, how they are pooled and joined, and how scores become events."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from engine.core.log_odds_fusion import AloneRule, ChannelRule, KindRule
from engine.core.made_by import MadeBy, made_by_of_row
from engine.spotting.pooling import KINDS, PoolConfig
from engine.spotting.vocabularies import V2, VOCABULARIES

JOINED: Final = "joined"
POOLED: Final = "pooled"
LOGITS: Final = "logits"
LATE: Final = "late"
FUSIONS: Final = {
    JOINED: "features side by side before one pool",
    POOLED: "each channel pooled apart, then side by side before one classifier",
    LOGITS: "a classifier for each channel, their logits averaged, trained together",
    LATE: "a model for each channel, trained apart; their log-odds added by learned weights",
}
NMS: Final = "nms"
SOFT_NMS: Final = "soft-nms"
WATERSHED: Final = "watershed"
METHODS: Final = (NMS, SOFT_NMS, WATERSHED)


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """One channel of features: ``name`` is what it is called here (video, audio), ``width`` its columns, ``features``
    what its files are called; ``project`` columns are made of it by a learned linear layer first, 0 for none.
    ``made_by``: what made those that were learned from; None where that is not known."""

    name: str
    width: int
    features: str = ""
    project: int = 0
    made_by: MadeBy | None = None

    @property
    def columns(self) -> int:
        return self.project or self.width


@dataclass(frozen=True, slots=True)
class WindowConfig:
    """A window of ``rows`` rows, ``rate_hz`` a second; the moment that it speaks of lies ``ahead`` rows before its end.

    In the middle for an archive. A causal model reads nothing beyond ``ahead``, so that is its delay.
    """

    rows: int = 40
    ahead: int = 20
    rate_hz: float = 2.0

    @property
    def delay_s(self) -> float:
        """How long after a moment it can be told."""
        return self.ahead / self.rate_hz

    @property
    def reach(self) -> int:
        """Rows on both sides of the moment in which an event counts as the moment's."""
        return max(1, min(self.rows - self.ahead, max(self.ahead, 4)))


@dataclass(frozen=True, slots=True)
class EventSettings:
    """How scores become events: ``method``, ``apart_s`` between two of a class, ``least`` the confidence below which
    there is none."""

    method: str = NMS
    apart_s: float = 20.0
    least: float = 0.05


@dataclass(frozen=True, slots=True)
class CalfConfig:
    """CALF's sizes: rows of a chunk and of its receptive field, capsules of a class, detections of a chunk."""

    chunk: int = 240
    field: int = 80
    capsules: int = 16
    detections: int = 15

    @property
    def possible(self) -> bool:
        return (
            16 <= self.chunk <= 4096
            and 7 <= self.field < self.chunk
            and 0 < self.capsules <= 256
            and 0 < self.detections <= 4096
        )


@dataclass(frozen=True, slots=True)
class SpottingConfig:
    """All that ``config.json`` says of a model. ``calf`` is None for one that pools windows. ``rules`` are the late
    fusion's, by class. ``causal``: it reads the past and ``window.ahead`` rows alone."""

    name: str
    channels: tuple[ChannelConfig, ...]
    vocabulary: str = V2
    fusion: str = JOINED
    pool: PoolConfig = field(default_factory=PoolConfig)
    window: WindowConfig = field(default_factory=WindowConfig)
    events: EventSettings = field(default_factory=EventSettings)
    causal: bool = False
    calf: CalfConfig | None = None
    dropout: float = 0.4
    rules: Mapping[str, KindRule] = field(default_factory=dict)
    trained_on: str = ""
    measured: Mapping[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        return VOCABULARIES[self.vocabulary]

    def alone(self, channel: ChannelConfig) -> "SpottingConfig":
        """The same model of one channel, as a late fusion has it."""
        return replace(self, channels=(channel,), fusion=JOINED, rules={})


def config_of_row(row: dict[str, Any]) -> SpottingConfig:
    """The config that ``config.json`` describes; ``row`` is used up.

    Raises ``KeyError``, ``TypeError``, ``ValueError`` or ``AttributeError`` for what is none.
    """
    rules = {str(label): _rule_of_row(rule) for label, rule in row.pop("rules").items()}
    parts: dict[str, Any] = {
        "channels": tuple(_channel_of_row(channel) for channel in row.pop("channels")),
        "pool": PoolConfig(**row.pop("pool")),
        "window": WindowConfig(**row.pop("window")),
        "events": EventSettings(**row.pop("events")),
        "calf": CalfConfig(**calf) if (calf := row.pop("calf")) is not None else None,
    }
    return SpottingConfig(**parts, rules=rules, **row)


def _channel_of_row(row: dict[str, Any]) -> ChannelConfig:
    made_by = row.pop("made_by", None)
    return ChannelConfig(**row, made_by=None if made_by is None else made_by_of_row(made_by))


def _rule_of_row(row: Mapping[str, Any]) -> KindRule:
    """Weights from before a rule said how a channel speaks alone have means of all channels all the same."""
    channels = {name: ChannelRule(**_numbers(each)) for name, each in row["channels"].items()}
    rule = KindRule(float(row["bias"]), float(row["apart_s"]), channels)
    if "alone" in row:
        alone = {str(name): AloneRule(**_numbers(each)) for name, each in row["alone"].items()}
        if not alone.keys() <= channels.keys():
            raise ValueError("a rule for a channel that there is not")
        return replace(rule, alone=alone)
    is_mean = rule.bias == 0.0 and all(each.mean == 0.0 for each in channels.values())
    return replace(rule, alone=dict.fromkeys(channels, AloneRule(0.0, 1.0))) if is_mean else rule


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items()}


def fault_of(config: SpottingConfig) -> str:
    """What is impossible about a config, in words; empty where nothing is."""
    window, pool = config.window, config.pool
    parts = (config, window, pool, config.events, *config.channels, *((config.calf,) if config.calf else ()))
    odd = [name for part in parts for name in _of_other_kinds(part)]
    if odd:
        return f"{odd[0]} is of another kind"
    least = 0 if config.causal and not pool.apart else 1
    checks = (
        (config.vocabulary in VOCABULARIES, f"no vocabulary {config.vocabulary!r}"),
        (config.fusion in FUSIONS, f"no fusion {config.fusion!r}"),
        (pool.kind in KINDS, f"no pool {pool.kind!r}"),
        (config.events.method in METHODS, f"no method {config.events.method!r}"),
        (1 <= len(config.channels) <= 8, "no channels, or too many"),
        (len({c.name for c in config.channels}) == len(config.channels), "two channels of one name"),
        (all(0 < c.width <= 65536 and 0 <= c.project <= 65536 for c in config.channels), "a channel without columns"),
        (0 < pool.clusters <= 4096 and 0 <= pool.hidden <= 65536, "clusters or hidden out of range"),
        (not pool.apart or pool.clusters % 2 == 0, "past and future apart need an even number of clusters"),
        (0 < window.rows <= 4096 and least <= window.ahead < window.rows, "the moment lies outside of the window"),
        (0 < window.rate_hz <= 100, "an impossible rate"),
        (0 <= config.dropout < 1 and config.events.apart_s > 0, "dropout or distance out of range"),
        (0 <= config.events.least <= 1, "a least confidence out of range"),
        (all(map(_possible, config.rules.values())), "a rule of the late fusion out of range"),
        (config.calf is None or config.calf.possible, "impossible sizes of CALF"),
        (config.calf is None or config.fusion == JOINED, "CALF joins its channels before anything else"),
        (config.calf is None or not config.causal, "CALF reads whole chunks, so it can't be causal"),
    )
    return next((fault for holds, fault in checks if not holds), "")


def _of_other_kinds(part: Any) -> list[str]:
    """The fields of a dataclass that are to be a number, a text or a switch, and are none; 2.0 is no whole number."""
    kinds: dict[object, tuple[type, ...]] = {int: (int,), float: (float, int), str: (str,), bool: (bool,)}
    plain = [each for each in fields(part) if each.type in kinds]
    return [each.name for each in plain if type(getattr(part, each.name)) not in kinds[each.type]]


_LONGEST_S: Final = 3600.0


def _possible(rule: KindRule) -> bool:
    return 0 < rule.apart_s <= _LONGEST_S and all(
        0 <= each.reach_s <= _LONGEST_S and abs(each.offset_s) <= _LONGEST_S for each in rule.channels.values()
    )
