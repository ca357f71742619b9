"""Music from the loudspeakers: songs drawn at random, each with its own harmony, instruments, drummer and singer.

Every aspect is drawn by itself rather than from a list of styles, so two songs share little: what is meant to be
learnt from them is "music", not these tunes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator import percussion, voices
from engine.simulator import synthesis_primitives as syn
from engine.simulator.sound_cues import Cue
from engine.simulator.synthesis_primitives import Curve
from engine.simulator.venue import Venue

MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)
MODES: Final = (MAJOR, (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10), (0, 2, 4, 5, 7, 9, 10), (0, 2, 3, 5, 7, 8, 11))
PROGRESSIONS: Final = (
    (0, 4, 5, 3), (0, 3, 4, 3), (5, 3, 0, 4), (0, 5, 3, 4), (0, 0, 3, 4), (0, 6, 3, 0), (1, 4, 0, 0), (0, 2, 3, 4),
    (0, 0, 0, 0), (3, 4, 2, 5), (0, 4, 0, 4),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """A tone: one period, how it starts and ends, how many play it and how far apart."""

    table: Samples
    attack_s: float
    decay_s: float
    sustained: bool
    players: int
    cents: float
    vibrato: float

    def note(self, rng: np.random.Generator, pitch_hz: float, length_s: float) -> Samples:
        """One note, level about 1."""
        length = syn.samples(length_s + 0.08)
        sound = np.zeros(length, np.float32)
        points = syn.track_points(length)
        for _ in range(self.players):
            off = float(np.exp2(rng.normal(0.0, self.cents / 1200.0)))
            if self.vibrato > 0:
                at = np.arange(points) * syn.TRACK_S
                bend = self.vibrato * np.sin(2 * np.pi * rng.uniform(4.0, 7.0) * at + rng.uniform(0, 6))
                pitch: Curve | float = pitch_hz * off * np.exp2(bend / 12.0)
            else:
                pitch = pitch_hz * off
            sound += syn.tone(self.table, pitch, length, float(rng.random()))
        decay_s = 50.0 if self.sustained else self.decay_s
        sound *= syn.attack_decay(length, self.attack_s, decay_s) / np.float32(np.sqrt(self.players))
        return syn.faded(sound, 0.012)


def draw_instrument(rng: np.random.Generator, highest_hz: float) -> Instrument:
    """Strings, pipes, brass, reeds, plucked or struck: harmonics with a slope, a formant and gaps, all drawn."""
    count = int(np.clip(10000.0 / highest_hz, 2, 40))
    weights = syn.steep(count, float(rng.uniform(0.5, 2.6)))
    if rng.random() < 0.25:
        weights[1::2] *= float(rng.uniform(0.0, 0.4))
    number = np.arange(1, count + 1)
    bump = float(rng.uniform(1.0, 8.0))
    weights = weights * (1 + float(rng.uniform(0.0, 3.0)) * np.exp(-((number - bump) ** 2) / 4.0))
    weights = weights * np.exp(rng.normal(0.0, 0.4, count))
    sustained = bool(rng.random() < 0.55)
    return Instrument(
        table=syn.harmonics(weights, rng),
        attack_s=float(np.exp(rng.uniform(np.log(0.002), np.log(0.12 if sustained else 0.02)))),
        decay_s=float(np.exp(rng.uniform(np.log(0.08), np.log(1.5)))),
        sustained=sustained,
        players=int(rng.choice([1, 1, 2, 3])),
        cents=float(rng.uniform(1.0, 14.0)),
        vibrato=float(rng.choice([0.0, rng.uniform(0.05, 0.35)])),
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """The tones of a song: ``root`` in Hz, and the steps of an octave above it in semitones."""

    root: float
    mode: tuple[int, ...]

    def pitch_hz(self, step: int, octave: int) -> float:
        """Frequency of a step, counted from the root."""
        semitones = self.mode[step % len(self.mode)] + 12 * (step // len(self.mode) + octave)
        return self.root * float(np.exp2(semitones / 12.0))


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """All that stays the same through one song."""

    bar_s: float
    scale: Scale
    chords: tuple[int, ...]
    kit: percussion.Kit | None
    swing: float
    bass: Instrument | None
    bass_pattern: tuple[int, ...]
    chord: Instrument | None
    chord_pattern: tuple[int, ...]
    arpeggio: bool
    lead: Instrument | None
    sung: bool
    singers: int
    melody: tuple[tuple[float, float, int], ...]
    words: tuple[str, ...]
    levels: tuple[float, float, float, float]
    drive: float
    equaliser_db: Curve


def draw_song(rng: np.random.Generator) -> Song:
    """A song: 55 to 180 beats a minute, with or without drums, bass, chords and a voice (one of them at least)."""
    has = rng.random(4) < (0.78, 0.8, 0.85, 0.85)
    if not has.any():
        has[2] = True
    bar_s = 240.0 / float(np.exp(rng.uniform(np.log(55.0), np.log(180.0))))
    melody: list[tuple[float, float, int]] = []
    at, step = 0.0, int(rng.integers(0, 8))
    density = rng.dirichlet([1.0, 2.0, 2.0, 1.0])
    while at < 2.0:
        length = float(rng.choice([1 / 16, 1 / 8, 1 / 4, 1 / 2], p=density))
        step = int(np.clip(step + rng.choice([-3, -2, -1, -1, 0, 1, 1, 2, 4]), -3, 11))
        if rng.random() < 0.85:
            melody.append((at, length * float(rng.uniform(0.5, 1.0)), step))
        at += length
    places = [int(p) for p in np.flatnonzero(rng.random(8) < rng.uniform(0.2, 0.9))]
    return Song(
        bar_s=bar_s,
        scale=Scale(
            root=float(rng.uniform(44.0, 87.0)),
            mode=MODES[int(rng.choice(len(MODES), p=[0.4, 0.25, 0.12, 0.13, 0.1]))],
        ),
        chords=PROGRESSIONS[int(rng.integers(len(PROGRESSIONS)))],
        kit=percussion.draw_kit(rng) if has[0] else None,
        swing=float(rng.choice([0.0, rng.uniform(0.2, 0.6)], p=[0.75, 0.25])),
        bass=draw_instrument(rng, 200.0) if has[1] else None,
        bass_pattern=tuple(sorted({0, *(int(p) for p in np.flatnonzero(rng.random(8) < rng.uniform(0.1, 0.9)))})),
        chord=draw_instrument(rng, 700.0) if has[2] else None,
        chord_pattern=tuple(sorted({0, *places})),
        arpeggio=bool(rng.random() < 0.3),
        lead=draw_instrument(rng, 1500.0) if has[3] else None,
        sung=bool(rng.random() < 0.6),
        singers=int(rng.choice([1, 1, 1, 2, 4, 8])),
        melody=tuple(melody),
        words=tuple(str(v) for v in rng.choice(voices.SUNG, 24)),
        levels=(
            float(np.exp(rng.normal(0.0, 0.5))),
            float(np.exp(rng.normal(-0.1, 0.5))),
            float(np.exp(rng.normal(-0.4, 0.6))),
            float(np.exp(rng.normal(0.0, 0.5))),
        ),
        drive=float(rng.choice([0.0, rng.uniform(0.5, 4.0)], p=[0.4, 0.6])),
        equaliser_db=rng.normal(0.0, 1.2) * (np.log2(syn.bins_hz()) - 9.5) + syn.ripple_db(rng, 3.0, 0.7),
    )


def _harmony(rng: np.random.Generator, song: Song, bars: int, first: int, length: int) -> tuple[Samples, Samples]:
    """Bass and chords of ``bars`` bars."""
    bass, chords = np.zeros(length, np.float32), np.zeros(length, np.float32)
    for bar in range(bars):
        degree = song.chords[(first + bar) % len(song.chords)]
        if song.bass is not None:
            gaps = np.diff([*song.bass_pattern, 8])
            for place, gap in zip(song.bass_pattern, gaps, strict=True):
                step = degree + (0 if place % 4 == 0 else int(rng.choice([0, 0, 4, 7])))
                note = song.bass.note(rng, song.scale.pitch_hz(step, 0), float(gap) * song.bar_s / 8)
                syn.add_at(bass, note, syn.samples((bar + place / 8) * song.bar_s))
        if song.chord is not None:
            gaps = np.diff([*song.chord_pattern, 8])
            for number, (place, gap) in enumerate(zip(song.chord_pattern, gaps, strict=True)):
                thirds = (0, 2, 4, 7)[: 3 + int(song.scale.root) % 2]
                steps = [thirds[number % len(thirds)]] if song.arpeggio else list(thirds)
                for third in steps:
                    pitch_hz = song.scale.pitch_hz(degree + third, 2)
                    note = song.chord.note(rng, pitch_hz, float(gap) * song.bar_s / 8)
                    syn.add_at(chords, note, syn.samples((bar + place / 8) * song.bar_s))
    return bass, chords


def _melody(rng: np.random.Generator, song: Song, bars: int, first: int, length: int) -> Samples:
    """The tune, sung or played; it rests now and then."""
    out = np.zeros(length, np.float32)
    if song.lead is None:
        return out
    notes: list[voices.Sung] = []
    for pair in range(0, bars, 2):
        if rng.random() < 0.15:
            continue
        for number, (at, beats, step) in enumerate(song.melody):
            start_s = (pair + at) * song.bar_s
            if start_s >= bars * song.bar_s:
                break
            pitch = 12 * np.log2(song.scale.pitch_hz(step, 1) / song.scale.root)
            word = song.words[(number + first) % len(song.words)]
            notes.append(voices.Sung(start_s, max(beats * song.bar_s, 0.09), float(pitch), word))
    if not notes:
        return out
    if song.sung:
        root_hz = song.scale.root * (2.0 if song.scale.root < 65.0 else 1.0)
        choir = voices.Choir(song.singers, 6.0, 0.012, 0.05)
        return voices.sing(rng, notes, length, root_hz, choir, 0.8, 1.0 + 0.25 * (song.scale.root / 87.0), 0.25)
    for note in notes:
        sound = song.lead.note(rng, 2.0 * song.scale.root * float(np.exp2(note.semitones / 12.0)), note.length_s)
        syn.add_at(out, sound, syn.samples(note.at_s))
    return out


def play(rng: np.random.Generator, song: Song, bars: int, first: int, length: int) -> Samples:
    """``bars`` bars of a song from its bar ``first`` on, mixed and mastered, level about 1."""
    bass, chords = _harmony(rng, song, bars, first, length)
    parts: Sequence[Samples] = (
        percussion.play_kit(rng, song.kit, bars, song.bar_s, length, song.swing)
        if song.kit is not None
        else np.zeros(length, np.float32),
        bass,
        chords,
        _melody(rng, song, bars, first, length),
    )
    mix = np.zeros(length, np.float32)
    for part, level in zip(parts, song.levels, strict=True):
        loud = syn.rms(part)
        if loud > 1e-6:
            mix += part * np.float32(level / loud)
    mix /= max(syn.rms(mix), 1e-9)
    if song.drive > 0:
        mix = np.tanh(mix * np.float32(song.drive))
    mix = syn.filtered(mix, syn.shaped(song.equaliser_db))
    return mix / max(syn.rms(mix), 1e-9)


def pa_music(cue: Cue, venue: Venue) -> Samples:
    """One part of a song; the parts of a song follow each other without a seam in its bars."""
    song = draw_song(cue.draws())
    length = syn.samples(cue.duration_s)
    bars = max(1, int(np.ceil(cue.duration_s / song.bar_s)))
    sound = play(cue.part_draws(), song, bars, cue.part * bars, length)
    return syn.faded(sound, 0.01 if not cue.last else min(1.5, cue.duration_s / 3))


def horns(cue: Cue, venue: Venue) -> Samples:
    """Air horns, vuvuzelas, or a fanfare that a few brass players blow."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    kind = rng.random()
    if kind < 0.3:
        return _blasts(rng, length, int(rng.integers(1, 4)), rng.uniform(280.0, 620.0), 0.6, (0.3, 3.0))
    if kind < 0.5:
        return _blasts(rng, length, int(rng.integers(1, 14)), rng.uniform(205.0, 260.0), 1.1, (0.5, 5.0))
    mode = MODES[int(rng.choice(len(MODES)))]
    tempo_s = float(rng.uniform(0.1, 0.35))
    root_hz = float(rng.uniform(130.0, 330.0))
    brass = draw_instrument(rng, 1200.0)
    brass = Instrument(brass.table, 0.025, 1.0, True, int(rng.integers(1, 5)), 12.0, 0.12)
    steps = (0, 2, 4, 7, 9, 11) if rng.random() < 0.6 else (0, 1, 2, 3, 4, 5)
    out = np.zeros(length, np.float32)
    at_s, place = 0.0, 0
    while at_s < cue.duration_s - 0.1:
        place = int(np.clip(place + rng.choice([-1, 0, 0, 1, 1, 2]), 0, len(steps) - 1))
        note_s = tempo_s * float(rng.choice([1, 1, 2, 4], p=[0.4, 0.25, 0.2, 0.15]))
        semitones = mode[steps[place] % 7] + 12 * (steps[place] // 7)
        sound = brass.note(rng, root_hz * float(np.exp2(semitones / 12)), min(note_s * 0.9, cue.duration_s - at_s))
        syn.add_at(out, sound, syn.samples(at_s))
        at_s += note_s * float(rng.choice([1.0, 1.0, 2.0]))
    return syn.faded(out / max(syn.rms(out), 1e-9), 0.05)


def _blasts(
    rng: np.random.Generator, length: int, players: int, pitch_hz: float, tilt: float, blast_s: tuple[float, float]
) -> Samples:
    """Long tones of horns that are not in tune with each other."""
    out = np.zeros(length, np.float32)
    total_s = length / grid.SAMPLE_RATE_HZ
    for _ in range(players):
        pitch = pitch_hz * float(np.exp2(rng.normal(0.0, 1.5) / 12))
        table = syn.harmonics(syn.steep(int(9000 / pitch), tilt) * np.exp(rng.normal(0, 0.3, int(9000 / pitch))), rng)
        at_s = float(rng.uniform(0.0, 0.3))
        while at_s < total_s:
            n = syn.samples(min(float(rng.uniform(*blast_s)), total_s))
            points = syn.track_points(n)
            onset = -2.0 * np.exp(-np.arange(points) * syn.TRACK_S / 0.05)
            track = pitch * np.exp2(onset / 12) * voices.jitter(rng, points, 0.15)
            syn.add_at(out, syn.faded(syn.tone(table, track, n), 0.04), syn.samples(at_s))
            at_s += n / grid.SAMPLE_RATE_HZ + float(rng.exponential(0.8))
    return syn.faded(out / max(syn.rms(out), 1e-9), 0.05)
