"""How a crowd sounds: roars, groans, oohs, applause, boos, whistling, and the murmur it comes out of.

Each function plays one cue at a level of about 1; ``engine.simulator.match`` sets the loudness. A cry is part noise
(thousands of far voices) and part single voices with pitch and vowels, in shares that the ground and the moment draw.
"""

from typing import Final

import numpy as np

from engine.core import grid
from engine.core.signals import Samples
from engine.simulator import crowd_spectra as colours
from engine.simulator import synthesis_primitives as syn
from engine.simulator import voices
from engine.simulator.sound_cues import Cue, Reaction
from engine.simulator.synthesis_primitives import Curve
from engine.simulator.venue import Venue

HANDS: Final = 6
"""Different pairs of hands in an applause: one alone would ring like a comb."""


def cry_envelope_db(cue: Cue, points: int) -> Curve:
    """Level of a cry against its peak, one value a ``TRACK`` step: a rise, the peak, a fall in two slopes.

    The rise is smooth in dB and takes ``rise_s`` from a tenth to nine tenths of the height; after ``hold_s`` the fall
    starts with ``decay_db_per_s`` and goes on at half of it below the middle, until the end fades it out.
    """
    t = np.arange(points) * syn.TRACK_S
    height_db = max(cue.level_db, 3.0) + 8.0
    peak_s = cue.peak_s - cue.onset_s
    climb_s = max(cue.rise_s / 0.6, 0.02)
    x = np.clip((t - max(peak_s - climb_s, 0.0)) / climb_s, 0.0, 1.0)
    rise = -height_db * (1 - x * x * (3 - 2 * x))
    after = np.maximum(t - peak_s - cue.hold_s, 0.0)
    steep_s = 0.5 * height_db / cue.decay_db_per_s
    fall = -cue.decay_db_per_s * (np.minimum(after, steep_s) + 0.5 * np.maximum(after - steep_s, 0.0))
    left_s = np.maximum(cue.duration_s - t, 0.0)
    fade = 20 * np.log10(np.clip(left_s / min(0.35 * cue.duration_s, 1.5), 1e-3, 1.0))
    return np.asarray(rise + fall + fade)


def _cry(
    rng: np.random.Generator,
    cue: Cue,
    venue: Venue,
    how: voices.Shouting,
    colour: Curve,
    voice_share: float,
    brightening_db: float,
) -> Samples:
    """Noise and voices under one envelope; the peak is brighter than what comes before and after by some dB."""
    length = syn.samples(cue.duration_s)
    envelope_db = cry_envelope_db(cue, syn.track_points(length)) + syn.wander(
        rng, syn.track_points(length), syn.TRACK_S, float(rng.uniform(0.25, 0.9)), float(rng.uniform(0.2, 1.3))
    )
    frames = syn.frames_for(length)
    lively = syn.flutter(rng, frames, float(rng.uniform(3.0, 9.0)), 9, float(rng.uniform(0.5, 2.2)))
    # All of them together breathe and chop a little: without it a roar is smoother than any that was measured.
    lively = lively * syn.flutter(rng, frames, float(rng.uniform(4.0, 16.0)), 2, float(rng.uniform(0.5, 2.2)))
    excess = np.clip(syn.by_frame(envelope_db, length) / max(cue.level_db, 6.0), -1.0, 0.0)[:, None]
    slope = np.clip(np.log2(syn.bins_hz()) - 9.7, -1.0, 2.5)[None, :] * brightening_db
    moving = lively * np.exp(excess * slope * (np.log(10.0) / 20.0)).astype(np.float32)
    crowd = syn.noise(rng, length, syn.shaped(colour) * moving)
    crowd /= max(syn.rms(crowd), 1e-9)
    if voice_share > 0.02:
        cries = voices.shout(rng, how, length)
        mixed = crowd * np.sqrt(1 - voice_share) + cries * np.sqrt(voice_share)
        crowd = colours.bent(mixed.astype(np.float32), colour)
    return crowd * syn.spread_out(10 ** (envelope_db / 20), length)


def _voice_share(rng: np.random.Generator, venue: Venue) -> float:
    return float(np.clip(rng.beta(1.4, 1.6) * (0.25 + 0.9 * venue.voices), 0.0, 0.95))


def _pitch_range(rng: np.random.Generator, venue: Venue, low_hz: float, high_hz: float) -> tuple[float, float]:
    """Pitches of a group; children and women raise the upper end."""
    shift = float(np.exp2(rng.normal(0.0, 0.2)))
    return low_hz * shift, high_hz * shift * (1.0 + 0.9 * venue.children * float(rng.random()))


def roar(cue: Cue, venue: Venue) -> Samples:
    """A goal, or what was nearly taken for one: open vowels, voices that leap up and hold."""
    rng = cue.draws()
    muted = cue.kind is Reaction.MUTED_ROAR
    low, high = _pitch_range(rng, venue, 170.0, 420.0)
    top = float(rng.uniform(2.0, 7.0))
    how = voices.Shouting(
        voices=int(rng.integers(6, 14) if muted else np.exp(rng.uniform(np.log(4.0), np.log(34.0)))),
        low_hz=low,
        high_hz=high,
        glide=((0.0, 0.0), (0.12, top), (0.6, top * 0.8), (1.0, top - float(rng.uniform(2.0, 6.0)))),
        vowels=[str(v) for v in rng.choice(voices.OPEN if rng.random() < 0.8 else list(voices.VOWELS), 4)],
        spread_s=cue.rise_s * 1.5 + 0.1,
        breath_s=(0.5, 2.6),
        tilt=float(rng.uniform(0.4, 1.1)),
    )
    colour = colours.draw_colour(rng, colours.ROAR, venue.bed_db, 4.5, 1.1, 1.6)
    if muted:
        # Across the ground: air and the crowd between take the top off.
        colour = colour - 3.0 * np.clip(np.log2(syn.bins_hz()) - 10.0, 0.0, 3.5)
    sound = _cry(rng, cue, venue, how, colour, _voice_share(rng, venue), float(rng.uniform(0.5, 3.0)))
    return sound if muted else _with_hands_and_fingers(rng, cue, venue, sound)


def _with_hands_and_fingers(rng: np.random.Generator, cue: Cue, venue: Venue, sound: Samples) -> Samples:
    """Part of a cheer claps, whistles, or shouts "woo" far above the rest."""
    length = len(sound)
    envelope = syn.spread_out(10 ** (0.8 * cry_envelope_db(cue, syn.track_points(length)) / 20), length)
    if rng.random() < 0.35:
        rate = float(np.exp(rng.uniform(np.log(10.0), np.log(400.0)))) * (0.3 + venue.size)
        sound = sound + float(rng.uniform(0.05, 0.45)) * envelope * claps(rng, length, rate)
    if rng.random() < 0.3:
        sound = sound + float(rng.uniform(0.03, 0.3)) * envelope * _fingers(rng, length, float(rng.uniform(0.3, 3.0)))
    if rng.random() < 0.35:
        low = float(rng.uniform(330.0, 600.0))
        how = voices.Shouting(
            voices=int(rng.integers(3, 9)),
            low_hz=low,
            high_hz=low * 1.9,
            glide=((0.0, 0.0), (0.4, float(rng.uniform(2.0, 6.0))), (1.0, -float(rng.uniform(0.0, 3.0)))),
            vowels=["u", str(rng.choice(["u", "o", "i", "ae"]))],
            spread_s=0.5 * cue.duration_s,
            breath_s=(0.3, 1.4),
            tilt=float(rng.uniform(0.3, 1.0)),
            scale=1.1,
        )
        sound = sound + float(rng.uniform(0.1, 0.5)) * envelope * voices.shout(rng, how, length)
    return sound


def groan(cue: Cue, venue: Venue) -> Samples:
    """A near miss: thousands say "oooh", all at once, falling."""
    rng = cue.draws()
    low, high = _pitch_range(rng, venue, 130.0, 330.0)
    rise, fall = float(rng.uniform(0.0, 4.0)), float(rng.uniform(2.0, 9.0))
    if cue.kind is Reaction.OOH:
        rise, fall = float(rng.uniform(2.0, 7.0)), float(rng.uniform(0.0, 4.0))
    how = voices.Shouting(
        voices=int(rng.integers(12, 34)),
        low_hz=low,
        high_hz=high,
        glide=((0.0, 0.0), (0.2, rise), (1.0, rise - fall)),
        vowels=[str(v) for v in rng.choice(voices.ROUND if rng.random() < 0.8 else voices.OPEN, 3)],
        spread_s=0.12 + cue.rise_s * 0.6,
        breath_s=(min(0.5, 0.5 * cue.duration_s), cue.duration_s),
        tilt=float(rng.uniform(0.9, 1.6)),
    )
    colour = colours.draw_colour(rng, colours.GROAN, 0.5 * venue.bed_db, 2.0, 1.6, 1.0)
    share = min(_voice_share(rng, venue) + 0.15, 0.95)
    return _cry(rng, cue, venue, how, colour, share, float(rng.uniform(0.0, 2.0)))


def boo(cue: Cue, venue: Venue) -> Samples:
    """Low, long, round vowels; some whistle along."""
    rng = cue.draws()
    low, high = _pitch_range(rng, venue, 95.0, 210.0)
    how = voices.Shouting(
        voices=int(rng.integers(10, 28)),
        low_hz=low,
        high_hz=high,
        glide=((0.0, 0.0), (0.3, 1.0), (1.0, -float(rng.uniform(1.0, 4.0)))),
        vowels=["u", str(rng.choice(["u", "o"])), "u"],
        spread_s=float(rng.uniform(0.5, 2.0)),
        breath_s=(0.8, 3.0),
        tilt=float(rng.uniform(0.9, 1.5)),
    )
    # In a big crowd a boo is little darker than the bed; near by it is all vowel.
    part = float(rng.uniform(0.15, 1.0))
    colour = part * colours.draw_colour(rng, colours.BOO, venue.bed_db, 3.0, 1.5, 1.8)
    colour += (1 - part) * colours.draw_colour(rng, colours.BED, venue.bed_db, 3.0, 0.8, 1.2)
    sound = _cry(rng, cue, venue, how, colour, min(_voice_share(rng, venue) + 0.25, 0.95), 0.5)
    if rng.random() < 0.7:
        sound += float(rng.uniform(0.1, 0.9)) * _whistlers(rng, cue, venue, len(sound))
    return sound


def whistling(cue: Cue, venue: Venue) -> Samples:
    """People whistling through their fingers at the referee."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    sound = _whistlers(rng, cue, venue, length)
    if rng.random() < 0.5:
        colour = colours.draw_colour(rng, colours.BED, venue.bed_db, 3.0, 0.8, 1.2)
        murmur = syn.noise(rng, length, syn.shaped(colour))
        sound += float(rng.uniform(0.1, 1.0)) * murmur / max(syn.rms(murmur), 1e-9) * _envelope(cue, length)
    return sound


def _envelope(cue: Cue, length: int) -> Samples:
    return syn.spread_out(10 ** (cry_envelope_db(cue, syn.track_points(length)) / 20), length)


def _whistlers(rng: np.random.Generator, cue: Cue, venue: Venue, length: int) -> Samples:
    """A few that stand out, or so many that they make a band of their own at 2 to 4 kHz."""
    rate = float(np.exp(rng.uniform(np.log(0.6), np.log(30.0)))) * (0.3 + venue.size)
    return _fingers(rng, length, rate) * _envelope(cue, length)


def _fingers(rng: np.random.Generator, length: int, rate: float) -> Samples:
    """Whistles of gliding pitch, ``rate`` a second, level about 1."""
    out = np.zeros(length, np.float32)
    seconds = length / grid.SAMPLE_RATE_HZ
    for _ in range(int(np.clip(rng.poisson(rate * seconds), 1, 240))):
        n = syn.samples(float(rng.uniform(0.25, 1.6)))
        points = syn.track_points(n)
        shape = np.interp(np.linspace(0, 1, points), [0, 0.3, 1], rng.normal(0.0, rng.choice([0.8, 3.0]), 3))
        pitch = (
            float(np.clip(rng.normal(2600.0, 650.0), 1300.0, 4500.0))
            * np.exp2(shape / 12.0)
            * voices.jitter(rng, points, 0.25, 9.0)
        )
        table = syn.harmonics([1.0, float(rng.uniform(0.0, 0.15)), 0.03])
        note = syn.faded(syn.tone(table, pitch, n), 0.05) * float(np.exp(rng.normal(0.0, 0.7)))
        syn.add_at(out, note, int(rng.uniform(-n / 2, length)))
    return out / max(syn.rms(out), 1e-9)


def applause(cue: Cue, venue: Venue) -> Samples:
    """Claps by the thousand: clicks of random strength through the resonance of two hands."""
    rng = cue.draws()
    length = syn.samples(cue.duration_s)
    rate = float(np.exp(rng.uniform(np.log(15.0), np.log(1500.0)))) * (0.3 + venue.size)
    sound = claps(rng, length, rate)
    colour = colours.draw_colour(rng, colours.APPLAUSE, 0.6 * venue.bed_db, 3.0, 1.8, 1.6)
    sound = colours.bent(sound, colour)
    if rng.random() < 0.5:
        # Some cheer along with it.
        how = voices.Shouting(6, 180.0, 400.0, ((0.0, 0.0), (0.3, 3.0), (1.0, 0.0)), ["a", "e", "a"], 3.0, (0.4, 1.5))
        sound += float(rng.uniform(0.05, 0.4)) * voices.shout(rng, how, length)
    return sound * _envelope(cue, length)


def claps(rng: np.random.Generator, length: int, rate: float) -> Samples:
    """Clapping without a beat, ``rate`` claps a second, level about 1."""
    clicks = np.zeros(length, np.float32)
    count = int(rng.poisson(rate * length / grid.SAMPLE_RATE_HZ))
    places = rng.integers(0, length, count)
    np.add.at(clicks, places, np.exp(rng.normal(0.0, 0.9, count)).astype(np.float32) * rng.choice([-1.0, 1.0], count))
    return clap_hands(rng, clicks)


def clap_hands(rng: np.random.Generator, clicks: Samples) -> Samples:
    """Clicks through the sound of hands: noise bursts of some milliseconds with a resonance."""
    n = syn.samples(0.06)
    size = syn.fast_size(len(clicks) + n)
    together = np.zeros(size // 2 + 1, np.complex128)
    whose = rng.integers(0, HANDS, len(clicks))
    for pair in range(HANDS):
        theirs = np.fft.rfft(np.where(whose == pair, clicks, np.float32(0.0)), size)
        centre_hz = float(rng.uniform(600.0, 2400.0))
        hand = syn.noise(rng, n, syn.shaped(syn.band_db(centre_hz * 0.7, centre_hz * 1.5, 9.0)))
        hand *= syn.attack_decay(n, 0.001, float(rng.uniform(0.004, 0.018)))
        together += theirs * np.fft.rfft(hand, size)
    out = np.fft.irfft(together, size)[: len(clicks)].astype(np.float32)
    return out / max(syn.rms(out), 1e-9)
