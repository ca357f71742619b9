"""The last stage: gain, its own noise, automatic gain control, clipping, and the steps of a coarse converter."""

from typing import Final

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator import synthesis_primitives as syn
from engine.simulator.venue import Venue

AGC_RANGE_DB: Final = 18.0
_FULL_SCALE: Final = np.float32(0.9999)


class Microphone:
    """Sound pressure in, samples out; chunks of whole hops, state in between."""

    def __init__(self, rng: np.random.Generator, venue: Venue) -> None:
        self._rng, self._venue = rng, venue
        self._gain = np.float32(syn.amplitude(venue.bed_level_dbfs))
        self._hiss = np.float32(syn.amplitude(venue.noise_floor_dbfs))
        self._tracked_db = venue.bed_level_dbfs
        self._turned_db = 0.0

    def hear(self, pressure: Samples) -> Samples:
        """The samples of one chunk, within full scale."""
        out = pressure * self._gain
        out += self._hiss * self._rng.standard_normal(len(out), dtype=np.float32)
        if self._venue.agc > 0:
            out *= self._agc(out)
        if self._venue.clip_softness > 0.6 and float(np.abs(out).max()) > 0.3:
            # A soft limiter is straight up to a third of full scale, then bends.
            knee = np.float32(0.3)
            over = np.maximum(np.abs(out) - knee, 0.0)
            out = np.sign(out) * (np.minimum(np.abs(out), knee) + (1 - knee) * np.tanh(over / (1 - knee)))
        bits = self._venue.quantisation_bits
        if bits < 16:
            steps = np.float32(2 ** (bits - 1))
            dither = self._rng.random(len(out), dtype=np.float32) - np.float32(0.5)
            out = np.round(out * steps + dither) / steps
        return np.asarray(np.clip(out, -_FULL_SCALE, _FULL_SCALE), np.float32)

    def _agc(self, sound: Samples) -> Samples:
        """Gain factors that pull loud sound down within a tenth of the time they take to let it up again."""
        levels_db = 10 * np.log10(np.mean(sound.reshape(-1, grid.HOP) ** 2, axis=1) + 1e-12)
        keep_up = float(np.exp(-grid.HOP_S / (0.1 * self._venue.agc_s)))
        keep_down = float(np.exp(-grid.HOP_S / self._venue.agc_s))
        turned = [self._turned_db]
        for level_db in levels_db:
            keep = keep_up if level_db > self._tracked_db else keep_down
            self._tracked_db = keep * self._tracked_db + (1 - keep) * float(level_db)
            wanted = self._venue.agc * (self._venue.bed_level_dbfs - self._tracked_db)
            turned.append(float(np.clip(wanted, -AGC_RANGE_DB, AGC_RANGE_DB)))
        self._turned_db = turned[-1]
        at = np.arange(len(sound)) / grid.HOP
        return (10 ** (np.interp(at, np.arange(len(turned)), turned) / 20)).astype(np.float32)
