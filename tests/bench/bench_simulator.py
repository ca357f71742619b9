"""How fast a match and a broadcast are simulated, in times real time of one core's processor time."""

import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from engine.app.write_broadcast_video import write_video
from engine.football.events import Side
from engine.football.soccernet_spots import CLASSES_V2
from engine.simulator.broadcast.broadcast import Half, SimulatedBroadcast
from engine.simulator.broadcast.happenings import Happening
from engine.simulator.match import SimulatedMatch, plan_match
from tests.bench import Row

_MINUTES = 6.0
_SEEDS = range(6)


def run() -> list[Row]:
    """Whole simulations of six grounds, confusers as usual and far more of them."""
    rows = []
    for name, density in (("simulate, confusers as usual", 1.0), ("simulate, confusers five times as often", 5.0)):
        paces = []
        for seed in _SEEDS:
            started = time.process_time()
            for _ in SimulatedMatch(plan_match(seed, minutes=_MINUTES, density=density)).chunks():
                pass
            paces.append(60 * _MINUTES / (time.process_time() - started))
        lower, _, upper = quantiles(paces, n=4)
        rows.append(
            Row(name, median(paces), "x real time", (upper - lower) / 2, f"{_MINUTES:g} min, {len(_SEEDS)} seeds")
        )
    return [*rows, *_broadcasts()]


def _broadcasts() -> list[Row]:
    """The picture alone, and a whole video with its sound."""
    events = tuple(Happening(20.0 * n, label, Side.HOME) for n, label in enumerate(CLASSES_V2, start=1))
    seconds = events[-1].t_s + 20.0
    drawn, written = [], []
    for seed in _SEEDS:
        broadcast = SimulatedBroadcast(Half(seed, 1, 0.0, seconds, events))
        started = time.process_time()
        for _ in broadcast.frames():
            pass
        drawn.append(seconds / (time.process_time() - started))
        with tempfile.TemporaryDirectory() as folder:
            started = time.process_time()
            write_video(broadcast, Path(folder, "1.mp4"), lambda step, done, total, note="": None)
            written.append(seconds / (time.process_time() - started))
    note = f"160x90, 10 a second, {seconds / 60:.0f} min, {len(_SEEDS)} seeds"
    return [
        Row("broadcast, pictures drawn", median(drawn), "x real time", note=note),
        Row("broadcast, pictures and sound written", median(written), "x real time", note=note),
    ]
