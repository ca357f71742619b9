"""From features of a half to the log-odds of every class at every row, in segments that fit into memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.spotting.calf import Calf, chunk_starts, dense_detections
from engine.spotting.config import SpottingConfig
from engine.spotting.pooled_model import PooledModel

Array = NDArray[np.float32]
Model = PooledModel | Calf


@dataclass(frozen=True, slots=True, eq=False)
class FeatureTrack:
    """Features of one channel: ``values`` (rows, width), ``rate_hz`` rows a second, the first one at ``start_s``."""

    values: Array
    rate_hz: float
    start_s: float = 0.0


def padded_segment(values: Array, first: int, rows: int) -> Array:
    """``rows`` rows of ``values`` from ``first`` on, which may be negative: beyond the ends the end rows stand."""
    places = np.clip(np.arange(first, first + rows), 0, len(values) - 1)
    return np.ascontiguousarray(values[places], dtype=np.float32)


def log_odds(model: Model, config: SpottingConfig, channels: Sequence[Array]) -> Array:
    """Log-odds (rows, classes) of every class at every row of a half; ``channels`` are (rows, width) each.

    CALF's are of its detections: far below 0 where there is none.
    """
    if isinstance(model, Calf):
        scores = calf_scores(model, config, np.concatenate(channels, axis=1))
        kept = np.clip(scores, 1e-6, 1 - 1e-6)
        return np.asarray(np.log(kept / (1 - kept)), dtype=np.float32)
    return np.concatenate(list(window_logits(model, config, channels, 1)))[:, 1:]


_SEGMENT_FLOATS: Final = 12_000_000
"""What one segment's pooled windows may take, times a few in between: well below 600 MB altogether."""


def window_logits(model: PooledModel, config: SpottingConfig, channels: Sequence[Array], stride: int) -> list[Array]:
    """Logits of windows whose moments lie ``stride`` rows apart from the first row on: parts (n, 1 + classes)."""
    window = config.window
    rows = len(channels[0])
    moments = (rows - 1) // stride + 1
    floats = max(pool.inner for pool in model.pools)
    most = max(1, min(_SEGMENT_FLOATS // floats, 2048))
    parts = []
    for begun in range(0, moments, most):
        count = min(most, moments - begun)
        first = begun * stride - (window.rows - window.ahead)
        segments = [
            mx.array(padded_segment(each, first, (count - 1) * stride + window.rows))[None] for each in channels
        ]
        parts.append(np.array(model(segments, stride)[0]))
    return parts


_CHUNKS: Final = 16


def calf_scores(model: Calf, config: SpottingConfig, values: Array) -> Array:
    """Confidences of CALF's detections (rows, classes), 0 where there is none. A short half is drawn out at its end."""
    assert config.calf is not None
    chunk, field = config.calf.chunk, config.calf.field
    rows = len(values)
    starts = chunk_starts(max(rows, chunk), chunk, field)
    found = []
    for at in range(0, len(starts), _CHUNKS):
        chunks = np.stack([padded_segment(values, start, chunk) for start in starts[at : at + _CHUNKS]])
        found.append(np.array(model(mx.array(chunks))[1]))
    return dense_detections(np.concatenate(found), starts, rows, chunk, field)


_LOOKED_AT: Final = 4096
"""Rows at once, so that features stay on the disk."""


def first_broken(values: NDArray[np.floating[Any]]) -> int | None:
    """The first of the rows (rows, width) that holds an infinite number or none; None where all are whole."""
    for first in range(0, len(values), _LOOKED_AT):
        whole = np.isfinite(values[first : first + _LOOKED_AT]).all(axis=1)
        if not whole.all():
            return first + int(np.argmin(whole))
    return None


def together(tracks: Mapping[str, FeatureTrack], config: SpottingConfig) -> tuple[list[Array], float]:
    """The channels of ``config`` on one raster, cut to the shortest, and the time of its first row in seconds.

    Raises ``ValueError`` where one is missing, of another width or rate, or holds what is no number, or where they do
    not overlap.
    """
    rate = config.window.rate_hz
    chosen = []
    for channel in config.channels:
        track = tracks.get(channel.name)
        if track is None:
            raise ValueError(f"there are no features of the channel {channel.name}")
        if track.values.ndim != 2 or track.values.shape[1] != channel.width:
            raise ValueError(
                f"the {channel.name} features are {track.values.shape}, and {channel.width} columns are needed"
            )
        if abs(track.rate_hz - rate) > 1e-6:
            raise ValueError(f"the {channel.name} features have {track.rate_hz:g} rows a second instead of {rate:g}")
        broken = first_broken(track.values)
        if broken is not None:
            raise ValueError(f"row {broken} of the {channel.name} features holds what is no number")
        chosen.append(track)
    start_s = max(track.start_s for track in chosen)
    skipped = [round((start_s - track.start_s) * rate) for track in chosen]
    rows = min(len(track.values) - skip for track, skip in zip(chosen, skipped, strict=True))
    if rows < 1:
        raise ValueError("the channels have no moment in common")
    return [track.values[skip : skip + rows] for track, skip in zip(chosen, skipped, strict=True)], start_s
