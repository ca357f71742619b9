"""A finished session as lines: for a program, and for a person who reads them in a file or through a pipe."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.signals import End, Spike
from engine.session import SessionWriter
from tests.unit.engine.session.helpers import FakeTime, listen, recorder, start
from tui.cli.main import main

Captured = pytest.CaptureFixture[str]
OFF = {"spike_off": 0.1}


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


@pytest.mark.parametrize(
    ("settings", "says"), [({}, "; alarm from 0.70, about 2 false alarms a match"), (OFF, "with the weights default")]
)
def test_readable_lines_begin_as_they_did_when_the_session_was_live(
    home: Path, capsys: Captured, settings: dict[str, float], says: str
):
    points = [{"false_per_match": 2.0, "threshold": 0.7}]
    writer = SessionWriter.create(
        home / "data" / "sessions", "demo:7", settings=settings, weights={"operating_points": points}
    )
    writer.write(replace(start(writer.name), threshold=0.7, weights="default"))
    writer.write(End(0.0, "end_of_file"))
    writer.close()
    assert main(["replay", writer.name, "--plain"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(says)
