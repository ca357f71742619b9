"""Human voices: pulses with a pitch through the resonances of a vocal tract, one at a time or many together.

The source-filter model (G. Fant, Acoustic Theory of Speech Production, 1960): a glottal pulse train that falls some
12 dB an octave, then formants as two-pole resonances. Formant frequencies after Peterson & Barney, 1952, for men;
women and children have shorter tracts and are the same scaled up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from engine.core.signals import Samples
from engine.simulator import synthesis_primitives as syn
from engine.simulator.synthesis_primitives import Curve, Spectrum

VOWELS: Final[dict[str, tuple[float, float, float, float]]] = {
    "a": (730.0, 1090.0, 2440.0, 3400.0),
    "ae": (660.0, 1720.0, 2410.0, 3500.0),
    "e": (530.0, 1840.0, 2480.0, 3500.0),
    "i": (270.0, 2290.0, 3010.0, 3700.0),
    "o": (570.0, 840.0, 2410.0, 3300.0),
    "u": (300.0, 870.0, 2240.0, 3300.0),
    "er": (490.0, 1350.0, 1690.0, 3300.0),
    "uh": (640.0, 1190.0, 2390.0, 3300.0),
}
OPEN: Final = ("a", "ae", "uh", "o")
ROUND: Final = ("o", "u", "uh")
SUNG: Final = ("a", "o", "e", "u", "i", "uh", "ae")
_BANDWIDTHS: Final = (80.0, 95.0, 140.0, 220.0)


@cache
def _vowel_table(scale: float, sharpness: float) -> Curve:
    """Decibels (vowels, BINS) of each vowel, its strongest resonance at 0 dB."""
    hz = syn.bins_hz()
    rows = []
    for formants in VOWELS.values():
        db = np.zeros(len(hz))
        for number, (centre, width) in enumerate(zip(formants, _BANDWIDTHS, strict=True)):
            f = centre * scale
            ratio = (hz / f) ** 2
            db -= 10 * np.log10((1 - ratio) ** 2 + ratio * (width / sharpness / f) ** 2)
            # Parallel rather than cascade above the first: the fall of a long cascade is too steep for a shout.
            db += 20 * np.log10(1 + hz / f) * (0.6 if number else 0.2)
        rows.append(np.maximum(db - db.max(), -50.0))
    return np.array(rows)


def vowel_filter(weights: Curve, scale: float = 1.0, sharpness: float = 1.0) -> Spectrum:
    """Amplitudes (frames, BINS) of a tract that moves between vowels; ``weights`` (frames, vowels) add up to one.

    Scales are rounded so that a match computes few tables; a sharpness below 1 widens the resonances, as many
    different tracts together do.
    """
    table = _vowel_table(round(scale * 25) / 25, round(sharpness * 5) / 5)
    return syn.shaped(weights @ table)


def vowel_path(names: Sequence[str], frames: int, at: Sequence[float] | None = None) -> Curve:
    """Weights (frames, vowels) that go through ``names``, evenly or at the given places in [0, 1]."""
    order = list(VOWELS)
    places = np.linspace(0.0, 1.0, len(names)) if at is None else np.asarray(at, float)
    rows = np.zeros((len(names), len(order)))
    rows[np.arange(len(names)), [order.index(name) for name in names]] = 1.0
    t = np.linspace(0.0, 1.0, frames)
    return np.stack([np.interp(t, places, rows[:, k]) for k in range(len(order))], axis=1)


@cache
def glottal(tilt_tenths: int, count: int) -> Samples:
    """One period of a voice: harmonics that fall, ``tilt_tenths`` / 10 the power of 1/h."""
    return syn.harmonics(syn.steep(count, tilt_tenths / 10.0))


def source(rng: np.random.Generator, pitch_hz: Curve, loudness: Curve, length: int, tilt: float) -> Samples:
    """One voice before its tract: pitch and loudness are tracks. Harmonics stop short of half the sampling rate."""
    highest = float(np.max(pitch_hz))
    count = int(np.clip(9500.0 / max(highest, 40.0), 2, 90))
    table = glottal(round(tilt * 10), count)
    return syn.tone(table, pitch_hz, length, float(rng.random())) * syn.spread_out(loudness, length)


def jitter(rng: np.random.Generator, points: int, semitones: float, rate_hz: float = 6.0) -> Curve:
    """Pitch factors of an unsteady voice."""
    return np.exp2(syn.wander(rng, points, syn.TRACK_S, 1.0 / rate_hz, semitones) / 12.0)


@dataclass(frozen=True, slots=True)
class Shouting:
    """How a group of people cries out together: a roar, a groan, a boo.

    Pitches are those of single voices at the start, in Hz; ``glide`` are semitones reached at given parts of the
    cry. ``vowels`` is the way of the mouth. ``spread_s`` is how long after the first voice the last one comes in.
    """

    voices: int
    low_hz: float
    high_hz: float
    glide: Sequence[tuple[float, float]]
    vowels: Sequence[str]
    spread_s: float
    breath_s: tuple[float, float]
    tilt: float = 1.0
    unsteadiness: float = 0.4
    scale: float = 1.0


def shout(rng: np.random.Generator, how: Shouting, length: int) -> Samples:
    """Many voices crying out, each with its own pitch, moment and breath; level about 1, no common envelope.

    A voice lasts a breath, then that person takes another and starts again, so a long roar stays alive.
    """
    total = np.zeros(length, np.float32)
    points = syn.track_points(length)
    at = np.arange(points) * syn.TRACK_S
    duration_s = length * syn.TRACK_S / syn.TRACK
    glide_at, glide_by = zip(*how.glide, strict=True)
    for group in range(3):
        part = np.zeros(length, np.float32)
        for _ in range(max(1, how.voices // 3)):
            centre = float(np.exp(rng.uniform(np.log(how.low_hz), np.log(how.high_hz))))
            start_s = float(rng.gamma(1.2, how.spread_s / 2.5 + 0.01))
            loud = np.zeros(points)
            bend = np.zeros(points)
            while start_s < duration_s:
                breath_s = float(rng.uniform(*how.breath_s))
                inside = (at >= start_s) & (at < start_s + breath_s)
                x = (at[inside] - start_s) / breath_s
                swell = np.minimum(x * breath_s / 0.06, 1.0) * np.minimum((1 - x) / 0.25, 1.0)
                loud[inside] = swell * float(np.exp(rng.normal(0.0, 0.5)))
                bend[inside] = np.interp(x, glide_at, glide_by) + rng.normal(0.0, 0.7)
                start_s += breath_s + float(rng.gamma(2.0, 0.15))
            pitch = centre * np.exp2(bend / 12.0) * jitter(rng, points, how.unsteadiness)
            part += source(rng, pitch, loud, length, how.tilt + rng.uniform(-0.2, 0.2))
        names = list(how.vowels)
        if group and len(names) > 1 and rng.random() < 0.5:
            names[int(rng.integers(len(names)))] = str(rng.choice(names))
        scale = how.scale * float(rng.uniform(0.9, 1.25))
        total += syn.filtered(part, vowel_filter(vowel_path(names, syn.frames_for(length)), scale, 0.6))
    return total / max(syn.rms(total), 1e-9)


@dataclass(frozen=True, slots=True)
class Sung:
    """A syllable of a song: when, how long, which pitch (semitones above the root), which vowel."""

    at_s: float
    length_s: float
    semitones: float
    vowel: str


@dataclass(frozen=True, slots=True)
class Choir:
    """Who sings: ``unison_cents`` is how far they are off, ``looseness_s`` how far apart. ``breath`` adds noise through
    the same mouths, what a far crowd is made of."""

    singers: int
    unison_cents: float
    looseness_s: float
    breath: float


def sing(
    rng: np.random.Generator,
    notes: Sequence[Sung],
    length: int,
    root_hz: float,
    choir: Choir,
    tilt: float,
    scale: float = 1.0,
    vibrato_semitones: float = 0.0,
) -> Samples:
    """A choir on one melody, level about 1; a fifth of them sing an octave off."""
    points = syn.track_points(length)
    at = np.asarray(np.arange(points) * syn.TRACK_S, np.float64)
    frames = syn.frames_for(length)
    order = list(VOWELS)
    weights = np.zeros((frames, len(order)))
    moment = np.arange(frames) * syn.STEP_S
    common = np.zeros(points)
    for note in notes:
        weights[(moment >= note.at_s - 0.03)] = np.eye(len(order))[order.index(note.vowel)]
        common = np.maximum(common, _syllable(at - note.at_s, note.length_s))
    weights[weights.sum(axis=1) == 0] = 1.0 / len(order)
    total = np.zeros(length, np.float32)
    for _ in range(choir.singers):
        late = float(rng.normal(0.0, choir.looseness_s))
        off = float(rng.normal(0.0, choir.unison_cents / 100.0)) + float(
            rng.choice([0.0, 12.0, -12.0], p=[0.8, 0.13, 0.07])
        )
        pitch = np.zeros(points)
        loud = np.zeros(points)
        for note in notes:
            start = note.at_s + late + float(rng.normal(0.0, choir.looseness_s / 3))
            inside = (at >= start - 0.02) & (at < start + note.length_s + 0.05)
            loud[inside] = np.maximum(loud[inside], _syllable(at[inside] - start, note.length_s))
            # A singer slides into the note from the one before.
            slide = -1.2 * np.exp(-np.maximum(at[inside] - start, 0.0) / 0.05) * rng.random()
            pitch[inside] = note.semitones + slide
        if vibrato_semitones > 0:
            pitch = pitch + vibrato_semitones * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * at + rng.uniform(0, 6))
        track = root_hz * np.exp2((pitch + off) / 12.0) * jitter(rng, points, 0.15)
        total += source(rng, track, loud * float(np.exp(rng.normal(0.0, 0.4))), length, tilt)
    total /= max(syn.rms(total), 1e-9)
    if choir.breath > 0:
        total += (
            choir.breath
            * syn.noise(rng, length, syn.shaped(syn.band_db(200.0, 5000.0, 4.0)))
            * syn.spread_out(common, length)
        )
    total = syn.filtered(total, vowel_filter(weights, scale, 1.0 if choir.singers < 4 else 0.6))
    return total / max(syn.rms(total), 1e-9)


def _syllable(t_s: Curve, length_s: float) -> Curve:
    """Loudness of a sung syllable at times since its start."""
    rise = np.clip(t_s / 0.05 + 0.3, 0.0, 1.0)
    fall = np.clip((length_s - t_s) / 0.08, 0.0, 1.0)
    return np.where(t_s < -0.02, 0.0, rise * fall)


@dataclass(frozen=True, slots=True)
class Speaker:
    """One talking person."""

    pitch_hz: float
    liveliness: float
    rate_hz: float
    scale: float
    tilt: float


def draw_speaker(rng: np.random.Generator, excited: float = 0.0) -> Speaker:
    """A man, woman or child; ``excited`` in [0, 1] raises the pitch and its range."""
    who = rng.choice(3, p=[0.58, 0.34, 0.08])
    pitch_hz = float(rng.normal((112.0, 200.0, 280.0)[who], (18.0, 26.0, 30.0)[who]))
    return Speaker(
        pitch_hz=max(70.0, pitch_hz) * float(np.exp2(excited * rng.uniform(0.2, 0.9))),
        liveliness=float(rng.uniform(1.0, 3.0)) * (1.0 + 1.2 * excited),
        rate_hz=float(rng.uniform(3.2, 6.8)) * (1.0 + 0.2 * excited),
        scale=(1.0, 1.16, 1.32)[who] * float(rng.uniform(0.94, 1.06)),
        tilt=float(rng.uniform(0.8, 1.5)) - 0.3 * excited,
    )


def speech(rng: np.random.Generator, who: Speaker, length: int, pauses: float = 0.25) -> Samples:
    """Talk without words: syllables with vowels, consonants and a falling melody, in phrases; level about 1.

    ``pauses`` is the share of time between phrases.
    """
    points = syn.track_points(length)
    at = np.arange(points) * syn.TRACK_S
    frames = syn.frames_for(length)
    moment = np.arange(frames) * syn.STEP_S
    duration_s = float(at[-1])
    order = list(VOWELS)
    loud, hiss, pitch = np.zeros(points), np.zeros(points), np.full(points, who.pitch_hz)
    knots, mouths = [0.0], [int(rng.integers(len(order)))]
    start_s = float(rng.uniform(0.0, 0.3))
    while start_s < duration_s:
        phrase_s = float(rng.gamma(3.0, 0.7))
        end_s = min(start_s + phrase_s, duration_s)
        inside = (at >= start_s) & (at < end_s)
        fall = np.linspace(1.0, -1.0, int(inside.sum()))
        melody = syn.wander(rng, int(inside.sum()), syn.TRACK_S, 0.35, who.liveliness)
        pitch[inside] = who.pitch_hz * np.exp2((fall * who.liveliness + melody) / 12.0)
        while start_s < end_s:
            syllable_s = float(np.clip(rng.gamma(6.0, 1.0 / who.rate_hz / 6.0), 0.07, 0.6))
            onset_s = float(rng.uniform(0.02, 0.09)) if rng.random() < 0.7 else 0.0
            if rng.random() < 0.45:
                hiss[(at >= start_s) & (at < start_s + onset_s + 0.03)] = float(rng.uniform(0.1, 0.9))
            voiced = (at >= start_s + onset_s) & (at < start_s + syllable_s)
            bell = np.sin(np.linspace(0.12, np.pi * 0.97, max(int(voiced.sum()), 1)))[: int(voiced.sum())]
            loud[voiced] = bell * float(np.exp(rng.normal(0.0, 0.35)))
            knots.append(start_s + (onset_s + syllable_s) / 2)
            mouths.append(int(rng.integers(len(order))))
            start_s += syllable_s
        start_s = end_s + float(rng.exponential(phrase_s * pauses / max(1 - pauses, 0.1))) + 0.05
    rows = np.eye(len(order))[mouths]
    weights = np.stack([np.interp(moment, knots, rows[:, k]) for k in range(len(order))], axis=1)
    pitch = pitch * jitter(rng, points, 0.12, 12.0)
    voice = syn.filtered(source(rng, pitch, loud, length, who.tilt), vowel_filter(weights, who.scale))
    voice /= max(syn.rms(voice), 1e-9)
    centre_hz = float(rng.uniform(3000.0, 6500.0))
    breath = syn.noise(rng, length, syn.shaped(syn.band_db(centre_hz * 0.7, centre_hz * 1.5, 12.0)))
    voice += 0.25 * breath * syn.spread_out(hiss, length)
    return voice / max(syn.rms(voice), 1e-9)
