"""The features that spotting weights read, made of one recording, or found where they were made before.

They lie in the cache in a folder of the recording's own, so that a run that was ended goes on where it was.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError, MomentumError, UsageError
from engine.core.text import plain

if TYPE_CHECKING:
    from engine.app.features import Decoding, Made
    from engine.core.run import Stop
    from engine.core.telling import Progress
    from engine.encoders.choices import Choice, Engine
    from engine.encoders.encoder import Values
    from engine.spotting.config import ChannelConfig, SpottingConfig
    from engine.spotting.scores import FeatureTrack

_REDUCED: Final = re.compile(r"(.+)_PCA[0-9]+")
_PIECE_ROWS: Final = 4096


@dataclass(frozen=True, slots=True)
class Making:
    """How features are made: ``pca`` is the file of components where the weights read reduced ones."""

    cache: Path
    pca: Path | None = None
    engine: "Engine" = "auto"
    decoding: "Decoding" = "auto"


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Features by channel; why a channel is missing; what the recording broke off with, None where it is whole."""

    tracks: "Mapping[str, FeatureTrack]"
    missing: Mapping[str, MomentumError] = field(default_factory=dict)
    broken: MomentumError | None = None

    @property
    def lasts_s(self) -> float:
        """How long the longest track is."""
        return max((track.start_s + len(track.values) / track.rate_hz for track in self.tracks.values()), default=0.0)


def gather(video: Path, config: "SpottingConfig", making: Making, tell: "Progress", stop: "Stop") -> "Gathered | None":
    """The features of every channel that ``video`` has; None where ``stop`` ended it.

    A recording without picture or sound misses that channel, which a late fusion can do without.

    Raises:
        InputError: it can't be read at all, or misses a channel that the weights can't do without.
        UsageError: the weights read features that no encoder here makes, or components are missing.
        WeightsError: those of an encoder are missing.
    """
    from engine.encoders.feature_file import START_S, load_features
    from engine.spotting.config import LATE
    from engine.spotting.scores import FeatureTrack

    wanted = [(channel, _encoder_of(channel, config.name, making)) for channel in config.channels]
    tracks: dict[str, FeatureTrack] = {}
    missing: dict[str, MomentumError] = {}
    broken: MomentumError | None = None
    for channel, choice in wanted:
        made = _made(video, choice, config.window.rate_hz, making, tell, stop)
        if made is None or stop.reason is not None:
            return None
        if made.rows:
            values = _reduced(load_features(made.file), channel, making)
            tracks[channel.name] = FeatureTrack(values, config.window.rate_hz, START_S)
            broken = broken or made.fault
        elif made.fault is not None:
            missing[channel.name] = made.fault
    if not tracks:
        raise next(iter(missing.values()))
    if missing and config.fusion != LATE:
        fault = next(iter(missing.values()))
        names = " and ".join(channel.name for channel in config.channels)
        raise InputError(
            fault.message,
            f"The weights {plain(config.name, 60)} need {names}; those of a late fusion do with one of them.",
        )
    return Gathered(tracks, missing, broken)


def _encoder_of(channel: "ChannelConfig", weights: str, making: Making) -> "Choice":
    from engine.encoders.choices import BY_TITLE, Choice

    reduced = _REDUCED.fullmatch(channel.features)
    title = reduced[1] if reduced else channel.features
    if title not in BY_TITLE:
        raise UsageError(
            f"the weights {plain(weights, 60)} read features called {plain(title, 60)!r}, which no encoder here makes.",
            f"Take weights that were trained on one of {', '.join(BY_TITLE)}.",
        )
    if reduced and making.pca is None:
        raise UsageError(
            f"the weights {plain(weights, 60)} read {plain(channel.features, 60)}, and no components are named.",
            "Name the file that 'momentum features --pca' left: --pca FILE.safetensors.",
        )
    return Choice(BY_TITLE[title], engine=making.engine)


def _made(
    video: Path, choice: "Choice", rate_hz: float, making: Making, tell: "Progress", stop: "Stop"
) -> "Made | None":
    """Beside the recording where they are there and of it, else in the cache."""
    from engine.app.features import Order, make_features

    place = hashlib.sha256(str(video.absolute()).encode()).hexdigest()[:16]
    folder = None if _is_beside(video, choice, rate_hz) else making.cache / "features" / place
    order = Order((video,), (choice,), rate_hz, folder, replace=folder is not None, decoding=making.decoding)
    return next(iter(make_features(order, tell, stop)), None)


def _is_beside(video: Path, choice: "Choice", rate_hz: float) -> bool:
    from engine.app.features import build_encoder
    from engine.encoders.choices import BY_TITLE
    from engine.encoders.feature_file import described, feature_file, is_made

    title = next(title for title, name in BY_TITLE.items() if name == choice.name)
    file = feature_file(video, title)
    return video.is_file() and file.is_file() and is_made(file, described(build_encoder(choice), video, rate_hz))


def _reduced(values: "Values", channel: "ChannelConfig", making: Making) -> "Values":
    if making.pca is None or not _REDUCED.fullmatch(channel.features):
        return values
    import numpy as np

    from engine.encoders.pca import load_pca

    pca = load_pca(making.pca)
    return np.concatenate([pca.apply(values[at : at + _PIECE_ROWS]) for at in range(0, len(values), _PIECE_ROWS)])
