"""What it costs to take a match in, find its kick-offs, label it, and read it back."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from time import process_time

import numpy as np

from engine.core.grid import SAMPLE_RATE_HZ, WINDOW_FRAMES
from engine.football.alignment.align import align
from engine.football.match_clock import on_sound
from tests.bench import Row
from tests.unit.engine.football.alignment.test_align import CLOCK, FRAMES, MATCH, sound
from tests.unit.train.matches import BY_HAND, NOW, Played, match_events, noise
from train.data.intake.ingest import ingest
from train.data.labels import find_rule
from train.data.library import Library
from train.data.packed_mel import BYTES_A_FRAME, pack, unpack

_TIMES = 5
_SECONDS = 120


def run() -> list[Row]:
    """Ingest without decoding (that is the sources' benchmark), alignment, labels and reading of a whole match."""
    minutes = FRAMES * 1024 / SAMPLE_RATE_HZ / 60
    ends = np.arange(WINDOW_FRAMES, FRAMES, 2)
    packed = pack(sound())
    with tempfile.TemporaryDirectory() as folder:
        return [
            _speed("ingest, log-mel to library", _SECONDS, lambda: _ingest(Path(folder))),
            _row("find the kick-offs", lambda: align(sound(), MATCH), 1.0, "s", f"{minutes:.0f} minutes of sound"),
            _row(
                "label every reading of a match",
                lambda: find_rule("danger").apply(on_sound(MATCH, CLOCK), ends),
                1000.0,
                "ms",
                f"{len(ends)} windows",
            ),
            _row("read a match's frames back", lambda: unpack(packed), 1000.0, "ms", f"{minutes:.0f} minutes of sound"),
            Row("a match of 95 minutes on disk", 95 * 60 * SAMPLE_RATE_HZ / 1024 * BYTES_A_FRAME / 1e6, "MB"),
        ]


def _ingest(folder: Path) -> None:
    samples = noise(1, _SECONDS * SAMPLE_RATE_HZ)
    media = folder / "sound.raw"
    media.write_bytes(b"a stand-in for the recording")
    with tempfile.TemporaryDirectory(dir=folder) as home:
        ingest(
            media=media,
            source=Played(samples, pieces=_SECONDS),
            events=match_events(),
            library=Library(Path(home)),
            align=lambda mel, match: BY_HAND,
            now=lambda: NOW,
            progress=lambda step, done, total: None,
            program="bench",
        )


def _speed(name: str, seconds: float, work: Callable[[], object]) -> Row:
    work()
    speeds = sorted(seconds / _spent_s(work) for _ in range(_TIMES))
    lower, _, upper = quantiles(speeds, n=4)
    return Row(name, median(speeds), "x real time", (upper - lower) / 2, f"{seconds:.0f} s of noise")


def _row(name: str, work: Callable[[], object], scale: float, unit: str, note: str) -> Row:
    work()
    costs = sorted(scale * _spent_s(work) for _ in range(_TIMES))
    lower, _, upper = quantiles(costs, n=4)
    return Row(name, median(costs), unit, (upper - lower) / 2, note)


def _spent_s(work: Callable[[], object]) -> float:
    started = process_time()
    work()
    return process_time() - started
