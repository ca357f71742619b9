"""Pictures of what the simulator sounds like: ``python -m train.experiments.documentation_spectrograms DIR`` draws
``docs/pictures/*.png``.

A picture is the program's own log-mel: time to the right with a tick every second, the 64 mel bands upwards with ticks
at 0.5, 1, 2, 4 and 8 kHz, 60 dB from black to white below the loudest.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import band_edges_hz, log_mel
from engine.core import grid
from engine.core.as_program import as_program
from engine.core.png import png
from engine.core.signals import Samples
from engine.football.events import EventKind, RecordedEvent, Side
from engine.simulator import confuser_schedule
from engine.simulator import crowd_behaviour as crowd
from engine.simulator.crowd_behaviour import Mood
from engine.simulator.match import Score, SimulatedMatch, draws_for, in_order
from engine.simulator.sound_cues import Confuser, Cue, Reaction
from engine.simulator.timeline import Timeline
from engine.simulator.venue import Venue, draw_venue

Pixels = NDArray[np.uint8]
SEED: Final = 1
SECONDS: Final = 14.0
_LEAD_S, _ONSET_S = 4.0, 4.0
_RANGE_DB: Final = 60.0
_SCALE: Final = (3, 2)
"""Pixels a band and a frame."""
_MARGIN: Final = 6
_COLOURS: Final = np.array(
    [
        [0, 0, 4],
        [40, 11, 84],
        [101, 21, 110],
        [159, 42, 99],
        [212, 72, 66],
        [245, 125, 21],
        [250, 193, 39],
        [252, 255, 164],
    ],
    float,
)
"""Eight steps of the map "inferno" (S. van der Walt and N. Smith), public domain."""


def scenes() -> dict[str, Callable[[np.random.Generator, Venue], tuple[list[Cue], Timeline]]]:
    """What is drawn, by the name of the picture."""
    quiet = Timeline((), (), _LEAD_S + SECONDS)

    def reaction(kind: Reaction, level_db: float) -> Callable[[np.random.Generator, Venue], tuple[list[Cue], Timeline]]:
        return lambda rng, venue: ([crowd.make_reaction(rng, kind, _LEAD_S + _ONSET_S, level_db)], quiet)

    def confuser(kind: Confuser) -> Callable[[np.random.Generator, Venue], tuple[list[Cue], Timeline]]:
        return lambda rng, venue: (confuser_schedule.make_confuser(rng, kind, _LEAD_S + _ONSET_S, 9.0, 12.0), quiet)

    def build_up(rng: np.random.Generator, venue: Venue) -> tuple[list[Cue], Timeline]:
        shot_s = _LEAD_S + 9.5
        events = tuple(
            RecordedEvent(t_s, kind, Side.HOME, 0.4)
            for t_s, kind in ((shot_s - 2.5, EventKind.BOX_ENTRY), (shot_s, EventKind.GOAL))
        )
        return [crowd.make_reaction(rng, Reaction.ROAR, shot_s + 0.3, 15.0)], replace(quiet, events=events)

    return {
        "bed": lambda rng, venue: ([], quiet),
        "build-up": build_up,
        "roar": reaction(Reaction.ROAR, 15.0),
        "groan": reaction(Reaction.GROAN, 13.0),
        "applause": reaction(Reaction.APPLAUSE, 10.0),
        "chant": lambda rng, venue: (crowd.make_chant(rng, venue, _LEAD_S + _ONSET_S, 9.0, 12.0), quiet),
        "pa-music": confuser(Confuser.PA_MUSIC),
        "pa-speech": confuser(Confuser.PA_SPEECH),
        "drum": confuser(Confuser.DRUMS),
        "whistle": confuser(Confuser.WHISTLE),
    }


def sound_of(name: str, seed: int = SEED) -> Samples:
    """``SECONDS`` of a scene on a big ground that is recorded well."""
    venue = replace(
        draw_venue(draws_for(seed, "venue")),
        agc=0.0,
        noise_floor_dbfs=-90.0,
        voices=0.6,
        bed_level_dbfs=-38.0,
        reverberation_s=0.9,
        excitability=1.3,
    )
    rng = draws_for(seed, f"picture {name}")
    cues, timeline = scenes()[name](rng, venue)
    mood = crowd.plan_mood(rng, venue, timeline)
    score = Score(seed, venue, timeline, Mood(mood.level_db - mood.level_db[0], mood.tension), in_order(cues))
    sound = np.concatenate(list(SimulatedMatch(score).chunks()))
    return sound[round(_LEAD_S * grid.SAMPLE_RATE_HZ) :]


def spectrogram(sound: Samples) -> Pixels:
    """The picture (rows, columns, 3) of a sound."""
    level = log_mel(np.ascontiguousarray(sound)).T[::-1].astype(float)
    shade = np.clip((level - level.max()) / _RANGE_DB + 1.0, 0.0, 1.0)
    shade = np.kron(shade, np.ones(_SCALE))
    steps = np.arange(len(_COLOURS)) / (len(_COLOURS) - 1)
    inner = np.stack([np.interp(shade, steps, _COLOURS[:, channel]) for channel in range(3)], axis=-1)
    rows, columns = inner.shape[0] + _MARGIN, inner.shape[1] + _MARGIN
    picture = np.full((rows, columns, 3), 255, np.uint8)
    picture[: inner.shape[0], _MARGIN:] = inner.astype(np.uint8)
    for second in range(1 + int(len(sound) / grid.SAMPLE_RATE_HZ)):
        column = _MARGIN + round(second / grid.HOP_S) * _SCALE[1]
        picture[
            inner.shape[0] : inner.shape[0] + (_MARGIN if second % 5 == 0 else _MARGIN // 2), column : column + 1
        ] = 0
    for hz in (500.0, 1000.0, 2000.0, 4000.0, 8000.0):
        band = int(np.argmin(np.abs(band_edges_hz()[1:-1] - hz)))
        row = inner.shape[0] - round((band + 0.5) * _SCALE[0])
        picture[row, :_MARGIN] = 0
    return picture


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw every scene into a folder."""
    parser = argparse.ArgumentParser(
        prog="python -m train.experiments.documentation_spectrograms", description="Spectrograms of the simulator."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in scenes():
        file = options.folder / f"{name}.png"
        file.write_bytes(png(spectrogram(sound_of(name, options.seed))))
        sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(as_program(main))
