"""Eight grounds in one process against eight single runs: ``python -m tests.check_many_sources --minutes 10``.

Every ground is a simulated match that is played at so many times real time. First each is recorded by itself (its pace
is that of a clock that nobody waits for, so the sound is cut alike), then all by one process, then all again while one
source breaks off in the middle. Readings, spikes and rejected candidates in the sessions must be the same, bit for bit;
how long readings let wait for themselves is printed, since that depends on the machine.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, process_time

import numpy as np
import soundfile

from engine.app.keep_session import LIVE_GIVES_UP_AFTER_S
from engine.app.listen import Wanted
from engine.app.open_source import open_source
from engine.app.record_many import Outcome, record_many
from engine.audio.pacing import Paced
from engine.audio.source import Around, AudioSource
from engine.core.errors import DeviceError
from engine.core.paths import find_paths
from engine.core.settings import Settings
from engine.core.signals import AudioBlock
from engine.core.venue_sources import Place, places_named
from engine.simulator.match import SimulatedMatch, plan_match

Kept = tuple[list[tuple[object, ...]], list[tuple[object, ...]]]
_READINGS = "SELECT id, t, pressure, level_db, peak_db, health FROM readings ORDER BY id"
_EVENTS = "SELECT after_reading, type, body FROM events WHERE type IN ('alarm', 'spike', 'rejected') ORDER BY rowid"


class Unplugged(Around):
    """A source that goes away after so many seconds of sound."""

    def __init__(self, source: AudioSource, after_s: float) -> None:
        super().__init__(source)
        self._after_s = after_s

    def blocks(self) -> Iterator[AudioBlock]:
        """The sound up to there."""
        for block in self._source.blocks():
            if block.end / 22050 > self._after_s:
                raise DeviceError(f"{self.name} went away.", "Plug it in again.")
            yield block

    def close(self) -> None:
        """Close the source."""
        self._source.close()


def grounds(folder: Path, count: int, minutes: float) -> list[Place]:
    """A match, heard from another moment on at each ground."""
    match = SimulatedMatch(plan_match(20, minutes=minutes), "20")
    sound = np.concatenate([block.samples for block in match.blocks()])
    files = []
    for i in range(count):
        files.append(str(folder / f"ground-{i + 1}.wav"))
        soundfile.write(files[-1], np.roll(sound, 4099 * 61 * i), 22050, subtype="PCM_16")
    return places_named(files)


def at_once(place: Place, speed: float) -> AudioSource:
    """The source as it is cut at that speed, on a clock that runs as fast as it is asked to wait."""
    now_s = [0.0]

    def sleep(seconds: float) -> None:
        now_s[0] += seconds

    return Paced(open_source(place.spec, speed=float("inf")), speed, lambda: now_s[0], sleep)


def kept(outcome: Outcome) -> Kept:
    """What a session says of the sound."""
    with sqlite3.connect(find_paths().sessions / outcome.session / "session.db") as database:
        return database.execute(_READINGS).fetchall(), database.execute(_EVENTS).fetchall()


def longest_pause_s(outcome: Outcome, around_s: float | None = None) -> float:
    """The longest that a session waited for its next reading; only within 10 s of ``around_s`` of sound where given."""
    with sqlite3.connect(find_paths().sessions / outcome.session / "session.db") as database:
        rows = np.array(database.execute("SELECT t, elapsed_s FROM readings ORDER BY id").fetchall())
    near = np.ones(len(rows), bool) if around_s is None else np.abs(rows[:, 0] - around_s) < 10.0
    return float(np.diff(rows[near, 1]).max())


def main() -> int:
    """Record, compare, print; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--speed", type=float, default=8.0)
    asked = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MOMENTUM_HOME"] = str(Path(folder) / "home")
        places = grounds(Path(folder), asked.sources, asked.minutes)
        wanted = Wanted(Settings(), speed=asked.speed, gives_up_after_s=LIVE_GIVES_UP_AFTER_S)

        def run(name: str, together: list[Place], opening=None) -> list[Outcome]:  # type: ignore[no-untyped-def]
            began, spent = monotonic(), process_time()
            outcomes = record_many(wanted, together, lambda _: None, opening=opening)
            print(f"{name}: {process_time() - spent:.1f} s of the processor, {monotonic() - began:.0f} s", flush=True)
            return outcomes

        single = [kept(run(p.name, [p], lambda place: at_once(place, asked.speed))[0]) for p in places]
        together = run("all by one process", places)
        half_s = 30.0 * asked.minutes

        def broken(place: Place) -> AudioSource:
            source = open_source(place.spec, speed=asked.speed)
            return Unplugged(source, half_s) if place is places[0] else source

        lost = run("all, the first goes away in the middle", places, broken)
        for name, outcomes, first in (("all", together, 0), ("one lost", lost, 1)):
            for outcome, alone in list(zip(outcomes, single, strict=True))[first:]:
                mine = kept(outcome)
                same = mine == alone
                faults += not same
                late = f"longest pause {longest_pause_s(outcome):.3f} s"
                near = f", {longest_pause_s(outcome, half_s):.3f} s around the loss" if first else ""
                what = f"{len(mine[0])} readings, {len(mine[1])} alarms, spikes and rejected"
                print(f"{name}, {outcome.place.name}: {what}, {'the same' if same else 'OTHER'} bits, {late}{near}")
        gone = kept(lost[0])[0]
        faults += gone != single[0][0][: len(gone)] or not 0 < len(gone) < len(single[0][0])
        print(f"the lost one: {len(gone)} readings, exit code {lost[0].exit_code}; {faults} faults")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
