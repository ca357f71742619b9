"""Ingest, list, show and remove on the 34 games that are in both data sets, with simulated sound.

Run as ``python -m tests.check_library --soccernet DIR --open-data DIR``. Whole matches take minutes each; ``--minutes``
simulates only so much from before the first kick-off on, and then gives the kick-offs by hand.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import soundfile

from engine.core.grid import SAMPLE_RATE_HZ
from engine.football.statsbomb import load_from_folder
from engine.simulator.match import SimulatedMatch, plan_match
from engine.simulator.real_timeline import to_timeline
from engine.simulator.timeline import Timeline, cut
from tui.cli.main import main as momentum

LEAST_MINUTES = 0.75


@dataclass(frozen=True, slots=True)
class Game:
    name: str
    match_id: int


def games(soccernet: Path) -> list[Game]:
    with (soccernet / "games.csv").open(newline="") as file:
        rows = [(row["soccernet_game"], row["statsbomb_match_id"]) for row in csv.DictReader(file)]
    return [Game(name, int(match_id)) for name, match_id in rows if match_id]


def say(*args: str) -> Any:
    """Run a command of the program and return its JSON."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = momentum([*args, "--json"])
    if code != 0:
        raise AssertionError(f"momentum {' '.join(args)} ended with {code}: {err.getvalue()[-500:]}")
    return json.loads(out.getvalue())


def write_sound(path: Path, timeline: Timeline, seed: int) -> None:
    with soundfile.SoundFile(path, "w", SAMPLE_RATE_HZ, 1, "PCM_16") as file:
        for block in SimulatedMatch(plan_match(seed, timeline)).blocks():
            file.write(block.samples)


def check_game(game: Game, open_data: Path, folder: Path, seed: int, minutes: float | None) -> str:
    """Take one game in twice, look at it, and find it in the list; its id."""
    timeline = to_timeline(load_from_folder(open_data, game.match_id), kickoff_s=10.0)
    by_hand: list[str] = []
    if minutes is not None:
        starts = [str(round(period.start_s)) for period in timeline.periods]
        by_hand = ["--kickoff", starts[0], "--second-half", starts[1]]
        timeline = cut(timeline, 0.0, minutes * 60.0)
    sound = folder / f"{game.match_id}.flac"
    write_sound(sound, timeline, seed)
    ingest = ["ingest", str(sound), "--statsbomb", str(game.match_id), "--open-data", str(open_data), *by_hand]
    found, again = say(*ingest), say(*ingest)
    assert again["already"] and again["id"] == found["id"]
    sound.unlink()
    shown = say("library", "show", found["id"])
    assert shown["events"]["match_id"] == f"statsbomb-{game.match_id}"
    if minutes is None:
        for period in timeline.periods:
            error_s = shown["alignment"]["kick_off_s"][str(period.number)] - period.start_s
            assert abs(error_s) <= 2.0, f"{game.name}: period {period.number} is {error_s:.1f} s off"
    return str(found["id"])


def run(soccernet: Path, open_data: Path, minutes: float | None, chosen: Sequence[Game] | None = None) -> int:
    """Check every game in a library of its own; how many there were."""
    played = chosen if chosen is not None else games(soccernet)
    with TemporaryDirectory() as home, patch.dict(os.environ, MOMENTUM_HOME=home):
        ids = [check_game(game, open_data, Path(home), seed, minutes) for seed, game in enumerate(played)]
        assert {row["id"] for row in say("library", "list")} == set(ids) and len(set(ids)) == len(played)
        assert all(row["usable"] and row["bytes"] < 20e6 for row in say("library", "list"))
        say("library", "remove", *ids)
        assert say("library", "list") == []
    return len(played)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.check_library", description=__doc__)
    parser.add_argument("--soccernet", type=Path, required=True)
    parser.add_argument("--open-data", type=Path, required=True)
    parser.add_argument("--minutes", type=float, help=f"at least {LEAST_MINUTES:g}; without, whole matches")
    given = parser.parse_args()
    print(f"{run(given.soccernet, given.open_data, given.minutes)} games went in, were listed, shown and removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
