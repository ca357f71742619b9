"""The features that spotting weights read, made of one recording, or found where they were made before.

They lie in the cache in a folder of the recording's own, so that a run that was ended goes on where it was.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.app.made_features import Made
from engine.core.errors import InputError, MomentumError, UsageError, WeightsError
from engine.core.text import plain

if TYPE_CHECKING:
    from engine.app.features import Decoding
    from engine.core.run_protocols import Stop
    from engine.core.telling import Progress, Tell
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


def gather(
    video: Path, config: "SpottingConfig", making: Making, progress: "Progress", say: "Tell", stop: "Stop"
) -> "Gathered | None":
    """The features of every channel that ``video`` has; None where ``stop`` ended it.

    A recording without picture or sound misses that channel, which a late fusion can do without. ``say`` hears where
    features can't be told from others.

    Raises:
        InputError: it can't be read at all, or misses a channel that the weights can't do without.
        UsageError: the weights read features that no encoder here makes, or components are missing, or of others.
        WeightsError: those of an encoder are missing, or not those that made what ``config`` learned from.
    """
    from engine.encoders.feature_file import START_S, load_features
    from engine.spotting.config import LATE
    from engine.spotting.scores import FeatureTrack

    wanted = [(channel, _encoder_of(channel, config.name, making)) for channel in config.channels]
    rows = {channel.name: _checked(channel, choice, config, making, say) for channel, choice in wanted}
    tracks: dict[str, FeatureTrack] = {}
    missing: dict[str, MomentumError] = {}
    broken: MomentumError | None = None
    for channel, choice in wanted:
        made = _made(video, choice, rows[channel.name], making, progress, stop)
        if made is None or stop.reason is not None:
            return None
        if made.rows:
            values = _reduced(load_features(made.file), channel, making)
            tracks[channel.name] = FeatureTrack(values, config.window.rate_hz, START_S)
            broken = broken or made.fault
            if channel.made_by is None and rows[channel.name]["weights_sha256"]:
                say(f"the weights {config.name} do not say which weights of {choice.name} made what they learned from")
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


def _checked(
    channel: "ChannelConfig", choice: "Choice", config: "SpottingConfig", making: Making, say: "Tell"
) -> dict[str, Any]:
    """What will be said of the features of ``choice``, which must be such as ``config`` learned from."""
    from engine.app.features import row_of_encoder
    from engine.app.reduce_features import components_for
    from engine.core.made_by import made_by_of_sidecar
    from engine.core.tensor_file import sha256_of

    row = row_of_encoder(choice, config.window.rate_hz)
    here = made_by_of_sidecar(row)
    assert here is not None
    if making.pca is not None and _REDUCED.fullmatch(channel.features):
        components_for(making.pca, row, say)
        here = replace(here, pca_sha256=sha256_of(making.pca))
    if channel.made_by is not None and (unlike := channel.made_by.unlike(here)) is not None:
        raise WeightsError(
            f"the weights {plain(config.name, 60)} learned from features by {unlike[0]}; here they are by {unlike[1]}.",
            "Bring what made those: docs/features.md says how, --pca names components; or train on features made here.",
        )
    return row


def _made(
    video: Path, choice: "Choice", row: Mapping[str, Any], making: Making, tell: "Progress", stop: "Stop"
) -> Made | None:
    """Those beside the recording where they are of it, else those in the cache, which are made where they are not."""
    from engine.app.features import Order, make_features
    from engine.encoders.choices import BY_TITLE
    from engine.encoders.feature_file import feature_file, is_made, load_features, source_row

    title = next(title for title, name in BY_TITLE.items() if name == choice.name)
    cache = making.cache / "features" / hashlib.sha256(str(video.absolute()).encode()).hexdigest()[:16]
    for file in (feature_file(video, title), feature_file(video, title, cache)):
        if video.is_file() and is_made(file, {**row, "source": source_row(video)}):
            return Made(file, len(load_features(file)), None, None)
    order = Order((video,), (choice,), row["fps"], cache, replace=True, decoding=making.decoding)
    return next(iter(make_features(order, tell, stop)), None)


def _reduced(values: "Values", channel: "ChannelConfig", making: Making) -> "Values":
    if making.pca is None or not _REDUCED.fullmatch(channel.features):
        return values
    import numpy as np

    from engine.encoders.pca import load_pca

    pca = load_pca(making.pca)
    return np.concatenate([pca.apply(values[at : at + _PIECE_ROWS]) for at in range(0, len(values), _PIECE_ROWS)])
