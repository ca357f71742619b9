"""A training of spotting weights before it is done: it travels to whoever does a part of it."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from engine.spotting.config import LATE, ChannelConfig, SpottingConfig
from engine.spotting.matrix_products import by_numpy
from engine.spotting.weights import ALL
from train.fit.spotting.games import DealtGames, Games
from train.fit.spotting.settings import SpottingSettings, config_of
from train.jobs.one_thread import one_thread as numpy_by_one_thread

CHANNELS: Final = ("video", "audio")
"""What channels are called here, in the order of their features."""


@dataclass(frozen=True, slots=True)
class SpottingWanted:
    """What is to be learned from ``dealt`` by ``settings``."""

    name: str
    """Of the weights."""
    dealt: DealtGames
    settings: SpottingSettings

    def config(self, games: Games) -> SpottingConfig:
        """What the model is, for features as ``games`` has them. Raises ``UsageError`` for what is impossible."""
        channels = tuple(
            ChannelConfig(name, width, features, self.settings.project, made_by)
            for name, width, features, made_by in zip(
                CHANNELS, games.widths, self.dealt.features, games.made_by, strict=False
            )
        )
        return config_of(self.name, self.settings, channels, games.rate_hz)


@dataclass(frozen=True, slots=True)
class Training:
    """A training and its folders: ``run``, in which a killed one goes on, ``target`` for the weights, and where a
    ``results_spotting.json`` for each test game goes, None for none."""

    wanted: SpottingWanted
    run: Path
    target: Path
    predictions: Path | None = None


@dataclass(frozen=True, slots=True)
class ModelWanted:
    """A model that is trained by itself: the only one, ``ALL``, or that of one channel of a late fusion.

    ``channels`` are the numbers of those that it reads, ``stage`` is what its states are called.
    """

    name: str
    stage: str
    config: SpottingConfig
    channels: tuple[int, ...]
    seed: int


def models_of(config: SpottingConfig, seed: int) -> list[ModelWanted]:
    """Whose trainings do not depend on each other."""
    if config.fusion != LATE:
        return [ModelWanted(ALL, "model", config, tuple(range(len(config.channels))), seed)]
    return [
        ModelWanted(channel.name, channel.name, config.alone(channel), (number,), seed + number)
        for number, channel in enumerate(config.channels)
    ]


def run_inputs(settings: SpottingSettings, config: SpottingConfig, games: Games) -> dict[str, Any]:
    """All that a run depends on. What made the features is in their samples already."""
    channels = [asdict(channel) for channel in config.channels]
    for channel in channels:
        del channel["made_by"]
    return {"settings": asdict(settings), "channels": channels, "learned_from": games.inputs()}


def one_thread() -> AbstractContextManager[None]:
    """One thread where products go through numpy. Entering raises ``UsageError`` where that can't be."""
    return numpy_by_one_thread(needed=True) if by_numpy() else nullcontext()
