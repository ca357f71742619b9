"""A ground and the microphone in it, drawn at random from wide ranges."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from engine.core import grid
from engine.simulator.synthesis_primitives import Curve, band_db, bins_hz, ripple_db


class Texture(StrEnum):
    """What a crowd is made of: shaped noise with some voices, or single people
    (``engine.simulator.crowd_of_single_people``).
    """

    NOISE = "noise"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, eq=False)
class Venue:
    """What stays the same through one match.

    Levels are relative to the bed of the crowd unless a name says dBFS. ``response_db`` is what microphone, codec and
    place do to every sound, decibels per bin of the short FFT; ``bed_db`` how this ground's bed differs from the mean
    one, likewise; ``voices`` in [0, 1] how near single voices are: 0 is far from a big crowd, 1 is in the stand. No
    ground is drawn with another ``texture`` than noise: a seed sounds as it always did, and who wants people says so.
    """

    size: float
    home_share: float
    excitability: float
    restlessness: float
    singing: float
    voices: float
    children: float
    reverberation_s: float
    distance_m: float
    bed_level_dbfs: float
    bed_wander_db: float
    noise_floor_dbfs: float
    agc: float
    agc_s: float
    clip_softness: float
    bandwidth_hz: float
    quantisation_bits: int
    bed_db: Curve
    response_db: Curve
    texture: Texture = Texture.NOISE

    def summary(self) -> dict[str, float]:
        """The plain numbers, for the truth file."""
        return {
            name: round(float(getattr(self, name)), 4)
            for name in self.__slots__
            if name not in ("bed_db", "response_db", "texture")
        }


def _bandwidth_hz(rng: np.random.Generator) -> float:
    """Most recordings keep what 22050 Hz can hold; cheap microphones, phones and codecs cut earlier."""
    whole = grid.SAMPLE_RATE_HZ / 2
    return float(rng.choice([whole, rng.uniform(7500.0, 10500.0), rng.uniform(5000.0, 7500.0), 3600.0], p=PLAIN))


PLAIN = (0.62, 0.2, 0.14, 0.04)


def draw_venue(rng: np.random.Generator) -> Venue:
    """Draw a ground: from a village pitch recorded on a phone to a full stadium with a good microphone."""
    size = float(rng.beta(1.3, 1.0))
    octaves = np.log2(bins_hz())
    # Between recordings the low end differs most (10 dB at 100 Hz), then the top; the middle hardly (2 dB).
    low_db = rng.normal(0.0, 5.5) * np.clip(np.log2(600.0) - octaves, 0.0, 3.0) / 2.0
    bed_db = low_db + rng.normal(0.0, 1.1) * np.clip(octaves - np.log2(900.0), -1.0, 4.0) + ripple_db(rng, 1.8, 0.45)
    bandwidth_hz = _bandwidth_hz(rng)
    response_db = (
        ripple_db(rng, float(rng.uniform(0.5, 2.2)), 0.5)
        + rng.normal(0.0, 0.8) * np.clip(octaves - 10.0, -2.5, 3.5)
        + band_db(float(np.exp(rng.uniform(np.log(20.0), np.log(180.0)))), grid.SAMPLE_RATE_HZ, rng.choice([6.0, 12.0]))
    )
    if bandwidth_hz < grid.SAMPLE_RATE_HZ / 2:
        response_db = np.maximum(response_db + band_db(1.0, bandwidth_hz, 60.0), -80.0)
    bed_level_dbfs = float(rng.uniform(-52.0, -22.0))
    return Venue(
        size=size,
        home_share=float(np.clip(rng.normal(0.85, 0.12), 0.4, 1.0)),
        excitability=float(np.exp(rng.normal(0.0, 0.25))),
        restlessness=float(np.exp(rng.normal(0.0, 0.45))),
        singing=float(rng.beta(1.2, 2.5)),
        voices=float(np.clip(rng.beta(1.1, 1.4) * (1.15 - 0.45 * size), 0.0, 1.0)),
        children=float(rng.beta(1.2, 4.0)),
        reverberation_s=float(np.exp(rng.uniform(np.log(0.2), np.log(1.4 + 1.6 * size)))),
        distance_m=float(np.exp(rng.uniform(np.log(4.0), np.log(80.0)))),
        bed_level_dbfs=bed_level_dbfs,
        bed_wander_db=float(rng.uniform(0.6, 2.2)),
        noise_floor_dbfs=float(min(rng.uniform(-95.0, -55.0), bed_level_dbfs - 12.0)),
        agc=float(rng.choice([0.0, rng.uniform(0.2, 0.8)], p=[0.65, 0.35])),
        agc_s=float(np.exp(rng.uniform(np.log(0.4), np.log(20.0)))),
        clip_softness=float(rng.uniform(0.0, 1.0)),
        bandwidth_hz=bandwidth_hz,
        quantisation_bits=int(rng.choice([16, 12, 10], p=[0.86, 0.1, 0.04])),
        bed_db=bed_db,
        response_db=response_db,
    )
