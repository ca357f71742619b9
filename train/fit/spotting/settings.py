"""Every choice of a spotting model's training."""

from dataclasses import dataclass, field
from typing import Final

from engine.core.errors import UsageError
from engine.core.text import plain
from engine.spotting.config import (
    FUSIONS,
    JOINED,
    METHODS,
    NMS,
    POOLED,
    CalfConfig,
    ChannelConfig,
    EventSettings,
    SpottingConfig,
    WindowConfig,
    fault_of,
)
from engine.spotting.pooling import KINDS, PoolConfig
from engine.spotting.vocabularies import V2, VOCABULARIES
from train.fit.loop.trainer import PlateauSchedule

CALF: Final = "calf"
MODELS: Final = (*KINDS, *(f"{kind}++" for kind in KINDS), CALF)
EVEN: Final = "even"
BALANCED: Final = "balanced"
_WINDOW_S: Final = 20.0
_CHUNK_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class SpottingSettings:
    """What is trained and how.

    ``model`` is a pool, with ``++`` for past and future apart, or ``calf``. Windows are ``window_s`` long (None: 20 s,
    and two minutes for CALF, whose windows are its chunks) and begin ``stride_s`` apart, ``segment_windows`` in a
    segment and ``at_once`` segments in a step; ``epochs`` times as many rows as there are. ``weights``: rare classes
    count more (``balanced``) or as they come (``even``); ``gamma``: how much less counts what is right already (focal
    loss). ``delay_s``: a causal model, which reads so much beyond the moment. ``events`` is how scores become events,
    ``apart_s`` and ``least`` as in ``EventSettings``.
    """

    model: str = "netvlad++"
    vocabulary: str = V2
    fusion: str = POOLED
    window_s: float | None = None
    stride_s: float = 5.0
    clusters: int = 64
    hidden: int = 0
    project: int = 0
    dropout: float = 0.4
    gamma: float = 0.0
    weights: str = EVEN
    delay_s: float | None = None
    events: str = NMS
    apart_s: float = 20.0
    least: float = 0.05
    at_once: int = 8
    segment_windows: int = 32
    epochs: int = 40
    seed: int = 0
    schedule: PlateauSchedule = field(default_factory=lambda: PlateauSchedule(steps=1, learning_rate=1e-3, patience=10))
    """``steps`` and ``check_every`` follow from the epochs and from how much there is to learn from."""

    def __post_init__(self) -> None:
        for value, known, what in (
            (self.model, MODELS, "model"),
            (self.vocabulary, VOCABULARIES, "vocabulary"),
            (self.fusion, FUSIONS, "fusion"),
            (self.weights, (EVEN, BALANCED), "weighting"),
            (self.events, METHODS, "way of making events"),
        ):
            if value not in known:
                raise UsageError(f"no {what} {plain(value, 40)!r}", f"There are {', '.join(known)}.")


def config_of(
    name: str, settings: SpottingSettings, channels: tuple[ChannelConfig, ...], rate_hz: float
) -> SpottingConfig:
    """What the settings make of these channels. Raises ``UsageError`` for what is impossible."""
    kind, apart = settings.model.removesuffix("++"), settings.model.endswith("++")
    window_s = settings.window_s or (_CHUNK_S if settings.model == CALF else _WINDOW_S)
    rows = max(1, round(window_s * rate_hz))
    causal = settings.delay_s is not None
    ahead = rows // 2 if settings.delay_s is None else round(settings.delay_s * rate_hz)
    calf = None
    if settings.model == CALF:
        kind, ahead = "netvlad", rows // 2
        calf = CalfConfig(rows, rows // 3)
    config = SpottingConfig(
        name,
        channels,
        settings.vocabulary,
        settings.fusion if len(channels) > 1 else JOINED,
        PoolConfig(kind, settings.clusters, apart, normalise=kind not in ("max", "mean"), hidden=settings.hidden),
        WindowConfig(rows, ahead, rate_hz),
        EventSettings(settings.events, settings.apart_s, settings.least),
        causal,
        calf,
        settings.dropout,
    )
    fault = fault_of(config)
    if fault:
        raise UsageError(f"such a model can't be: {fault}", "'momentum train spotting --help' says what can be.")
    return config
