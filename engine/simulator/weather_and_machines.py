"""Weather, machines, bangs and animals."""

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator import synthesis_primitives as syn
from engine.simulator import voices
from engine.simulator.sound_cues import Cue
from engine.simulator.synthesis_primitives import Curve
from engine.simulator.venue import Venue


def _level(rng: np.random.Generator, length: int, period_s: float, spread_db: float) -> Samples:
    """A level that wanders, as amplitude factors."""
    track = syn.wander(rng, syn.track_points(length), syn.TRACK_S, period_s, spread_db)
    return syn.spread_out(10 ** (track / 20), length)


def _swell(rng: np.random.Generator, length: int, edge_s: float) -> Samples:
    """Comes up and goes away again."""
    seconds = length / grid.SAMPLE_RATE_HZ
    edge = min(edge_s / seconds, 0.45)
    x = np.linspace(0.0, 1.0, length, dtype=np.float32)
    return np.asarray(np.minimum(np.minimum(x / edge, (1 - x) / edge), 1.0), np.float32)


def _unit(sound: Samples) -> Samples:
    return sound / max(syn.rms(sound), 1e-9)


def wind(cue: Cue, venue: Venue) -> Samples:
    """Gusts on the capsule, deep and uneven, or hissing past an edge."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    if rng.random() < 0.7:
        tilt = -float(rng.uniform(4.0, 11.0)) * np.maximum(np.log2(syn.bins_hz()) - 5.5, 0.0)
    else:
        tilt = syn.ripple_db(rng, 6.0, 0.8) + syn.band_db(
            float(rng.uniform(80, 600)), float(rng.uniform(900, 5000)), 6.0
        )
    moving = syn.flutter(rng, syn.frames_for(length), float(rng.uniform(1.5, 10.0)), 4, float(rng.uniform(2.0, 6.0)))
    sound = syn.noise(rng, length, syn.shaped(tilt) * moving)
    gusts = _level(rng, length, float(rng.uniform(0.4, 3.0)), float(rng.uniform(2.0, 7.0)))
    return _unit(sound * gusts * _swell(rng, length, 1.0))


def rain(cue: Cue, venue: Venue) -> Samples:
    """Hiss of many drops, and single ones on a roof, an umbrella, the microphone's hood."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    colour = rng.normal(1.0, 2.0) * (np.log2(syn.bins_hz()) - 11.0) + syn.ripple_db(rng, 3.0, 0.8)
    colour = np.minimum(colour, 12.0) + syn.band_db(
        float(rng.uniform(150.0, 1500.0)), float(rng.uniform(4000, 11000)), 6
    )
    hiss = _unit(syn.noise(rng, length, syn.shaped(colour)))
    drops = np.zeros(length, np.float32)
    count = int(rng.poisson(float(np.exp(rng.uniform(np.log(3.0), np.log(400.0)))) * cue.duration_s))
    strengths = np.exp(rng.normal(0.0, 1.0, count)).astype(np.float32)
    np.add.at(drops, rng.integers(0, length, count), strengths)
    n = syn.samples(0.05)
    plop = syn.tone(syn.harmonics([1.0, 0.3]), float(rng.uniform(300.0, 3500.0)), n)
    plop = plop + syn.noise(rng, n, np.ones(syn.BINS, np.float32))
    plop *= syn.attack_decay(n, 0.0007, float(rng.uniform(0.002, 0.015)))
    size = syn.fast_size(length + n)
    wet = np.fft.irfft(np.fft.rfft(drops, size) * np.fft.rfft(plop, size), size)[:length].astype(np.float32)
    mixed = hiss + float(rng.uniform(0.0, 1.5)) * _unit(wet)
    return _unit(mixed * _level(rng, length, 4.0, 1.5) * _swell(rng, length, 2.0))


def helicopter(cue: Cue, venue: Venue) -> Samples:
    """Blades that beat ten to thirty times a second over a turbine's noise, coming and going."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    blade_hz = float(rng.uniform(9.0, 32.0))
    sharp = float(rng.uniform(2.0, 14.0))
    t = np.arange(length, dtype=np.float32) / grid.SAMPLE_RATE_HZ
    beat = np.exp(np.float32(sharp) * (np.sin(2 * np.pi * np.float32(blade_hz) * t) - 1))
    tilt = -float(rng.uniform(2.0, 6.0)) * np.maximum(np.log2(syn.bins_hz()) - 6.5, 0.0) + syn.ripple_db(rng, 3.0)
    air = syn.noise(rng, length, syn.shaped(tilt))
    whine = syn.tone(syn.harmonics([1, 0.5, 0.3], rng), float(rng.uniform(250.0, 900.0)), length)
    sound = _unit(air * beat) + float(rng.uniform(0.1, 0.8)) * _unit(air) + float(rng.uniform(0, 0.15)) * whine
    return _unit(sound * _swell(rng, length, float(rng.uniform(1.0, 8.0))) * _level(rng, length, 2.0, 1.5))


def aircraft(cue: Cue, venue: Venue) -> Samples:
    """A jet or a train far off: broad noise that swells over many seconds, its colour sliding."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    frames = syn.frames_for(length)
    slope = np.interp(np.linspace(0, 1, frames), [0, 0.5, 1], rng.uniform([-6, -3.5, -9], [-3, -1.5, -5]))
    octaves = np.maximum(np.log2(syn.bins_hz()) - 7.0, 0.0)
    colour = np.exp(slope[:, None] * octaves[None, :] * (np.log(10) / 20)).astype(np.float32)
    sound = syn.noise(rng, length, colour * syn.shaped(syn.ripple_db(rng, 2.5)))
    if rng.random() < 0.4:
        pitch = np.linspace(1.0, float(rng.uniform(0.75, 1.0)), syn.track_points(length)) * float(rng.uniform(80, 700))
        sound = _unit(sound) + float(rng.uniform(0.1, 0.6)) * syn.tone(
            syn.harmonics(syn.steep(12, 1.2), rng), pitch, length
        )
    return _unit(sound * _swell(rng, length, cue.duration_s * float(rng.uniform(0.2, 0.5))))


def engine_noise(cue: Cue, venue: Venue) -> Samples:
    """Motor, generator, mower or saw: a low pitch with many harmonics, steady, revving or stuttering."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    points = syn.track_points(length)
    revs = np.exp2(syn.wander(rng, points, syn.TRACK_S, float(rng.uniform(0.3, 4.0)), float(rng.uniform(0.05, 0.7))))
    pitch = float(np.exp(rng.uniform(np.log(18.0), np.log(230.0)))) * revs
    weights = syn.steep(60, float(rng.uniform(0.3, 1.3))) * np.exp(rng.normal(0.0, 0.7, 60))
    sound = syn.tone(syn.harmonics(weights, rng), pitch, length)
    colour = syn.band_db(40.0, float(rng.uniform(500.0, 6000.0)), 8.0) + syn.ripple_db(rng, 5.0, 0.5)
    sound = _unit(syn.filtered(sound, syn.shaped(colour)))
    sound += float(rng.uniform(0.05, 0.8)) * _unit(syn.noise(rng, length, syn.shaped(colour)))
    return _unit(sound * _level(rng, length, 0.6, float(rng.uniform(0.5, 4.0))) * _swell(rng, length, 0.6))


def siren(cue: Cue, venue: Venue) -> Samples:
    """Two tones or a wail; also a car's alarm, a bell, a telephone: something that repeats itself."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    at = np.arange(syn.track_points(length)) * syn.TRACK_S
    cycle_s = float(np.exp(rng.uniform(np.log(0.06), np.log(5.0))))
    phase = (at / cycle_s) % 1.0
    ratio = float(rng.uniform(1.05, 2.2))
    shape = phase > 0.5 if rng.random() < 0.5 else 0.5 - 0.5 * np.cos(2 * np.pi * phase)
    pitch = float(rng.uniform(350.0, 2600.0)) * ratio ** np.asarray(shape, float)
    sound = syn.tone(syn.harmonics(syn.steep(8, float(rng.uniform(0.6, 2.0))), rng), pitch, length)
    if rng.random() < 0.3:
        sound = sound * syn.spread_out((phase < float(rng.uniform(0.3, 0.8))).astype(float), length)
    return _unit(sound * _swell(rng, length, float(rng.uniform(0.02, 3.0))))


def _bang(rng: np.random.Generator, colour: Curve, attack_s: float, decay_s: float) -> Samples:
    n = syn.samples(min(7 * decay_s + attack_s, 9.0))
    return _unit(syn.noise(rng, n, syn.shaped(colour))) * syn.attack_decay(n, attack_s, decay_s)


def fireworks(cue: Cue, venue: Venue) -> Samples:
    """Bangs with a rolling echo, crackle, and a rocket's whistle."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    out = np.zeros(length, np.float32)
    for _ in range(int(rng.integers(1, 3 + int(cue.duration_s * rng.uniform(0.2, 2.0))))):
        tilt = -float(rng.uniform(1.0, 6.0)) * np.maximum(np.log2(syn.bins_hz()) - 6.5, 0)
        bang = _bang(rng, tilt, 0.001, float(rng.uniform(0.05, 0.6))) * np.float32(np.exp(rng.normal(0, 0.6)))
        syn.add_at(out, bang, int(rng.uniform(0, 0.9) * length))
    if rng.random() < 0.5:
        clicks = np.zeros(length, np.float32)
        count = int(rng.poisson(float(rng.uniform(5, 60)) * cue.duration_s))
        np.add.at(clicks, rng.integers(0, length, count), np.exp(rng.normal(0, 1, count)).astype(np.float32))
        out += float(rng.uniform(0.5, 3.0)) * syn.filtered(clicks, syn.shaped(syn.band_db(1200.0, 8000.0, 6.0)))
    if rng.random() < 0.4:
        n = min(length, syn.samples(float(rng.uniform(0.5, 2.0))))
        pitch = np.linspace(1.0, float(rng.uniform(0.6, 1.6)), syn.track_points(n)) * float(rng.uniform(1200, 3200))
        syn.add_at(out, 0.3 * syn.faded(syn.tone(syn.harmonics([1.0, 0.1]), pitch, n), 0.1), 0)
    return _unit(out)


def thunder(cue: Cue, venue: Venue) -> Samples:
    """A crack or none, then a long roll."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    tilt = -float(rng.uniform(3.0, 8.0)) * np.maximum(np.log2(syn.bins_hz()) - 6.0, 0.0)
    roll = syn.noise(rng, length, syn.shaped(tilt)) * _level(rng, length, float(rng.uniform(0.2, 1.0)), 5.0)
    roll *= syn.attack_decay(length, float(rng.uniform(0.05, 2.0)), cue.duration_s * float(rng.uniform(0.2, 0.5)))
    if rng.random() < 0.5:
        syn.add_at(roll, _bang(rng, tilt * 0.4, 0.002, float(rng.uniform(0.1, 0.5))) * 2 * max(syn.rms(roll), 1e-6), 0)
    return _unit(syn.faded(roll, 0.2))


def knocks(cue: Cue, venue: Venue) -> Samples:
    """Handling: bumps, taps, rustling, footsteps on boards, a seat that slams."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    out = np.zeros(length, np.float32)
    even = rng.random() < 0.4
    step_s = float(np.exp(rng.uniform(np.log(0.12), np.log(1.5))))
    top_hz = float(np.exp(rng.uniform(np.log(150.0), np.log(7000.0))))
    at_s = float(rng.uniform(0.0, 0.1))
    while at_s < cue.duration_s:
        colour = syn.band_db(float(rng.uniform(25.0, min(top_hz, 2000.0))), top_hz, 9.0)
        knock = _bang(rng, colour, 0.001, float(np.exp(rng.uniform(np.log(0.004), np.log(0.12)))))
        syn.add_at(out, knock * np.float32(np.exp(rng.normal(0, 0.5))), syn.samples(at_s))
        at_s += step_s * (1.0 if even else float(rng.gamma(1.0, 1.0)) + 0.05)
    if rng.random() < 0.3:
        moving = syn.flutter(rng, syn.frames_for(length), 14.0, 4, 7.0)
        rustle = syn.noise(rng, length, syn.shaped(syn.band_db(900.0, 8000.0, 6.0)) * moving)
        out += float(rng.uniform(0.1, 0.8)) * max(syn.rms(out), 0.05) * _unit(rustle)
    return _unit(syn.faded(out, 0.005))


def animal(cue: Cue, venue: Venue) -> Samples:
    """A police dog, gulls, crows, a cock behind the stand: short cries, each like the one before."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    out = np.zeros(length, np.float32)
    pitch_hz = float(np.exp(rng.uniform(np.log(180.0), np.log(3600.0))))
    cry_s = float(np.exp(rng.uniform(np.log(0.06), np.log(0.9))))
    shape = rng.normal([0.0, 4.0, -3.0, -4.0], 3.0)
    rough, tilt, scale = float(rng.uniform(0.0, 1.5)), float(rng.uniform(0.2, 1.6)), float(rng.uniform(0.8, 1.9))
    names = [str(v) for v in rng.choice(list(voices.VOWELS), 2)]
    at_s = float(rng.uniform(0.0, 0.15))
    while at_s < cue.duration_s:
        n = syn.samples(cry_s * float(rng.uniform(0.8, 1.2)))
        points = syn.track_points(n)
        bend = np.interp(np.linspace(0, 1, points), [0, 0.3, 0.7, 1], shape) + rng.normal(0, 0.5)
        track = pitch_hz * np.exp2(bend / 12) * voices.jitter(rng, points, 0.3 + rough, 30.0)
        cry = voices.source(rng, track, np.ones(points), n, tilt)
        cry = syn.filtered(cry, voices.vowel_filter(voices.vowel_path(names, syn.frames_for(n)), scale))
        cry = _unit(cry) + 0.4 * np.float32(rough) * _unit(
            syn.noise(rng, n, syn.shaped(syn.band_db(pitch_hz, pitch_hz * 5 + 500, 9)))
        )
        syn.add_at(
            out, syn.faded(cry, min(0.04, cry_s / 4)) * np.float32(np.exp(rng.normal(0, 0.2))), syn.samples(at_s)
        )
        at_s += cry_s + float(rng.gamma(1.5, 0.3))
    return _unit(out)
