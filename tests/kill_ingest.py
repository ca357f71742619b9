"""Kills ``momentum ingest`` again and again, and looks whether the library is whole.

Run as ``python -m tests.kill_ingest MEDIA --times 30``. Each round starts an ingest in a folder of its own, kills it at
a random moment, checks that the library opens and holds the match whole or not at all, and sometimes lets it finish.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from train.data.library import Library


def command(media: Path, home: Path, goals: str) -> subprocess.Popen[bytes]:
    options = ["--goals", goals, "--kickoff", "1:00", "--second-half", "1:05:00"]
    return subprocess.Popen(
        [sys.executable, "-m", "tui", "ingest", str(media), *options],
        env={**os.environ, "MOMENTUM_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def state_of(home: Path) -> str:
    """``none`` or ``whole``; a half of a match raises."""
    library = Library(home / "data" / "library")
    if list((library.root / "incoming").iterdir()):
        raise AssertionError("something was left in incoming/")
    entries = library.entries()
    for entry in entries:
        if entry.fault:
            raise AssertionError(f"{entry.id}: {entry.fault}")
        library.match(entry.id).verify()
    return "whole" if entries else "none"


def run(media: Path, times: int, rng: random.Random) -> Counter[str]:
    """Kill ``times`` ingests at moments spread over a whole one; how often the match was there afterwards."""
    found: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        started = time.monotonic()
        whole = command(media, Path(folder) / "first", "12:34")
        _, told = whole.communicate()
        length_s = time.monotonic() - started
        if whole.returncode != 0:
            raise AssertionError(f"ingest fails even undisturbed: {told.decode()}")
        home = Path(folder) / "killed"
        for _ in range(times):
            process = command(media, home, "12:34")
            time.sleep(rng.uniform(0.0, 1.2 * length_s))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            found[state_of(home)] += 1
            if found["whole"]:
                library = Library(home / "data" / "library")
                for entry in library.entries():
                    library.remove(entry.id)
        last = command(media, home, "12:34")
        last.communicate()
        if last.returncode != 0 or state_of(home) != "whole":
            raise AssertionError("the match could not be ingested after the kills")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kill_ingest", description=__doc__)
    parser.add_argument("media", type=Path)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = run(given.media, given.times, random.Random(given.seed))
    print(f"{given.times} kills: {found['none']} left nothing, {found['whole']} a whole match, then it went through")
    return 0


if __name__ == "__main__":
    sys.exit(main())
