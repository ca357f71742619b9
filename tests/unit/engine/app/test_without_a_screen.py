"""The use cases are for anything that calls them: no screen, no command line and no training need be there."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid

BLOCKED = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("textual", "typer", "rich", "train", "tui"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Refused())
"""


def run(code: str, *arguments: str) -> list[str]:
    """The lines that ``code`` prints in a process of its own where the blocked packages can't be imported."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED + code, *arguments], capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("package", ["textual", "typer", "rich", "train", "tui"])
def test_what_is_blocked_here_is_blocked(package: str):
    with pytest.raises(AssertionError, match=f"{package} is blocked"):
        run(f"import {package}")


def test_every_use_case_can_be_imported():
    modules = run(
        """
import importlib, pkgutil
import engine.app
for module in pkgutil.walk_packages(engine.app.__path__, "engine.app."):
    importlib.import_module(module.name)
    print(module.name)
"""
    )
    names = ("listen", "record", "follow", "score", "simulate", "explain", "export_session", "doctor", "service")
    assert {f"engine.app.{name}" for name in names} <= set(modules)


def test_a_match_is_recorded_followed_exported_and_its_notices_are_handed_out(home: Path):
    """The first of the demo at full speed, ended by the program that asked for it."""
    said = run(
        """
import io
from engine.app.export_session import Order, export, table_of
from engine.app.follow import follow
from engine.app.listen import Wanted, listening
from engine.app.record import record
from engine.core.paths import find_paths
from engine.core.settings import Settings
from engine.core.run_protocols import Stop
from engine.session import SessionReader, list_sessions
from engine.session.export import Span

HEARD_S = 55.0

class Ending:
    def __init__(self, stop):
        self.stop, self.readings = stop, 0
    def write(self, event):
        if type(event).__name__ == "Reading":
            self.readings += event.pressure is not None
            if event.t >= HEARD_S:
                self.stop.request("heard enough")
    def flush(self): ...

notices = []
with listening(Wanted(Settings(source="demo"), speed=float("inf")), notices.append) as run:
    ending = Ending(run.stop)
    end = run.listen([ending])
print(end.reason, ending.readings > 100)

class Guard:
    def __init__(self, stop):
        self.stop = stop
    def __enter__(self):
        self.stop.request("not this time")
    def __exit__(self, *fault): ...

print(record(Wanted(Settings(source="demo"), speed=float("inf")), notices.append, Guard).reason)
print(*notices, sep="|")
newest, first = list_sessions(find_paths().sessions)
with SessionReader.open(first) as reader:
    again = Ending(Stop())
    print(follow(reader, again, Stop(), from_start=True), again.readings == ending.readings)
    table = io.StringIO()
    order = Order("csv", None, table_of("readings"), Span(), False, 1, 1, False, "", "", None, False)
    export(reader, order, table, print)
    print(len(table.getvalue().splitlines()) > 500)
"""
    )
    assert said[:2] == ["heard enough True", "not this time"]
    assert said[2].startswith("recording demo:")
    assert "|" not in said[2]
    assert said[3:] == ["ended True", "True"]


def test_a_file_is_scored_and_summed_up(home: Path, tmp_path: Path):
    file = tmp_path / "match.wav"
    noise = np.random.default_rng(0).normal(0, 0.1, 45 * grid.SAMPLE_RATE_HZ)
    soundfile.write(file, noise, grid.SAMPLE_RATE_HZ)
    said = run(
        """
import sys
from engine.app.score import Summary, scoring
from engine.core.settings import Settings
with scoring(sys.argv[1], Settings, print) as run:
    summary = Summary()
    end = run.listen([summary])
print(end.reason, round(summary.heard_s), summary.readings > 10, 0 <= summary.highest.pressure <= 1)
""",
        str(file),
    )
    assert said == ["end_of_file 45 True True"]
