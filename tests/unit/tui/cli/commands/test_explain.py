"""``momentum explain``, as a person runs it."""

import json
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ExitCode
from engine.core.signals import WordsEvent, to_json
from tests.unit.engine.explain.sessions import LOUD_S, heard_session, small_weights
from tui.cli.main import main

SAID = WordsEvent(LOUD_S + 3.0, LOUD_S + 1.0, LOUD_S + 0.5, "goal", 0.834, "goal")


@pytest.fixture
def session(home: Path) -> Path:
    weights = small_weights(home / "data" / "weights" / "small")
    return heard_session(home / "data" / "sessions", weights, said=SAID)


def test_a_spike_in_numbers_that_add_up(session: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    svg = tmp_path / "why.svg"
    assert main(["explain", "latest", "--spike", "1", "--json", "--svg", str(svg)]) == ExitCode.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["session"] == session.name
    assert told["t"] == pytest.approx(LOUD_S + 2.0, abs=0.1)
    assert told["same_as_then"]
    for parts in (np.array(told["parts"]).sum(), sum(row["moved"] for row in told["seconds"])):
        assert parts == pytest.approx(told["difference"], abs=0.01 * abs(told["difference"]) + 1e-4)
    assert told["seconds"][-1]["to_s"] == pytest.approx(told["t"])
    assert len(told["bands"]) == len(told["parts"][0])
    assert told["occlusion"]["agreement_by_second"] > 0.5
    assert svg.exists()
    assert told["said"] == to_json(SAID)


def test_any_moment_in_words_and_bars(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", session.name, "--at", "0:44"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert out.startswith("why the index stood at ")
    assert "\x1b" not in out  # a file takes it, too
    assert "second by second" in out
    assert "Hz" in out
    assert "\N{FULL BLOCK}" in out
    assert "the commentator" not in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--at", "10"], ExitCode.INPUT, "holds no index"),
        (["--at", "soon"], ExitCode.USAGE, "is no time"),
        (["--spike", "7"], ExitCode.INPUT, "has 1 spike, so there is no number 7"),
        (["--spike", "1", "--at", "44"], ExitCode.USAGE, "two moments"),
        (["--spike", "1", "--weights", "nobody"], ExitCode.WEIGHTS, "no weights named 'nobody'"),
    ],
)
def test_what_is_wrong_is_said_in_two_lines(
    session: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert main(["explain", "latest", *arguments]) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert said in lines[0]


def test_weights_that_are_gone_are_named(session: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data" / "weights" / "small" / "config.json").unlink()
    assert main(["explain", "latest"]) == ExitCode.WEIGHTS
    assert "heard with the weights small" in capsys.readouterr().err


def test_a_session_without_sound_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = small_weights(home / "data" / "weights" / "small")
    heard_session(home / "data" / "sessions", weights, keep_sound=False)
    assert main(["explain", "latest"]) == ExitCode.INPUT
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "kept no sound" in lines[0]
    assert "--sound" in lines[1]


def test_without_pillow_the_svg_is_written_and_the_png_says_what_is_missing(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.explain.picture.find_spec", lambda name: None)
    svg, png = tmp_path / "why.svg", tmp_path / "why.png"
    assert main(["explain", "latest", "--svg", str(svg), "--png", str(png), "--json"]) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert svg.read_text().startswith("<svg")
    assert json.loads(out)["complete"]
    assert "needs Pillow" in err.splitlines()[-2]
    assert "acoustic-momentum[pictures]" in err.splitlines()[-1]
    assert not png.exists()


def test_without_pillow_a_png_alone_is_refused_before_anything_is_heard(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.explain.picture.find_spec", lambda name: None)
    assert main(["explain", "latest", "--png", str(tmp_path / "why.png")]) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 2


def test_a_first_answer_comes_before_the_last_the_refining_is_told_and_what_confirmed_the_spike(
    session: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "latest"]) == ExitCode.DONE
    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == "the commentator said goal 83% at 00:42"
    lines = told.err.splitlines()
    assert lines[0].startswith("a first answer: ")
    assert lines[1].startswith("refining it, 9 gradients, the parts miss ")


def test_a_picture_is_not_written_over_another(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    svg = tmp_path / "why.svg"
    svg.write_text("mine")
    assert main(["explain", "latest", "--svg", str(svg)]) == ExitCode.INPUT
    assert svg.read_text() == "mine"
    assert "--force" in capsys.readouterr().err
