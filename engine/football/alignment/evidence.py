"""What a recording says about when things happened: tracks of evidence for the crowd's cries and the referee's whistle.

All tracks have one value a step of ``STEP_FRAMES`` frames. Evidence is expressed as a rank within the recording itself,
so that neither gain, distance nor automatic gain control need be known.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import band_edges_hz
from engine.core.grid import HOP_S, MEL_BANDS

STEP_FRAMES: Final = 4
STEP_S: Final = STEP_FRAMES * HOP_S
Track = NDArray[np.float64]

_CROWD_HZ: Final = (350.0, 1800.0)
_WHISTLE_HZ: Final = (2300.0, 3700.0)
_AROUND_HZ: Final = (1600.0, 5200.0)
_BACKGROUND_S: Final = 60.0
_PEAKED: Final = 0.3
"""Exponent of the ranks that follow an event: density ``a * u ** (a - 1)`` of the tail share u, uniform where nothing
happened. At 0.3 half of the answered events lie in the loudest tenth of the recording."""


class Evidence:
    """Tail ranks in (0, 1] of some tracks, each (steps,): small where an event at that step would be plain to hear.

    ``cry`` is a sudden rise of the crowd, ``roar`` a rise that stays for many seconds, ``whistle`` a short tone.
    """

    def __init__(self, ranks: Mapping[str, Track]) -> None:
        self._ranks = ranks
        self._odds: dict[tuple[str, float], Track] = {}

    @property
    def steps(self) -> int:
        return len(next(iter(self._ranks.values())))

    def log_odds(self, track: str, answered: float) -> Track:
        """Log-likelihood ratio (nats) of "an event that is answered with probability ``answered`` happened here".

        The mean of the recording is taken off, so that an event outside of the sound counts for nothing either way.
        """
        key = (track, answered)
        if key not in self._odds:
            odds = np.log1p(answered * (_PEAKED * self._ranks[track] ** (_PEAKED - 1.0) - 1.0))
            self._odds[key] = np.asarray(odds - odds.mean())
        return self._odds[key]


def measure(mel: NDArray[np.float32]) -> Evidence:
    """Evidence in log-mel frames (n, MEL_BANDS) in dB."""
    power = 10.0 ** (mel[: len(mel) // STEP_FRAMES * STEP_FRAMES].astype(np.float64) / 10.0)
    steps = power.reshape(-1, STEP_FRAMES, MEL_BANDS).mean(axis=1)
    bands_db = 10.0 * np.log10(np.maximum(steps, 1e-12))
    crowd_db = _against_background(bands_db[:, _bands(_CROWD_HZ)].mean(axis=1))
    cry = _mean_of(crowd_db, 0.3, 2.6) - _mean_of(crowd_db, -3.6, -0.4)
    roar = _mean_of(crowd_db, 1.0, 12.0) - _mean_of(crowd_db, -15.0, -1.0)
    return Evidence({"cry": _tail_rank(cry), "roar": _tail_rank(roar), "whistle": _tail_rank(_whistle(bands_db))})


def _whistle(bands_db: Track) -> Track:
    """How far a single band between 2.3 and 3.7 kHz stands out from those around it, and from what it usually does."""
    inside, around = _bands(_WHISTLE_HZ), _bands(_AROUND_HZ)
    tone_db = bands_db[:, inside].max(axis=1) - np.median(bands_db[:, around], axis=1)
    tone_db = np.minimum(_against_background(tone_db), 20.0)
    return _mean_of(tone_db, 0.0, 0.9) - np.maximum(_mean_of(tone_db, -2.5, -0.5), 0.0)


def _bands(range_hz: tuple[float, float]) -> slice:
    centres = band_edges_hz()[1:-1]
    first, last = np.searchsorted(centres, range_hz)
    return slice(int(first), int(last))


def _against_background(level_db: Track) -> Track:
    """Level against the median of the minute around it, within -6 to +20 dB."""
    size = max(1, round(_BACKGROUND_S / STEP_S / 16))
    # The median of block medians: exact enough for a background, and a sliding median of 300 steps costs seconds.
    blocks = level_db[: len(level_db) // size * size].reshape(-1, size)
    medians = np.median(blocks, axis=1) if len(blocks) else np.array([np.median(level_db)])
    padded = np.pad(medians, 8, mode="edge")
    slow = np.median(np.lib.stride_tricks.sliding_window_view(padded, 17), axis=1)
    at = (np.arange(len(medians)) + 0.5) * size
    return np.asarray(np.clip(level_db - np.interp(np.arange(len(level_db)), at, slow), -6.0, 20.0))


def _mean_of(track: Track, from_s: float, to_s: float) -> Track:
    """Mean of ``track`` from ``from_s`` to ``to_s`` after each step; at the edges, of what there is."""
    first, last = round(from_s / STEP_S), max(round(from_s / STEP_S) + 1, round(to_s / STEP_S))
    sums = np.concatenate([[0.0], np.cumsum(track)])
    start = np.clip(np.arange(len(track)) + first, 0, len(track) - 1)
    stop = np.clip(np.arange(len(track)) + last, start + 1, len(track))
    return np.asarray((sums[stop] - sums[start]) / (stop - start))


def _tail_rank(track: Track) -> Track:
    """The share of the recording that is at least as strong, in (0, 1]."""
    order = np.argsort(np.argsort(-track, kind="stable"), kind="stable")
    return (order + 0.5) / len(track)
