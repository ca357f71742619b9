"""The bed: the murmur of a crowd that wanders, rises with the tension, and has people in it."""

from typing import Final

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator import crowd_spectra as colours
from engine.simulator import synthesis_primitives as syn
from engine.simulator import voices
from engine.simulator.crowd_behaviour import MOOD_STEP_S, Mood
from engine.simulator.synthesis_primitives import Curve, Spectrum
from engine.simulator.venue import Venue

PHRASES: Final = 18


class Field:
    """A random field over time and frequency that goes on from one stretch to the next.

    ``rate_hz`` times a second and in ``bands`` regions it takes a new value; between them it moves in straight lines.
    """

    def __init__(self, rng: np.random.Generator, rate_hz: float, bands: int, spread_db: float) -> None:
        self._rng, self._spread_db, self._bands = rng, spread_db, bands
        self._step = max(1, round(1.0 / (rate_hz * syn.STEP_S)))
        self._rows = rng.normal(0.0, spread_db, (2, bands))
        self._at = 0
        knots = np.linspace(np.log(80.0), np.log(11000.0), bands)
        place = np.clip((np.log(syn.bins_hz()) - knots[0]) / (knots[1] - knots[0]), 0.0, bands - 1.001)
        self._mix = np.zeros((bands, syn.BINS), np.float32)
        low = place.astype(int)
        self._mix[low, np.arange(syn.BINS)] = 1 - (place - low)
        self._mix[low + 1, np.arange(syn.BINS)] = place - low

    def next(self, frames: int) -> Spectrum:
        """Decibels (frames, BINS) of the next stretch."""
        at = (self._at + np.arange(frames)) / self._step
        need = int(at[-1]) + 2
        if need > len(self._rows):
            new = self._rng.normal(0.0, self._spread_db, (need - len(self._rows), self._bands))
            self._rows = np.concatenate([self._rows, new])
        row = at.astype(int)
        part = (at - row)[:, None]
        values = (self._rows[row] * (1 - part) + self._rows[row + 1] * part).astype(np.float32)
        done = (self._at + frames) // self._step
        self._rows = self._rows[done:]
        self._at = self._at + frames - done * self._step
        field: Spectrum = values @ self._mix
        return field


class Murmur:
    """The bed, stretch by stretch of ``frames`` short frames; level 1 at rest.

    Noise with this ground's colour and slow random movement is the far crowd. Over it lie phrases of single people,
    spoken and called out, taken from a bank made for this match and never twice at the same place and strength.
    """

    def __init__(self, rng: np.random.Generator, venue: Venue, mood: Mood, frames: int) -> None:
        self._rng, self._venue, self._mood, self._frames = rng, venue, mood, frames
        self._colour_db = colours.draw_colour(rng, colours.BED, venue.bed_db / 0.6, 2.0, 0.6, 0.8)
        power = float(np.sum(10 ** (self._colour_db / 10)) / syn.BINS)
        self._scale = 1.0 / np.sqrt(power)
        self._slow = Field(rng, float(rng.uniform(0.5, 1.2)), 5, float(rng.uniform(0.5, 1.3)))
        self._quick = Field(rng, float(rng.uniform(2.5, 8.0)), 10, float(rng.uniform(0.8, 2.2)))
        self._long = Field(rng, float(rng.uniform(0.02, 0.1)), 2, venue.bed_wander_db)
        self._near_share = float(np.clip(0.55 * venue.voices * rng.uniform(0.3, 1.3), 0.0, 0.6))
        self._per_s = 0.4 + 5.0 * float(rng.random()) * (0.3 + venue.size)
        self._bank = [self._phrase(rng) for _ in range(PHRASES)] if self._near_share > 0.01 else []
        self._tail = np.zeros(syn.STEP, np.float32)
        self._hanging: list[tuple[Samples, int]] = []
        self._brightening_db = float(rng.uniform(0.5, 2.5))
        self._done = 0

    def _phrase(self, rng: np.random.Generator) -> Samples:
        """Something one or two people say or shout."""
        length = syn.samples(float(rng.uniform(0.6, 3.2)))
        if rng.random() < 0.7:
            sound = voices.speech(rng, voices.draw_speaker(rng, float(rng.uniform(0.0, 0.9))), length, 0.15)
        else:
            how = voices.Shouting(
                int(rng.integers(3, 7)), 150.0, 400.0, ((0.0, 0.0), (0.3, 3.0), (1.0, -2.0)),
                [str(v) for v in rng.choice(list(voices.VOWELS), 2)], 0.3, (0.3, 1.2),
            )  # fmt: skip
            sound = voices.shout(rng, how, length)
        return syn.faded(colours.bent(sound, self._colour_db + syn.ripple_db(rng, 3.0)), 0.05)

    def _mood_db(self) -> tuple[Curve, Curve]:
        """Level and tension at the frames of the next stretch."""
        at = (self._done + np.arange(self._frames)) * syn.STEP_S / MOOD_STEP_S
        steps = np.arange(len(self._mood.level_db))
        return np.interp(at, steps, self._mood.level_db), np.interp(at, steps, self._mood.tension)

    def next(self) -> tuple[Samples, Samples]:
        """The next ``frames * STEP`` samples: the far crowd, already diffuse, and the near voices, still dry."""
        level_db, tension = self._mood_db()
        field = self._slow.next(self._frames) + self._quick.next(self._frames) + self._long.next(self._frames)
        slope = (self._brightening_db * np.clip(np.log2(syn.bins_hz()) - 9.7, -1.0, 2.5)).astype(np.float32)
        field += level_db[:, None].astype(np.float32) + tension[:, None].astype(np.float32) * slope
        far = self._noise(syn.shaped(field) * syn.shaped(self._colour_db))
        far *= np.float32(self._scale * np.sqrt(1 - self._near_share))
        near = self._voices(10 ** (float(level_db.mean()) / 20), float(tension.mean()))
        self._done += self._frames
        return far, near

    def _noise(self, spectrum: Spectrum) -> Samples:
        """Noise of a moving spectrum that joins the stretch before without a seam."""
        parts = self._rng.standard_normal((self._frames, 2 * syn.BINS), dtype=np.float32).view(np.complex64)
        rows = syn.inverse(parts * (spectrum * np.float32(np.sqrt(syn.FFT / 2)))) * syn.WINDOW
        out = rows[:, : syn.STEP].copy()
        out[0] += self._tail
        out[1:] += rows[:-1, syn.STEP :]
        self._tail = rows[-1, syn.STEP :].copy()
        return out.reshape(-1)

    def _voices(self, level: float, tension: float) -> Samples:
        """Phrases that start in this stretch and what still hangs over from the one before."""
        length = self._frames * syn.STEP
        out = np.zeros(length, np.float32)
        if not self._bank:
            return out
        rate = self._per_s * (1.0 + tension)
        strength = level * float(np.sqrt(self._near_share / (self._per_s * 1.9 * 1.65)))
        for _ in range(int(self._rng.poisson(rate * length / grid.SAMPLE_RATE_HZ))):
            phrase = self._bank[int(self._rng.integers(len(self._bank)))]
            self._hanging.append(
                (phrase * np.float32(strength * np.exp(self._rng.normal(0.0, 0.5))), int(self._rng.integers(length)))
            )
        for sound, start in self._hanging:
            syn.add_at(out, sound, start)
        self._hanging = [(s, start - length) for s, start in self._hanging if start + len(s) > length]
        return out
