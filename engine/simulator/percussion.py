"""Drums: skins, snares, cymbals and hand percussion, drawn at random, and the patterns they play."""

from dataclasses import dataclass

import numpy as np

from engine.core.signals import Samples
from engine.simulator import synthesis_primitives as syn
from engine.simulator.sound_cues import Cue
from engine.simulator.venue import Venue


def skin(rng: np.random.Generator, pitch_hz: float, decay_s: float, drop: float, noise: float) -> Samples:
    """A struck membrane: a falling tone with the ratios of a drum head (1, 1.59, 2.14, 2.3), and the stick's noise."""
    length = syn.samples(min(6 * decay_s, 1.6))
    points = syn.track_points(length)
    at = np.arange(points) * syn.TRACK_S
    bend = 1 + drop * np.exp(-at / 0.03)
    sound = np.zeros(length, np.float32)
    table = syn.harmonics([1.0])
    for ratio, weight in ((1.0, 1.0), (1.59, 0.45), (2.14, 0.3), (2.3, 0.2)):
        part = syn.tone(table, pitch_hz * ratio * bend, length)
        sound += weight * part * syn.attack_decay(length, 0.001, decay_s / ratio)
    stick = syn.noise(rng, length, syn.shaped(syn.band_db(300.0, float(rng.uniform(1500.0, 6000.0)), 9.0)))
    sound += noise * stick * syn.attack_decay(length, 0.0005, float(rng.uniform(0.008, 0.05)))
    return syn.faded(sound / max(float(np.abs(sound).max()), 1e-9), 0.002)


def drum_hit(rng: np.random.Generator) -> Samples:
    """One stroke on a fan's drum, from a deep bass drum to a tin one; peak 1."""
    pitch_hz = float(np.exp(rng.uniform(np.log(48.0), np.log(330.0))))
    return skin(
        rng, pitch_hz, float(rng.uniform(0.06, 0.35)), float(rng.uniform(0.1, 1.2)), float(rng.uniform(0.1, 1.5))
    )


def snare(rng: np.random.Generator) -> Samples:
    """A tone and a rattle."""
    length = syn.samples(float(rng.uniform(0.15, 0.4)))
    low_hz = float(rng.uniform(600.0, 2000.0))
    rattle = syn.noise(rng, length, syn.shaped(syn.band_db(low_hz, float(rng.uniform(6000.0, 10500.0)), 9.0)))
    rattle *= syn.attack_decay(length, 0.001, float(rng.uniform(0.04, 0.15)))
    body = syn.tone(syn.harmonics([1.0, 0.4, 0.2]), float(rng.uniform(150.0, 280.0)), length)
    rattle += float(rng.uniform(0.2, 1.2)) * body * syn.attack_decay(length, 0.001, 0.06)
    return syn.faded(rattle / max(float(np.abs(rattle).max()), 1e-9), 0.002)


def cymbal(rng: np.random.Generator, decay_s: float) -> Samples:
    """Metal: high noise with a few partials that fit no scale."""
    length = syn.samples(min(5 * decay_s, 2.5))
    sound = syn.noise(rng, length, syn.shaped(syn.band_db(float(rng.uniform(3000.0, 6500.0)), 11000.0, 12.0)))
    for _ in range(3):
        sound += np.float32(0.5) * syn.tone(syn.harmonics([1.0]), float(rng.uniform(2500.0, 9000.0)), length)
    sound *= syn.attack_decay(length, 0.001, decay_s)
    return syn.faded(sound / max(float(np.abs(sound).max()), 1e-9), 0.002)


@dataclass(frozen=True, slots=True, eq=False)
class Kit:
    """A set of sounds and, for each, the sixteenths of a bar on which it plays (with a strength)."""

    voices: tuple[tuple[Samples, tuple[tuple[int, float], ...]], ...]
    steps: int


def draw_kit(rng: np.random.Generator) -> Kit:
    """A drummer: four on the floor, backbeat, march, broken or half-time, with any cymbal work."""
    steps = int(rng.choice([16, 16, 16, 12, 24]))
    quarter = steps // 4
    kick = skin(rng, float(rng.uniform(42.0, 85.0)), float(rng.uniform(0.08, 0.3)), float(rng.uniform(0.5, 3.0)), 0.3)
    style = rng.random()
    kicks: tuple[tuple[int, float], ...]
    if style < 0.35:
        kicks = tuple((k * quarter, 1.0) for k in range(4))
    elif style < 0.65:
        kicks = ((0, 1.0), (2 * quarter, 0.9))
    else:
        places = np.flatnonzero(rng.random(steps) < 0.25)
        kicks = ((0, 1.0), *((int(p), float(rng.uniform(0.5, 1.0))) for p in places if p))
    backbeats: tuple[tuple[int, float], ...] = ((2 * quarter, 1.0),)
    if rng.random() < 0.75:
        backbeats = ((quarter, 1.0), (3 * quarter, 1.0))
    if rng.random() < 0.3:
        backbeats += tuple((int(p), 0.35) for p in np.flatnonzero(rng.random(steps) < 0.25))
    every = int(rng.choice([1, 2, 2, 4]))
    hats = tuple((k, float(rng.uniform(0.5, 1.0))) for k in range(0, steps, every))
    parts = [(kick, kicks), (snare(rng), backbeats), (cymbal(rng, float(rng.uniform(0.02, 0.15))) * 0.5, hats)]
    if rng.random() < 0.5:
        hand = skin(rng, float(rng.uniform(180.0, 700.0)), float(rng.uniform(0.03, 0.15)), 0.1, 0.6) * 0.6
        parts.append((hand, tuple((int(p), 0.7) for p in np.flatnonzero(rng.random(steps) < 0.35))))
    if rng.random() < 0.3:
        parts.append((cymbal(rng, 0.8) * 0.4, ((0, 1.0),)))
    kept = [part for part in parts if rng.random() < 0.88] or parts[:1]
    return Kit(tuple(kept), steps)


def play_kit(rng: np.random.Generator, kit: Kit, bars: int, bar_s: float, length: int, swing: float) -> Samples:
    """``bars`` bars of a kit, a little human in time and strength."""
    out = np.zeros(length, np.float32)
    for sound, pattern in kit.voices:
        for bar in range(bars):
            for step, strength in pattern:
                late = swing / kit.steps if step % 2 else 0.0
                at_s = (bar + step / kit.steps + late) * bar_s + float(rng.normal(0.0, 0.004))
                syn.add_at(out, sound * np.float32(strength * rng.uniform(0.8, 1.0)), int(syn.samples(max(at_s, 0.0))))
    return out


def fan_drums(cue: Cue, venue: Venue) -> Samples:
    """Fans drumming: one to four drums on a pattern of one or two bars, sometimes with a rattle."""
    rng = cue.draws()
    tempo = float(np.exp(rng.uniform(np.log(60.0), np.log(190.0))))
    bar_s = 240.0 / tempo
    steps = int(rng.choice([8, 16, 16, 12]))
    parts: list[tuple[Samples, tuple[tuple[int, float], ...]]] = []
    for _ in range(int(rng.integers(1, 5))):
        density = float(rng.uniform(0.15, 0.7))
        pattern = tuple((int(p), float(rng.uniform(0.5, 1.0))) for p in np.flatnonzero(rng.random(steps) < density))
        parts.append((drum_hit(rng) if rng.random() < 0.8 else snare(rng), pattern or ((0, 1.0),)))
    if rng.random() < 0.2:
        parts.append((cymbal(rng, 0.4) * 0.5, ((0, 1.0),)))
    length = syn.samples(cue.duration_s)
    part_rng = cue.part_draws()
    sound = play_kit(part_rng, Kit(tuple(parts), steps), int(cue.duration_s / bar_s) + 1, bar_s, length, 0.0)
    return syn.faded(sound / max(syn.rms(sound), 1e-9), 0.05)
