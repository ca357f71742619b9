"""Every choice of a spotting model's training."""

from dataclasses import dataclass, field
from typing import Final

from engine.core.errors import UsageError
from engine.spotting.config import (
    JOINED,
    CalfConfig,
    ChannelConfig,
    EventSettings,
    SpottingConfig,
    WindowConfig,
    fault_of,
)
from engine.spotting.pooling import KINDS, PoolConfig
from engine.spotting.vocabularies import V2
from train.fit.loop.trainer import PlateauSchedule

CALF: Final = "calf"
MODELS: Final = (*KINDS, *(f"{kind}++" for kind in KINDS), CALF)
EVEN: Final = "even"
BALANCED: Final = "balanced"
_APART_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class SpottingSettings:
    """What is trained and how.

    ``model`` is a pool, with ``++`` for past and future apart, or ``calf``. Windows are ``window_s`` long and begin
    ``stride_s`` apart, ``strip_windows`` in a strip, ``strips`` strips in a step; ``epochs`` times as many rows as
    there are. ``weights``: rare classes count more (``balanced``) or as they come (``even``); ``gamma``: how much less
    counts what is right already (focal loss). ``delay_s``: a causal model, which reads so much beyond the moment.
    """

    model: str = "netvlad++"
    vocabulary: str = V2
    fusion: str = JOINED
    window_s: float = 20.0
    stride_s: float = 5.0
    clusters: int = 64
    hidden: int = 0
    project: int = 0
    dropout: float = 0.4
    gamma: float = 0.0
    weights: str = EVEN
    delay_s: float | None = None
    strips: int = 8
    strip_windows: int = 32
    epochs: int = 40
    chunk_s: float = 120.0
    field_s: float = 40.0
    seed: int = 0
    schedule: PlateauSchedule = field(default_factory=lambda: PlateauSchedule(steps=1, learning_rate=1e-3, patience=10))
    """``steps`` and ``check_every`` follow from the epochs and from how much there is to learn from."""


def config_of(
    name: str, settings: SpottingSettings, channels: tuple[ChannelConfig, ...], rate_hz: float
) -> SpottingConfig:
    """What the settings make of these channels. Raises ``UsageError`` for what is impossible."""
    kind, apart = settings.model.removesuffix("++"), settings.model.endswith("++")
    rows = max(1, round(settings.window_s * rate_hz))
    causal = settings.delay_s is not None
    ahead = rows // 2 if settings.delay_s is None else round(settings.delay_s * rate_hz)
    calf = None
    if settings.model == CALF:
        kind, chunk = "netvlad", round(settings.chunk_s * rate_hz)
        calf = CalfConfig(chunk, round(settings.field_s * rate_hz))
        rows, ahead = chunk, chunk // 2
    config = SpottingConfig(
        name,
        channels,
        settings.vocabulary,
        settings.fusion if len(channels) > 1 else JOINED,
        PoolConfig(kind, settings.clusters, apart, normalise=kind not in ("max", "mean"), hidden=settings.hidden),
        WindowConfig(rows, ahead, rate_hz),
        EventSettings(apart_s=_APART_S),
        causal,
        calf,
        settings.dropout,
    )
    fault = fault_of(config)
    if settings.model not in MODELS:
        fault = f"no model {settings.model!r}"
    if fault:
        raise UsageError(f"such a model can't be: {fault}", f"Models are {', '.join(MODELS)}.")
    return config
