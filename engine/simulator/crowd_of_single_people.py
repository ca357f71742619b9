"""Crowds made of single people: hundreds of pairs of hands, a bed of talk, a chant of small groups.

The same cues as ever, played in another way at grounds whose texture is ``Texture.PEOPLE``. Elsewhere a far crowd is
shaped noise, which has all the statistics of one and which a stranger's ear (a public sound tagger) takes for vehicles
and water. It hears applause in claps that are short hits on hands of their own size, in a room, with the spectrum of
real ones; a crowd in many phrases that overlap; a chant in a choir with little noise around it.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator import chants as songs
from engine.simulator import crowd_spectra as colours
from engine.simulator import synthesis_primitives as syn
from engine.simulator import voices
from engine.simulator.crowd_bed import Murmur
from engine.simulator.crowd_behaviour import Mood
from engine.simulator.crowd_sounds import cry_envelope_db
from engine.simulator.sound_cues import Cue
from engine.simulator.venue import Venue

CLAPS: Final = {
    40: -40.0, 125: -20.0, 250: -10.0, 350: -7.0, 500: -5.0, 700: -2.0, 1000: -0.5, 1400: -0.5, 2000: -5.0,
    2800: -13.0, 4000: -16.0, 5600: -19.0, 8000: -26.0, 10700: -34.0,
}  # fmt: skip
"""What hands have in common in a large room; decibels against frequency in Hz."""
HANDS: Final = 48
"""Different pairs of hands; of more people some sound alike."""
PHRASES: Final = 36
_CLAP_S: Final = 0.1


def applause(cue: Cue, venue: Venue) -> Samples:
    """Hundreds of people who clap, each at a pace of their own."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    people = int(np.exp(rng.uniform(np.log(200.0), np.log(1200.0))) * (0.5 + 0.5 * venue.size)) + 1
    sound = clapping_people(rng, length, people)
    colour = colours.draw_colour(rng, CLAPS, 0.15 * venue.bed_db, 1.0, 0.5, 0.8)
    envelope_db = cry_envelope_db(cue, syn.track_points(length))
    return colours.bent(sound, colour) * syn.spread_out(10 ** (envelope_db / 20), length)


def clapping_people(rng: np.random.Generator, length: int, people: int) -> Samples:
    """``people`` who clap three to five times a second, none exactly; with the first tenths of a second of a room."""
    seconds = length / grid.SAMPLE_RATE_HZ
    kinds = min(people, HANDS)
    clicks = np.zeros((kinds, length), np.float32)
    pace, unevenness = float(rng.uniform(3.7, 4.8)), float(rng.uniform(0.1, 0.3))
    pace_spread, strength = float(rng.uniform(0.4, 1.0)), float(rng.uniform(0.3, 1.0))
    for person in range(people):
        step_s = 1.0 / max(1.5, float(rng.normal(pace, pace_spread)))
        steps = np.maximum(0.08, rng.normal(step_s, unevenness * step_s, int(seconds / step_s * 1.5) + 4))
        at = ((rng.uniform(0.0, step_s) + np.cumsum(steps)) * grid.SAMPLE_RATE_HZ).astype(np.int64)
        at = at[at < length]
        own = float(np.exp(rng.normal(0.0, strength)))
        np.add.at(clicks[person % kinds], at, (own * np.exp(rng.normal(0.0, 0.3, len(at)))).astype(np.float32))
    centre_hz, spread = float(np.exp(rng.uniform(np.log(1100.0), np.log(2000.0)))), float(rng.uniform(0.2, 0.65))
    sharpness = float(rng.uniform(0.8, 2.2))
    room = _room(rng)
    size = syn.fast_size(length + len(room) + syn.samples(_CLAP_S))
    together = np.zeros(size // 2 + 1, np.complex128)
    for mine in clicks:
        hand = _hand(rng, centre_hz * float(np.exp(rng.normal(0.0, spread))), sharpness * float(rng.uniform(1.0, 2.0)))
        together += np.fft.rfft(mine, size) * np.fft.rfft(hand, size)
    out = np.fft.irfft(together * np.fft.rfft(room, size), size)[:length].astype(np.float32)
    return out / max(syn.rms(out), 1e-9)


def _hand(rng: np.random.Generator, resonance_hz: float, sharpness: float) -> Samples:
    """One clap: a hit of a millisecond on the hollow between two hands, and now and then what is around it."""
    n = syn.samples(_CLAP_S)
    hit = np.zeros(n)
    hit[: syn.samples(0.0009)] = rng.normal(size=syn.samples(0.0009))
    ratio = (np.fft.rfftfreq(2 * n, 1.0 / grid.SAMPLE_RATE_HZ) + 1.0) / resonance_hz
    hollow = ratio ** int(rng.integers(1, 3)) / np.sqrt((1 - ratio**2) ** 2 + (ratio / sharpness) ** 2)
    clap = np.fft.irfft(np.fft.rfft(hit, 2 * n) * hollow)[:n]
    if rng.random() < 0.3:
        for _ in range(6):
            late = syn.samples(float(rng.uniform(0.002, 0.04)))
            clap[late:] += clap[: n - late] * float(rng.uniform(0.1, 0.5))
    return np.asarray(clap / np.sqrt(np.sum(np.square(clap))), np.float32)


def _room(rng: np.random.Generator) -> Samples:
    """What a hall or a roofed stand adds: the sound itself, and noise that dies away."""
    n = syn.samples(float(np.exp(rng.uniform(np.log(0.7), np.log(1.8)))))
    tail = rng.normal(size=n) * 10 ** (-3.0 * np.arange(n) / n)
    wet = float(rng.uniform(0.15, 0.6))
    tail *= np.sqrt(wet / np.sum(np.square(tail)))
    tail[0] += np.sqrt(1.0 - wet)
    return np.asarray(tail, np.float32)


class Talk(Murmur):
    """A bed that is mostly talk and calls, with little noise behind it; it goes on as a ``Murmur`` does."""

    def __init__(self, rng: np.random.Generator, venue: Venue, mood: Mood, frames: int) -> None:
        super().__init__(rng, replace(venue, voices=max(venue.voices, 0.5)), mood, frames)
        self._near_share = float(rng.uniform(0.5, 0.95))
        self._per_s = float(np.exp(rng.uniform(np.log(4.0), np.log(30.0))))
        self._bank += [self._phrase(rng) for _ in range(PHRASES - len(self._bank))]


def chant(cue: Cue, venue: Venue) -> Samples:
    """One part of a chant, sung by groups in the stand who are not quite together, over people who talk."""
    song = songs.draw_chant(cue.draws(), venue)
    rng = cue.part_draws()
    length = syn.samples(cue.duration_s)
    parts = songs.parts_of(song, cue.duration_s)
    total = np.zeros(length, np.float32)
    octaves = float(rng.choice([0.0, 0.5, 1.0]))
    behind_s, tilt, legato = float(rng.uniform(0.0, 0.12)), float(rng.uniform(0.4, 1.4)), float(rng.uniform(0.8, 1.1))
    together_s = float(np.exp(rng.uniform(np.log(0.005), np.log(0.05))))
    for _ in range(int(rng.integers(4, 9))):
        up = octaves * float(rng.choice([0.0, 0.0, 12.0, -12.0]))
        notes = [
            replace(
                note,
                at_s=note.at_s + float(rng.normal(0.0, together_s)),
                length_s=note.length_s * legato,
                semitones=note.semitones + up,
            )
            for note in parts.notes
        ]
        some = replace(song.choir, singers=int(rng.integers(3, 9)), breath=0.6 * song.choir.breath)
        group = voices.sing(rng, notes, length, song.root_hz, some, tilt, scale=float(rng.uniform(0.92, 1.2)))
        late = syn.samples(abs(float(rng.normal(0.0, behind_s))))
        total[late:] += group[: length - late] * np.float32(np.exp(rng.normal(0.0, 0.5)))
    colour = float(rng.uniform(0.4, 1.0)) * colours.draw_colour(
        cue.draws(), colours.BED, 0.5 * venue.bed_db, 2.0, 1.0, 1.2
    )
    sound = colours.bent(total, colour, 15.0)
    sound += float(rng.uniform(0.1, 0.35)) * _talking(rng, length, colour)
    if parts.claps:
        sound += float(rng.uniform(0.1, 0.4)) * songs.clap_along(rng, parts.claps, length, song.choir.looseness_s)
    if parts.drums:
        sound += float(rng.uniform(0.3, 1.0)) * songs.drum_beat(cue, parts.drums, length)
    return syn.faded(sound, 0.06)


def _talking(rng: np.random.Generator, length: int, colour: syn.Curve) -> Samples:
    """Some who do not sing along; level about 1."""
    out = np.zeros(length, np.float32)
    for _ in range(12):
        talk = voices.speech(rng, voices.draw_speaker(rng, float(rng.uniform(0.2, 1.0))), length, 0.15)
        out += talk * np.float32(np.exp(rng.normal(0.0, 0.5)))
    return colours.bent(out, colour, 15.0)
