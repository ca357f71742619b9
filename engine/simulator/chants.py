"""What a crowd sings and claps: chants drawn at random, with words that rhyme with nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator import crowd_sounds as reactions
from engine.simulator import crowd_spectra as colours
from engine.simulator import synthesis_primitives as syn
from engine.simulator import voices
from engine.simulator.percussion import drum_hit
from engine.simulator.sound_cues import Cue
from engine.simulator.venue import Venue

SCALES: Final[tuple[tuple[int, ...], ...]] = (
    (0, 2, 4, 5, 7, 9, 11, 12),
    (0, 2, 3, 5, 7, 8, 10, 12),
    (0, 2, 4, 7, 9, 12, 14, 16),
    (0, 3, 5, 7, 10, 12, 15, 17),
    (0, 0, 0, 2, 2, 3, 5, 5),
    (0, 0, 0, 0, 0, 0, 0, 0),
)
"""Major, minor, both pentatonics, a narrow one, and one pitch only: a shouted name."""


@dataclass(frozen=True, slots=True)
class Chant:
    """A song of the stand: beats a minute, the root, and its lines as (beat, beats, scale step, vowel)."""

    tempo: float
    root_hz: float
    scale: tuple[int, ...]
    lines: tuple[tuple[tuple[float, float, int, str], ...], ...]
    line_beats: int
    choir: voices.Choir
    clap_beats: tuple[float, ...]
    drum_beats: tuple[float, ...]

    @property
    def line_s(self) -> float:
        """Seconds a line takes."""
        return self.line_beats * 60.0 / self.tempo


def draw_chant(rng: np.random.Generator, venue: Venue) -> Chant:
    """A chant: slow hymn or quick shout, sung in time or loosely, with hands and drums or without."""
    tempo = float(np.exp(rng.uniform(np.log(62.0), np.log(168.0))))
    line_beats = int(rng.choice([4, 8, 8, 6, 12]))
    scale = SCALES[int(rng.choice(len(SCALES), p=[0.28, 0.12, 0.2, 0.12, 0.13, 0.15]))]
    patterns = [_line(rng, line_beats) for _ in range(int(rng.integers(1, 4)))]
    order = [int(k) for k in rng.integers(0, len(patterns), 4)]
    hands = rng.random()
    if hands < 0.15:
        clap_beats = tuple(float(b) for b in range(line_beats))
    elif hands < 0.3:
        clap_beats = tuple(b for b in (0.0, 1.0, 2.0, 2.5, 3.0) if b < line_beats)
    else:
        clap_beats = ()
    drum_beats = tuple(float(b) for b in np.arange(0, line_beats, rng.choice([0.5, 1.0, 2.0])) if rng.random() < 0.8)
    return Chant(
        tempo=tempo,
        root_hz=float(rng.uniform(105.0, 215.0)) * (1.0 + 0.5 * venue.children * float(rng.random())),
        scale=scale,
        lines=tuple(patterns[k] for k in order),
        line_beats=line_beats,
        choir=voices.Choir(
            singers=int(rng.integers(5, 16)),
            unison_cents=float(rng.uniform(10.0, 90.0)),
            looseness_s=float(np.exp(rng.uniform(np.log(0.015), np.log(0.16)))),
            breath=float(rng.uniform(0.15, 1.2)),
        ),
        clap_beats=clap_beats,
        drum_beats=drum_beats if rng.random() < 0.4 else (),
    )


def _line(rng: np.random.Generator, beats: int) -> tuple[tuple[float, float, int, str], ...]:
    """One line: syllables that fill most of it, steps that walk, a last note that is held."""
    notes: list[tuple[float, float, int, str]] = []
    at, step = 0.0, int(rng.integers(0, 5))
    lengths = rng.choice([0.5, 1.0, 2.0], size=40, p=rng.dirichlet([1.5, 2.0, 0.8]))
    singing_beats = beats * float(rng.choice([1.0, 0.75, 0.5], p=[0.6, 0.2, 0.2]))
    for length in lengths:
        if at + length > singing_beats:
            break
        step = int(np.clip(step + rng.choice([-2, -1, 0, 0, 1, 2]), 0, 7))
        if rng.random() > 0.08:
            held = float(length) * float(rng.uniform(0.55, 0.98))
            notes.append((at, held, step, str(rng.choice(voices.SUNG))))
        at += float(length)
    return tuple(notes) if notes else ((0.0, 0.9 * singing_beats, step, "o"),)


@dataclass(frozen=True, slots=True)
class Parts:
    """What is sung, clapped and drummed in one part of a chant, in seconds from its beginning."""

    notes: tuple[voices.Sung, ...]
    claps: tuple[float, ...]
    drums: tuple[float, ...]


def parts_of(song: Chant, duration_s: float) -> Parts:
    """As many lines as the time holds."""
    beat_s = 60.0 / song.tempo
    notes: list[voices.Sung] = []
    claps: list[float] = []
    drums: list[float] = []
    for number in range(int(duration_s / song.line_s + 1e-6)):
        start_s = number * song.line_s
        line = song.lines[number % len(song.lines)]
        notes.extend(
            voices.Sung(start_s + at * beat_s, beats * beat_s, float(song.scale[step]), vowel)
            for at, beats, step, vowel in line
        )
        claps.extend(start_s + beat * beat_s for beat in song.clap_beats)
        drums.extend(start_s + beat * beat_s for beat in song.drum_beats)
    return Parts(tuple(notes), tuple(claps), tuple(drums))


def chant(cue: Cue, venue: Venue) -> Samples:
    """One part of a chant: as many lines as its time holds. More people join from part to part."""
    song = draw_chant(cue.draws(), venue)
    rng = cue.part_draws()
    length = syn.samples(cue.duration_s)
    parts = parts_of(song, cue.duration_s)
    sound = voices.sing(rng, parts.notes, length, song.root_hz, song.choir, 0.9)
    # The low octave below the singers is room and feet: noise.
    sound += 0.15 * syn.noise(rng, length, syn.shaped(syn.band_db(60.0, 400.0, 6.0)))
    sound = colours.bent(sound, colours.draw_colour(cue.draws(), colours.CHANT, venue.bed_db, 3.0, 1.4, 1.2), 15.0)
    if parts.claps:
        sound += float(rng.uniform(0.1, 0.5)) * clap_along(rng, parts.claps, length, song.choir.looseness_s)
    if parts.drums:
        sound += float(rng.uniform(0.3, 1.0)) * drum_beat(cue, parts.drums, length)
    slow = syn.wander(rng, syn.track_points(length), syn.TRACK_S, 3.0, 0.8)
    return syn.faded(sound * syn.spread_out(10 ** (slow / 20), length), 0.06)


def drum_beat(cue: Cue, at_s: Sequence[float], length: int) -> Samples:
    """One drum on given moments; level about 1."""
    hit = drum_hit(cue.draws())
    out = np.zeros(length, np.float32)
    for moment in at_s:
        syn.add_at(out, hit, syn.samples(moment))
    return out / max(syn.rms(out), 1e-9)


def clap_along(rng: np.random.Generator, at_s: Sequence[float], length: int, looseness_s: float) -> Samples:
    """Many hands on given moments, each a little off; level about 1."""
    clicks = np.zeros(length, np.float32)
    for moment in at_s:
        hands = rng.normal(moment, looseness_s, int(rng.integers(8, 40)))
        places = np.clip((hands * grid.SAMPLE_RATE_HZ).astype(int), 0, length - 1)
        np.add.at(clicks, places, np.exp(rng.normal(0, 0.6, len(places))).astype(np.float32))
    return reactions.clap_hands(rng, clicks)


def clapping(cue: Cue, venue: Venue) -> Samples:
    """Hands in rhythm without a song, even or getting faster."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    tempo = float(rng.uniform(60.0, 150.0))
    pattern = [0.0, 1.0, 2.0, 2.5, 3.0] if rng.random() < 0.4 else [0.0, 1.0, 2.0, 3.0]
    hurry = float(rng.choice([1.0, rng.uniform(1.1, 2.0)]))
    beats = np.array([bar * 4 + beat for bar in range(80) for beat in pattern]) * 60.0 / tempo
    beats = beats[beats < cue.duration_s]
    beats = cue.duration_s * (1 - (1 - beats / cue.duration_s) ** hurry) if hurry > 1 else beats
    sound = clap_along(rng, [float(b) for b in beats], length, float(rng.uniform(0.012, 0.06)))
    colour = colours.draw_colour(rng, colours.APPLAUSE, 0.6 * venue.bed_db, 3.0, 1.8, 1.6)
    return syn.faded(colours.bent(sound, colour), 0.3)
