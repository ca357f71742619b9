"""Small matches and sounds for the tests of the library."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.core.grid import HISTORY_FRAMES, SAMPLE_RATE_HZ, samples_for
from engine.core.signals import AudioBlock
from engine.football.alignment.result import Alignment, by_hand
from engine.football.events import EventKind, MatchEvent, MatchEvents, Period, Shots, Side
from engine.football.goal_list import load_goals
from train.data.intake.ingest import Ingested, ingest
from train.data.library import Library

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
BY_HAND = by_hand({1: 10.0, 2: 3700.0})


def match_events(home: str = "Northtown", goals: int = 1) -> MatchEvents:
    return MatchEvents(
        match_id="test-1",
        home=home,
        away="Southport",
        date="2020-05-01",
        competition="Test League",
        score=(goals, 0),
        periods=(Period(1, 2790.0), Period(2)),
        events=(
            *(
                MatchEvent(1, 60.0 * n, EventKind.GOAL, Side.HOME, 0.3, "Goal", "Ana Example")
                for n in range(1, goals + 1)
            ),
            MatchEvent(2, 30.0, EventKind.SHOT, Side.AWAY, 0.05),
        ),
        source="statsbomb",
        attribution="made up",
        shots=Shots.WITH_XG,
    )


def noise(seed: int = 1, samples: int = samples_for(HISTORY_FRAMES + 9)) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


@dataclass
class Played:
    """A source that plays an array, and may break off."""

    samples: NDArray[np.float32]
    breaks_at: int | None = None
    name: str = "match.wav"
    live: bool = False
    pieces: int = 7
    closed: bool = field(default=False)

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ

    def blocks(self) -> Iterator[AudioBlock]:
        start = 0
        for piece in np.array_split(self.samples, self.pieces):
            if self.breaks_at is not None and start >= self.breaks_at:
                raise InputError("match.wav breaks off", "Copy it again.")
            yield AudioBlock(piece, start)
            start += len(piece)

    def close(self) -> None:
        self.closed = True


def take_in(
    library: Library,
    folder: Path,
    events: MatchEvents | None = None,
    seed: int = 1,
    replace: bool = False,
    alignment: Alignment = BY_HAND,
    source: Played | None = None,
    separation: str | None = None,
) -> Ingested:
    """Ingest a few seconds of noise with made-up events."""
    samples = noise(seed)
    media = folder / f"sound-{seed}.raw"
    media.write_bytes(samples.tobytes())
    return ingest(
        media=media,
        source=source or Played(samples),
        events=events or match_events(),
        library=library,
        align=lambda mel, match: alignment,
        now=lambda: NOW,
        progress=lambda step, done, total: None,
        program="momentum test",
        replace=replace,
        separation=separation,
    )


def goals_only() -> MatchEvents:
    return load_goals("12:34")
