"""A finished session as lines: for a program, and for a person who reads them in a file or through a pipe."""

import json
from pathlib import Path

import pytest

from engine.core.signals import End, Spike
from tests.unit.engine.session.helpers import FakeTime, listen, recorder
from tui.cli.main import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def session(home: Path) -> str:
    time = FakeTime()
    writer = recorder(home / "data" / "sessions", time)
    listen(writer, time, 20.0, live=False)
    writer.write(Spike(5.0, 7.0, 9.0, 0.9, 7.0))
    writer.write(End(20.0, "end_of_file"))
    writer.close()
    return writer.name


def test_a_pipe_gets_json_lines(session: str, capsys: Captured):
    assert main(["replay", session]) == 0
    types = {json.loads(line)["type"] for line in capsys.readouterr().out.splitlines()}
    assert {"start", "reading", "spike", "end"} <= types


def test_plain_into_a_pipe_is_readable_lines_and_no_json(session: str, capsys: Captured):
    assert main(["replay", session, "--plain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 20 <= len(lines) < 40  # one a second, and what happened
    assert not [line for line in lines if line.startswith("{")]
