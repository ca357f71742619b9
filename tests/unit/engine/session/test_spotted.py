"""What was spotted in a recording, kept with its session: through a repair, and in nobody's way."""

import json
import sqlite3
from pathlib import Path

import pytest

from engine.core.errors import InputError
from engine.core.paths import find_paths
from engine.core.signals import End
from engine.core.spotted import Spotted
from engine.session import SessionReader
from engine.session.repair import repair
from engine.session.spotted_rows import add_spotted
from tests.unit.engine.session.helpers import FakeTime, reading
from tests.unit.engine.session.test_words import recorded
from tui.cli.main import main

FOUND = [Spotted(1.0, "Goal", 0.75, {"video": 1.5, "crowd": -0.25}), Spotted(1.5, "Corner", 0.5)]


@pytest.fixture
def session(root: Path, time: FakeTime) -> Path:
    folder = recorded(root, time, [reading(1.0), reading(2.0), End(2.0, "end_of_file")])
    add_spotted(folder, FOUND)
    return folder


def kept(session: Path) -> list[Spotted]:
    with SessionReader.open(session) as reader:
        return reader.spotted()


def test_what_was_spotted_is_kept_and_what_is_spotted_again_takes_its_place(session: Path):
    assert kept(session) == FOUND
    add_spotted(session, FOUND[:1])
    assert kept(session) == FOUND[:1]


def test_sessions_show_lists_what_was_spotted_with_its_shares(session: Path, capsys: pytest.CaptureFixture[str]):
    find_paths().sessions.parent.mkdir(parents=True)
    find_paths().sessions.symlink_to(session.parent)
    assert main(["sessions", "show", session.name]) == 0
    assert "spotted  00:01 Goal 0.75\n" in capsys.readouterr().out
    assert main(["sessions", "show", session.name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spotted"][0]["shares"] == FOUND[0].shares


def test_a_session_in_which_nothing_was_spotted_has_no_such_table(root: Path, time: FakeTime):
    assert kept(recorded(root, time, [reading(1.0), End(1.0, "end_of_file")])) == []


def test_a_repair_keeps_what_was_spotted(session: Path, time: FakeTime):
    data = bytearray((session / "session.db").read_bytes())
    data[:100] = bytes(100)
    (session / "session.db").write_bytes(data)
    assert repair(session, time.clocks, 1).lost_readings == 0
    assert kept(session) == FOUND


@pytest.mark.parametrize("row", ["(1.0, 'Goal', 2.0, '{}')", "(1.0, 'Goal', 0.5, '[')", "('x', 'Goal', 0.5, '{}')"])
def test_a_damaged_row_is_a_fault_in_two_lines(session: Path, row: str):
    database = sqlite3.connect(session / "session.db")
    with database:
        database.execute(f"INSERT INTO spotted (t, label, confidence, shares) VALUES {row}")
    database.close()
    with pytest.raises(InputError, match="can't be read"):
        kept(session)
