"""People who are not the crowd: announcer, commentator, neighbours, children, and the referee's whistle."""

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator import synthesis_primitives as syn
from engine.simulator import voices
from engine.simulator.sound_cues import Cue
from engine.simulator.venue import Venue


def pa_speech(cue: Cue, venue: Venue) -> Samples:
    """An announcement: slow, through loudspeakers with little below 300 Hz, sometimes after a gong."""
    rng = cue.draws()
    who = voices.draw_speaker(rng, float(rng.choice([0.0, rng.uniform(0.2, 1.0)])))
    gong = bool(rng.random() < 0.25) and cue.part == 0
    length = syn.samples(cue.duration_s)
    sound = voices.speech(cue.part_draws(), who, length, float(rng.uniform(0.1, 0.4)))
    if rng.random() < 0.5:
        sound = np.tanh(sound * np.float32(rng.uniform(0.8, 3.0)))
    if gong:
        _gong(rng, sound)
    return sound / max(syn.rms(sound), 1e-9)


def _gong(rng: np.random.Generator, sound: Samples) -> None:
    """Two or three chimes instead of the first words."""
    table = syn.harmonics([1.0, 0.3, 0.1, 0.2])
    root_hz = float(rng.uniform(350.0, 800.0))
    sound[: syn.samples(1.2)] *= 0.05
    for number, ratio in enumerate(rng.permutation([1.0, 1.26, 1.5])[: int(rng.integers(2, 4))]):
        n = syn.samples(0.9)
        chime = syn.tone(table, root_hz * float(ratio), n) * syn.attack_decay(n, 0.003, 0.3)
        syn.add_at(sound, chime * 2, syn.samples(0.05 + 0.35 * number))


def commentator(cue: Cue, venue: Venue) -> Samples:
    """A reporter at the next seat, near and dry; now and then excited for no reason."""
    rng = cue.draws()
    excited = float(rng.choice([0.0, rng.uniform(0.3, 1.0)], p=[0.6, 0.4]))
    part_rng = cue.part_draws()
    if part_rng.random() < 0.2:
        excited = float(part_rng.uniform(0.3, 1.2))
    who = voices.draw_speaker(rng, excited)
    return voices.speech(part_rng, who, syn.samples(cue.duration_s), float(rng.uniform(0.1, 0.35)))


def chatter(cue: Cue, venue: Venue) -> Samples:
    """One to five neighbours talking, laughing, calling out."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    sound = np.zeros(length, np.float32)
    for _ in range(int(rng.integers(1, 6))):
        who = voices.draw_speaker(rng, float(rng.choice([0.0, rng.uniform(0.0, 1.0)])))
        sound += voices.speech(rng, who, length, float(rng.uniform(0.3, 0.7))) * np.float32(np.exp(rng.normal(0, 0.5)))
    if rng.random() < 0.25:
        for _ in range(int(rng.integers(1, 4))):
            syn.add_at(sound, _cough(rng) * np.float32(rng.uniform(0.8, 2.5)), int(rng.uniform(0.0, 0.8) * length))
    return syn.faded(sound / max(syn.rms(sound), 1e-9), 0.1)


def _cough(rng: np.random.Generator) -> Samples:
    """A cough or a sneeze: one to three bursts of breath with some voice in them."""
    out = np.zeros(syn.samples(1.4), np.float32)
    at_s, size = 0.0, float(rng.uniform(0.05, 0.25))
    top_hz = float(rng.uniform(2500.0, 8000.0))
    for _ in range(int(rng.integers(1, 4))):
        n = syn.samples(size * 4)
        burst = syn.noise(rng, n, syn.shaped(syn.band_db(float(rng.uniform(250.0, 900.0)), top_hz, 6.0)))
        pitch = np.linspace(1.3, 0.8, syn.track_points(n)) * float(rng.uniform(120.0, 380.0))
        voice = syn.tone(voices.glottal(8, 20), pitch, n)
        burst = burst + float(rng.uniform(0.0, 0.8)) * voice
        syn.add_at(out, burst * syn.attack_decay(n, float(rng.uniform(0.003, 0.04)), size), syn.samples(at_s))
        at_s += size * float(rng.uniform(1.5, 3.5))
    return out


def child(cue: Cue, venue: Venue) -> Samples:
    """A child that cries or squeals: long tones that rise and fall, again and again."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    points = syn.track_points(length)
    at = np.arange(points) * syn.TRACK_S
    loud, bend = np.zeros(points), np.zeros(points)
    cry_s, pause_s = float(rng.uniform(0.3, 1.6)), float(rng.uniform(0.15, 1.0))
    start_s = float(rng.uniform(0.0, 0.2))
    while start_s < cue.duration_s:
        this_s = cry_s * float(rng.uniform(0.6, 1.4))
        inside = (at >= start_s) & (at < start_s + this_s)
        x = (at[inside] - start_s) / this_s
        loud[inside] = np.minimum(x / 0.1, 1.0) * np.minimum((1 - x) / 0.3, 1.0) * float(rng.uniform(0.6, 1.0))
        bend[inside] = np.interp(x, [0, 0.25, 1], rng.normal([0.0, 3.0, -2.0], 2.0))
        start_s += this_s + pause_s * float(rng.uniform(0.5, 1.5))
    pitch = float(rng.uniform(300.0, 850.0)) * np.exp2(bend / 12) * voices.jitter(rng, points, 0.5, 10.0)
    cry = voices.source(rng, pitch, loud, length, float(rng.uniform(0.2, 1.0)))
    path = voices.vowel_path([str(v) for v in rng.choice(voices.OPEN, 3)], syn.frames_for(length))
    sound = syn.filtered(cry, voices.vowel_filter(path, float(rng.uniform(1.3, 1.6))))
    return sound / max(syn.rms(sound), 1e-9)


def referee(cue: Cue, venue: Venue) -> Samples:
    """A pea whistle: two close tones near 2.5 to 4 kHz, fluttering twenty to forty times a second, in blasts."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    out = np.zeros(length, np.float32)
    pitch_hz = float(rng.uniform(2000.0, 4100.0))
    gap_hz = float(rng.uniform(20.0, 260.0))
    pea_hz, pea = float(rng.uniform(18.0, 55.0)), float(rng.choice([0.0, rng.uniform(0.2, 0.9)], p=[0.25, 0.75]))
    hiss = float(rng.uniform(0.02, 0.25))
    overtones = [1.0, float(rng.uniform(0.0, 0.3)), float(rng.uniform(0.0, 0.15))]
    at_s = 0.0
    blasts = [float(rng.uniform(0.12, 0.5)) for _ in range(int(rng.choice(3, p=[0.65, 0.2, 0.15])))]
    blasts.append(float(rng.uniform(0.15, 1.8)))
    for blast_s in blasts:
        n = min(syn.samples(blast_s), length - syn.samples(at_s))
        if n < syn.samples(0.05):
            break
        t = np.arange(n, dtype=np.float32) / grid.SAMPLE_RATE_HZ
        flutter = (1 + np.float32(pea) * np.sin(2 * np.pi * pea_hz * t + float(rng.uniform(0, 6)))).astype(np.float32)
        points = syn.track_points(n)
        track = pitch_hz * voices.jitter(rng, points, 0.2, 20.0)
        track = track * (1 - 0.06 * np.exp(-np.arange(points) * syn.TRACK_S / 0.02))
        tone = syn.tone(syn.harmonics(overtones), track, n) + 0.7 * syn.tone(syn.harmonics([1.0]), track + gap_hz, n)
        breath = syn.noise(rng, n, syn.shaped(syn.band_db(1800.0, 7000.0, 14.0)))
        syn.add_at(out, syn.faded((tone + hiss * breath) * flutter, 0.015), syn.samples(at_s))
        at_s += blast_s + float(rng.uniform(0.06, 0.25))
    out /= max(syn.rms(out), 1e-9)
    # What every recording of a whistle has under it: the air of the place, forty decibels down in each band.
    air = syn.noise(rng, length, syn.shaped(syn.curve_db({40.0: 0.0, 300.0: -6.0, 1000.0: -11.0, 10000.0: -14.0})))
    return out + syn.amplitude(float(rng.uniform(-36.0, -22.0))) * air / max(syn.rms(air), 1e-9)
